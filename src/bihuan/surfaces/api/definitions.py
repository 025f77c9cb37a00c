"""`/api/v1/definitions`: the versions of processes, forms, tables and calendars, from draft to retired (FLW-01)."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from bihuan.domain.packs import actions, queries
from bihuan.kit import clock
from bihuan.surfaces.api.calls import access_of, actor_of, carry_out
from bihuan.surfaces.api.schemas import ReasonIn

router = Router()


class DefinitionOut(Schema):
    """One version. Its status is DRAFT, OFFERED (a pack brought it), PUBLISHED or RETIRED."""

    id: int
    kind: str
    key: str
    version: int
    status: str
    pack: str
    path: str
    title: str
    rev: int
    published_at: datetime | None
    retired_at: datetime | None
    note: str


class DefinitionWhole(DefinitionOut):
    """One version with its words as the pack file holds them."""

    source: str


class DraftIn(Schema):
    """A file of an installed pack; the draft there is already is written anew."""

    pack: str = Field(examples=["hotline"])
    path: str = Field(max_length=200, examples=["processes/request.bpmn"])
    source: str = Field(max_length=16_000_000)


class SaveIn(Schema):
    """Other words for a draft; `rev` is that of the draft they were made from."""

    source: str = Field(max_length=16_000_000)
    rev: int


class PublicationIn(ReasonIn):
    """Why; `over` is the version number in force that the caller knows of, without it none is asked for."""

    over: int | None = None


@router.get("", response=list[DefinitionOut])
def index(request: HttpRequest, kind: str = "", pack: str = "") -> list[DefinitionOut]:
    """Return the versions in force, of one kind or one pack. Needs `process.design`."""
    access_of(request, "process.design")
    return [_out(one) for one in queries.definitions(kind=kind, pack_key=pack)]


@router.get("/versions", response=list[DefinitionOut])
def versions(request: HttpRequest, kind: str = "", key: str = "") -> list[DefinitionOut]:
    """Return every version of a definition, the draft too, newest first."""
    access_of(request, "process.design")
    return [_out(one) for one in queries.versions(kind, key)]


@router.get("/{definition_id}", response=DefinitionWhole)
def show(request: HttpRequest, definition_id: int) -> DefinitionWhole:
    """Return one version with its words."""
    access_of(request, "process.design")
    found = queries.version(definition_id)
    return DefinitionWhole(**_out(found).model_dump(), source=found.source)


@router.post("", response={201: DefinitionOut})
def draft(request: HttpRequest, body: DraftIn) -> HttpResponse:
    """Write the draft of a file; right or wrong, it is kept. Needs `process.design`."""

    def work() -> DefinitionOut:
        by = actor_of(request, "process.design")
        made = actions.draft_definition(
            pack_key=body.pack, path=body.path, source=body.source, by=by, at=clock.now()
        )
        return _out(made)

    return carry_out(request, work, status=201)


@router.put("/{definition_id}", response=DefinitionOut)
def save(request: HttpRequest, definition_id: int, body: SaveIn) -> HttpResponse:
    """Keep other words of a draft; refused when somebody saved since `rev`."""

    def work() -> DefinitionOut:
        by = actor_of(request, "process.design")
        return _out(
            actions.save_draft(
                definition_id, source=body.source, rev=body.rev, by=by, at=clock.now()
            )
        )

    return carry_out(request, work)


@router.post("/{definition_id}/publication", response=DefinitionOut)
def publish(request: HttpRequest, definition_id: int, body: PublicationIn) -> HttpResponse:
    """Check a draft and put it in force; running instances keep their version. Needs `process.publish`."""

    def work() -> DefinitionOut:
        by = actor_of(request, "process.publish")
        return _out(
            actions.publish_definition(
                definition_id, by=by, at=clock.now(), reason=body.reason, over=body.over
            )
        )

    return carry_out(request, work)


@router.post("/{definition_id}/restoration", response=DefinitionOut)
def restore(request: HttpRequest, definition_id: int, body: PublicationIn) -> HttpResponse:
    """Put the words of an earlier version in force again, as a new version. Needs `process.publish`."""

    def work() -> DefinitionOut:
        by = actor_of(request, "process.publish")
        return _out(
            actions.republish_version(
                definition_id, by=by, at=clock.now(), reason=body.reason, over=body.over
            )
        )

    return carry_out(request, work)


@router.post("/{definition_id}/retirement", response=DefinitionOut)
def retire(request: HttpRequest, definition_id: int, body: ReasonIn) -> HttpResponse:
    """Take a version out of force; what runs on it goes on. Needs `process.publish`."""

    def work() -> DefinitionOut:
        by = actor_of(request, "process.publish")
        actions.retire_definition(definition_id, by=by, at=clock.now(), reason=body.reason)
        return _out(queries.version(definition_id))

    return carry_out(request, work)


def _out(one: Any) -> DefinitionOut:
    """Return a version as the API shows it; actions and queries give it as a row."""
    return DefinitionOut(
        id=one.pk,
        kind=one.kind,
        key=one.key,
        version=one.version,
        status=one.status,
        pack=one.pack_key,
        path=one.path,
        title=one.title,
        rev=one.rev,
        published_at=one.published_at,
        retired_at=one.retired_at,
        note=one.note,
    )
