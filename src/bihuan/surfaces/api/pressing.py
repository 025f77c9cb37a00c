"""`/api/v1/cases/…/supervision`, `/supervision`, `/cases/…/urges`, `/escalations`: what presses on a case."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from bihuan.domain.cases import actions, queries
from bihuan.domain.cases.choices import Channel
from bihuan.domain.escalations import actions as escalations, queries as escalated
from bihuan.kit import clock
from bihuan.surfaces.api.calls import access_of, actor_of, carry_out
from bihuan.surfaces.api.schemas import Listing

of_case = Router()
orders = Router()
ladders = Router()


class OrderIn(Schema):
    """Whom to ask, why, and within which limit on which calendar (empty: elapsed time)."""

    addressee_id: int = Field(alias="to_staff_id")
    reason: str = Field(min_length=1, max_length=1000)
    limit: str = Field("4h", max_length=32)
    calendar: str = Field("base.office", max_length=60)


class AnswerIn(Schema):
    """What the addressee answers."""

    answer: str = Field(min_length=1, max_length=4000)


class ConfirmIn(Schema):
    """Whether the answer is enough; a note is needed when it is not."""

    is_enough: bool = True
    note: str = Field("", max_length=1000)


class WithdrawIn(Schema):
    """Why the order is taken back."""

    reason: str = Field(min_length=1, max_length=500)


class Made(Schema):
    """The id of what was made or changed."""

    id: int


class OrderOut(Schema):
    """A supervision order; `operations` are what the token's owner may do with it now."""

    id: int
    number: str
    title: str
    issuer: str
    addressee: str
    reason: str
    limit: str
    calendar: str
    issued_at: datetime
    due_at: datetime
    state: str
    answer: str
    answered_at: datetime | None
    escalated_at: datetime | None
    ended_at: datetime | None
    operations: list[str]


class UrgeIn(Schema):
    """How the customer asked again, and what they said."""

    channel: Channel = Channel.PHONE
    note: str = Field("", max_length=500)


class UrgedOut(Schema):
    """How often the customer has asked now."""

    count: int


class EscalationOut(Schema):
    """One escalation of a case."""

    id: int
    step: str
    title: str
    cause: str
    level: int
    level_name: str
    at: datetime
    told: list[str]
    repeats: int
    needs_answer: bool
    acknowledged_by: str
    acknowledged_at: datetime | None
    can_acknowledge: bool


class NoteIn(Schema):
    """A remark, or nothing."""

    note: str = Field("", max_length=500)


@of_case.post("/{number}/supervision", response={201: Made})
def issue(request: HttpRequest, number: str, body: OrderIn) -> HttpResponse:
    """Issue a supervision order (督办)."""

    def work() -> Made:
        by = actor_of(request, "case.supervise")
        view = queries.case_view(access_of(request, "case.view"), number)
        order = actions.Order(**body.dict(by_alias=False))
        made = actions.issue_supervision(case_id=view.row.id, order=order, by=by, at=clock.now())
        return Made(id=made)

    return carry_out(request, work, status=201)


@of_case.get("/{number}/supervision", response=list[OrderOut])
def of(request: HttpRequest, number: str) -> list[OrderOut]:
    """Return the supervision orders about a case, oldest first."""
    access = access_of(request, "case.view")
    rows = queries.supervision_of_case(access, queries.case_view(access, number).row.id)
    return [OrderOut.model_validate(row, from_attributes=True) for row in rows]


@of_case.post("/{number}/urges", response=UrgedOut)
def urge(request: HttpRequest, number: str, body: UrgeIn) -> HttpResponse:
    """Keep that the customer asked again (催办) and return how often now."""

    def work() -> UrgedOut:
        by = actor_of(request, "unit.urge")
        view = queries.case_view(access_of(request, "case.view"), number)
        said = body.dict()
        return UrgedOut(count=actions.urge_case(case_id=view.row.id, **said, by=by, at=clock.now()))

    return carry_out(request, work)


@of_case.get("/{number}/escalations", response=list[EscalationOut])
def risen(request: HttpRequest, number: str) -> list[EscalationOut]:
    """Return what was escalated about a case, oldest first."""
    access = access_of(request, "case.view")
    rows = escalated.escalations_of(access, queries.case_view(access, number).ref)
    return [EscalationOut.model_validate(row, from_attributes=True) for row in rows]


@orders.get("", response=Listing[OrderOut])
def index(
    request: HttpRequest, *, mine: bool = False, after: str = "", size: int = 50
) -> Listing[OrderOut]:
    """Return what the token's owner must answer (`mine`), else all orders under way; soonest due first."""
    access = access_of(request, "case.view", "case.supervise")
    ask = queries.supervision_to_answer if mine else queries.supervision_under_way
    page = ask(access, after=after, size=size)
    rows = [OrderOut.model_validate(row, from_attributes=True) for row in page.rows]
    return Listing(items=rows, next=page.next_cursor, prev=page.prev_cursor)


@orders.post("/{order_id}/answer", response=Made)
def answer(request: HttpRequest, order_id: int, body: AnswerIn) -> HttpResponse:
    """Answer an order addressed to the token's owner."""

    def work() -> Made:
        by = actor_of(request, "case.view")
        actions.answer_supervision(order_id=order_id, answer=body.answer, by=by, at=clock.now())
        return Made(id=order_id)

    return carry_out(request, work)


@orders.post("/{order_id}/confirmation", response=Made)
def confirm(request: HttpRequest, order_id: int, body: ConfirmIn) -> HttpResponse:
    """Accept an answer, or send the order back for another."""

    def work() -> Made:
        by = actor_of(request, "case.supervise")
        said = body.dict()
        actions.confirm_supervision(order_id=order_id, **said, by=by, at=clock.now())
        return Made(id=order_id)

    return carry_out(request, work)


@orders.post("/{order_id}/withdrawal", response=Made)
def withdraw(request: HttpRequest, order_id: int, body: WithdrawIn) -> HttpResponse:
    """Take an order back."""

    def work() -> Made:
        by = actor_of(request, "case.supervise")
        actions.withdraw_supervision(order_id=order_id, reason=body.reason, by=by, at=clock.now())
        return Made(id=order_id)

    return carry_out(request, work)


@ladders.get("", response=list[EscalationOut])
def unanswered(request: HttpRequest) -> list[EscalationOut]:
    """Return what was escalated to the token's owner and waits for an acknowledgement."""
    rows = escalated.unanswered_for(access_of(request, "case.view"))
    return [EscalationOut.model_validate(row, from_attributes=True) for row in rows]


@ladders.post("/{escalation_id}/acknowledgement", response=Made)
def acknowledge(request: HttpRequest, escalation_id: int, body: NoteIn) -> HttpResponse:
    """Say that one takes care of it; it is not repeated any more."""

    def work() -> Made:
        by = actor_of(request, "case.view")
        escalations.acknowledge(escalation_id, note=body.note, by=by, at=clock.now())
        return Made(id=escalation_id)

    return carry_out(request, work)
