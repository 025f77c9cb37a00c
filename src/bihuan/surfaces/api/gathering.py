"""`/api/v1/cases/…`: links, merges, mass incidents, controlled closure; `/bursts`."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from bihuan.domain.cases import actions, queries
from bihuan.kit import clock
from bihuan.surfaces.api.calls import access_of, actor_of, carry_out
from bihuan.surfaces.api.schemas import CaseRow, ReasonIn

of_case = Router()
bursts = Router()


class OtherIn(Schema):
    """The number of the other case."""

    number: str = Field(max_length=40)


class LinkIn(OtherIn):
    """How the two have to do with one another: RELATED or DUPLICATE."""

    kind: str = Field("RELATED", pattern="RELATED|DUPLICATE")
    note: str = Field("", max_length=500)


class MergeIn(OtherIn, ReasonIn):
    """The case to merge into, and why."""


class JointAnswerIn(Schema):
    """What was done, and the form for children that wait at a unit."""

    text: str = Field(min_length=1, max_length=4000)
    node: str = ""
    values: dict[str, Any] = Field(default_factory=dict)


class NumberOut(Schema):
    """The case that came of it."""

    number: str


class KeptOut(Schema):
    """By number: what kept a child from the answer."""

    kept: dict[str, str]


class GatheredOut(Schema):
    """The cases around one, as far as the token may see them."""

    linked: list[CaseRow]
    parent: CaseRow | None
    children: list[CaseRow]
    survivor: CaseRow | None
    merged: list[CaseRow]


class SignedOut(Schema):
    """Whether the signature closed the case: the second one does."""

    is_closed: bool


class BurstOut(Schema):
    """Many cases of one class at one place in a short time."""

    id: int
    cls: str
    org_unit: str
    count: int
    first_at: datetime
    last_at: datetime
    told: list[str]
    taken_at: datetime | None
    cases: list[CaseRow]
    can_take: bool


class NoteIn(Schema):
    """A remark, or nothing."""

    note: str = Field("", max_length=500)


def _id(request: HttpRequest, number: str) -> int:
    return queries.case_view(access_of(request, "case.view"), number).row.id


@of_case.get("/{number}/operations", response=list[str])
def operations(request: HttpRequest, number: str) -> list[str]:
    """Return the codes of what the token's owner may do with a case now, beside its units' operations."""
    access = access_of(request, "case.view")
    return list(queries.case_operations(access, queries.case_view(access, number), at=clock.now()))


@of_case.get("/{number}/around", response=GatheredOut)
def around(request: HttpRequest, number: str) -> GatheredOut:
    """Return the cases linked, merged or gathered around one."""
    access = access_of(request, "case.view")
    found = queries.gathered(access, _id(request, number))
    return GatheredOut.model_validate(found, from_attributes=True)


@of_case.post("/{number}/links", response=NumberOut)
def link(request: HttpRequest, number: str, body: LinkIn) -> HttpResponse:
    """Link two cases."""

    def work() -> NumberOut:
        by, other = actor_of(request, "case.merge"), _id(request, body.number)
        said = {"kind": body.kind, "note": body.note}
        actions.link_cases(
            case_id=_id(request, number), other_id=other, **said, by=by, at=clock.now()
        )
        return NumberOut(number=number)

    return carry_out(request, work)


@of_case.api_operation(["DELETE"], "/{number}/links/{other}", response=NumberOut)
def unlink(request: HttpRequest, number: str, other: str) -> HttpResponse:
    """Take a link back."""

    def work() -> NumberOut:
        by = actor_of(request, "case.merge")
        one, two = _id(request, number), _id(request, other)
        actions.unlink_cases(case_id=one, other_id=two, by=by, at=clock.now())
        return NumberOut(number=number)

    return carry_out(request, work)


@of_case.post("/{number}/merge", response=NumberOut)
def merge(request: HttpRequest, number: str, body: MergeIn) -> HttpResponse:
    """Merge a case into another (合并); answers with the survivor's number."""

    def work() -> NumberOut:
        by = actor_of(request, "case.merge")
        one, two = _id(request, number), _id(request, body.number)
        actions.merge_case(case_id=one, into_id=two, reason=body.reason, by=by, at=clock.now())
        return NumberOut(number=queries.survivor_number(number))

    return carry_out(request, work)


