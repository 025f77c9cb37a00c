"""What the pages of the studio show: lists, one version with its history, data for the scripts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from bihuan.domain.org import queries as org
from bihuan.domain.packs import queries as packs
from bihuan.domain.packs.choices import Origin, Status
from bihuan.domain.processes import queries as processes
from bihuan.kit.problems import NotFound
from bihuan.surfaces.studio import comparing, diagnosis, grid, names
from bihuan.surfaces.studio.designer import Designer
from bihuan.surfaces.studio.diagnosis import Place

if TYPE_CHECKING:
    from bihuan.domain.packs.models import Definition


TABS = (("process", "流程"), ("decision", "决策表"))
_LOOKS = {
    Status.DRAFT: ("草稿", "warn"),
    Status.PUBLISHED: ("运行", "ok"),
    Status.RETIRED: ("停用", ""),
    Status.OFFERED: ("未启用", "brand"),
}


class NotDesigned(NotFound):
    """The studio does not show definitions of this kind."""

    message = "工作室里没有这种定义。"


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version: what it is, who put it there and why, how many cases run on it."""

    id: int
    version: int
    word: str
    tone: str
    status: str
    origin: str
    who: str
    at: datetime | None
    why: str
    ended: str
    running: int
    is_here: bool = False

    @property
    def address(self) -> str:
        """Return the page of the version."""
        return reverse("studio-version", args=[self.id])


def shown(definition_id: int) -> "Definition":
    """Return one version that the studio shows."""
    found = packs.version(definition_id)
    if found.kind not in dict(TABS):
        raise NotDesigned
    return found


def place_of(one: "Definition") -> Place:
    """Return where a version lies."""
    return Place(one.pack_key, one.path)


def versions(one: "Definition") -> list[VersionRow]:
    """Return all versions of the same definition, newest first."""
    found = packs.versions(one.kind, one.key)
    people = _people(found)
    running = processes.running_by_definition([row.pk for row in found])
    return [_version(row, people, running.get(row.pk, 0), here=row.pk == one.pk) for row in found]


def _people(found: "Sequence[Definition]") -> Mapping[str, str]:
    refs = {ref for row in found for ref in (row.saved_by, row.published_by, row.retired_by)}
    ids = [int(ref.partition(":")[2]) for ref in refs if ref.startswith("staff:")]
    return {f"staff:{id_}": name for id_, name in org.names_of(ids).items()}


def _version(
    row: "Definition", people: Mapping[str, str], running: int, *, here: bool
) -> VersionRow:
    is_draft = row.status == Status.DRAFT
    who = people.get(row.saved_by if is_draft else row.published_by, "")
    if not who and row.origin == Origin.PACK:
        who = "行业包"
    word, tone = _LOOKS[Status(row.status)]
    if row.status == Status.RETIRED and running:
        word = "收尾"
    return VersionRow(
        row.pk,
        row.version,
        word,
        tone,
        row.status,
        Origin(row.origin).label,
        who or "系统",
        row.saved_at if is_draft else row.published_at or row.created_at,
        row.note or (f"从 v{row.based_on} 起草" if row.based_on else ""),
        row.retired_because,
        running,
        here,
    )


def overview(kind: str) -> list[dict[str, Any]]:
    """Return every definition of a kind with its version in force and its draft."""
    found: dict[str, list[Definition]] = {}
    for one in packs.newest(kind):
        found.setdefault(one.key, []).append(one)
    everyone = [row for rows in found.values() for row in rows]
    people, running = _people(everyone), processes.running_by_definition([r.pk for r in everyone])
    titles = {pack.key: pack.names.get("zh", pack.key) for pack in packs.installed_packs()}
    return [
        {
            "key": key,
            "title": rows[0].title,
            "pack": titles.get(rows[0].pack_key, rows[0].pack_key),
            "versions": [_version(r, people, running.get(r.pk, 0), here=False) for r in rows],
            "running": sum(running.get(row.pk, 0) for row in rows),
            "address": reverse("studio-version", args=[rows[0].pk]),
        }
        for key, rows in found.items()
    ]


def in_force(rows: Sequence[VersionRow]) -> VersionRow | None:
    """Return the version that new cases start on."""
    return next((row for row in rows if row.status == Status.PUBLISHED), None)


def draft(rows: Sequence[VersionRow]) -> VersionRow | None:
    """Return the draft, if there is one."""
    return next((row for row in rows if row.status == Status.DRAFT), None)


def page(one: "Definition", designer: Designer) -> dict[str, Any]:
    """Return what every page of one version shows."""
    rows = versions(one)
    here = next(row for row in rows if row.is_here)
    code = place_of(one).code
    return {
        "one": one,
        "code": code,
        "here": here,
        "versions": rows,
        "in_force": in_force(rows),
        "draft": draft(rows),
        "is_draft": one.status == Status.DRAFT,
        "may_design": designer.may_design,
        "may_publish": designer.may_publish,
        "compare_with": _compare_with(one, rows),
    }


def _compare_with(one: "Definition", rows: Sequence[VersionRow]) -> VersionRow | None:
    others = [row for row in rows if not row.is_here]
    based = next((row for row in others if row.version == one.based_on), None)
    return based or next((row for row in others if row.version < one.version), None)


def comparison(
    one: "Definition", other: "Definition", rows: Sequence[VersionRow]
) -> dict[str, Any]:
    """Return an earlier and this version with what differs between them."""
    is_diagram = one.kind == "process"
    before, after = (
        diagnosis.readable(version.source.encode()) if is_diagram else version.source
        for version in (other, one)
    )
    found = comparing.compared(before, after, place_of(one).code) if is_diagram else []
    there = next((row for row in rows if row.id == other.pk), rows[0])
    return {"other": there, "before": before, "after": after, "differences": found}


def diagram_data(one: "Definition", designer: Designer) -> str:
    """Return what the designer's script needs, as JSON."""
    editable = one.status == Status.DRAFT and designer.may_design
    place = place_of(one)
    addresses = ("save", "check", "trial", "publish")
    return _json(
        {
            "id": one.pk,
            "code": place.code,
            "rev": one.rev,
            "editable": editable,
            "xml": diagnosis.readable(one.source.encode()),
            "names": names.names_of(packs.source_of(one.pack_key)),
            "problems": diagnosis.problems(place, one.source) if editable else [],
            "addresses": {
                **{name: reverse(f"studio-{name}", args=[one.pk]) for name in addresses},
                "compare": reverse("studio-differences"),
            },
        }
    )


def table_data(one: "Definition", designer: Designer) -> str:
    """Return what the table editor's script needs, as JSON."""
    editable = one.status == Status.DRAFT and designer.may_design
    addresses = ("save", "check", "try", "publish")
    return _json(
        {
            "id": one.pk,
            "rev": one.rev,
            "editable": editable,
            "table": grid.grid(one.source),
            "addresses": {name: reverse(f"studio-{name}", args=[one.pk]) for name in addresses},
        }
    )


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False)