@of_case.post("/{number}/unmerge", response=NumberOut)
def unmerge(request: HttpRequest, number: str, body: ReasonIn) -> HttpResponse:
    """Undo a merge: the case stands as it stood."""

    def work() -> NumberOut:
        by, one = actor_of(request, "case.merge"), _id(request, number)
        actions.undo_merge(case_id=one, reason=body.reason, by=by, at=clock.now())
        return NumberOut(number=number)

    return carry_out(request, work)


@of_case.put("/{number}/parent", response=NumberOut)
def join(request: HttpRequest, number: str, body: OtherIn) -> HttpResponse:
    """Make a case part of a mass incident."""

    def work() -> NumberOut:
        by = actor_of(request, "case.merge")
        one, two = _id(request, number), _id(request, body.number)
        actions.join_incident(case_id=one, parent_id=two, by=by, at=clock.now())
        return NumberOut(number=body.number)

    return carry_out(request, work)


@of_case.api_operation(["DELETE"], "/{number}/parent", response=NumberOut)
def leave(request: HttpRequest, number: str) -> HttpResponse:
    """Take a case out of its mass incident."""

    def work() -> NumberOut:
        by, one = actor_of(request, "case.merge"), _id(request, number)
        actions.leave_incident(case_id=one, by=by, at=clock.now())
        return NumberOut(number=number)

    return carry_out(request, work)


@of_case.post("/{number}/joint-answer", response=KeptOut)
def answer_all(request: HttpRequest, number: str, body: JointAnswerIn) -> HttpResponse:
    """Give all children of a mass incident one answer."""

    def work() -> KeptOut:
        by, one = actor_of(request, "unit.work"), _id(request, number)
        answer = actions.JointAnswer(body.text, body.node, body.values)
        kept = actions.answer_together(case_id=one, answer=answer, by=by, at=clock.now())
        return KeptOut(kept=kept)

    return carry_out(request, work)


@of_case.post("/{number}/control-signature", response=SignedOut)
def sign(request: HttpRequest, number: str, body: ReasonIn) -> HttpResponse:
    """Sign a controlled closure (受控关闭); the second person's signature closes."""

    def work() -> SignedOut:
        by, one = actor_of(request, "case.control"), _id(request, number)
        closed = actions.sign_control(case_id=one, reason=body.reason, by=by, at=clock.now())
        return SignedOut(is_closed=closed)

    return carry_out(request, work)


@of_case.post("/{number}/control-refusal", response=SignedOut)
def decline(request: HttpRequest, number: str, body: ReasonIn) -> HttpResponse:
    """Decline a controlled closure; the case goes on."""

    def work() -> SignedOut:
        by, one = actor_of(request, "case.control"), _id(request, number)
        actions.decline_control(case_id=one, reason=body.reason, by=by, at=clock.now())
        return SignedOut(is_closed=False)

    return carry_out(request, work)


@bursts.get("", response=list[BurstOut])
def index(request: HttpRequest, *, all_of_them: bool = False) -> list[BurstOut]:
    """Return the bursts the token may see, newest first; those taken in hand only when asked for."""
    found = queries.bursts(access_of(request, "case.view"), open_only=not all_of_them)
    return [BurstOut.model_validate(row, from_attributes=True) for row in found]


@bursts.post("/{burst_id}/taken", response=SignedOut)
def take(request: HttpRequest, burst_id: int, body: NoteIn) -> HttpResponse:
    """Take a burst in hand."""

    def work() -> SignedOut:
        by = actor_of(request, "case.supervise")
        actions.take_burst(burst_id=burst_id, note=body.note, by=by, at=clock.now())
        return SignedOut(is_closed=False)

    return carry_out(request, work)
