"""Supervision orders and customers' urges, as far as the asker may see the cases."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from bihuan.domain.cases.choices import OrderState
from bihuan.domain.cases.models import CustomerUrge, SupervisionOrder
from bihuan.domain.cases.queries.listing import visible
from bihuan.domain.org.ports import Access
from bihuan.kit import db
from bihuan.kit.masking import mask_text
from bihuan.kit.paging import Page, keyset
from bihuan.kit.problems import NotFound

VERB = "case.supervise"

_AWAITED = """
select count(*), count(*) filter (where due_at <= %s) from (
    select due_at from cases_supervisionorder
    where addressee_id = any(%s::bigint[]) and state = 'ISSUED' order by due_at limit %s
) as mine
"""


@dataclass(frozen=True, slots=True)
class SupervisionRow:
    """One supervision order. `operations` are what the asker may do with it now."""

    id: int
    case_id: int
    number: str
    title: str
    issuer: str
    addressee: str
    reason: str
    calendar: str
    limit: str
    issued_at: datetime
    due_at: datetime
    state: str
    answer: str
    answered_at: datetime | None
    escalated_at: datetime | None
    ended_at: datetime | None
    end_note: str
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UrgeRow:
    """The customer asked again."""

    at: datetime
    channel: str
    note: str
    by: str


def supervision_of_case(access: Access, case_id: int) -> list[SupervisionRow]:
    """Return the orders about a case the asker may see, oldest first."""
    found = _orders().filter(case_id=case_id).order_by("id")
    return [_row(access, one) for one in found.filter(_seen(access))]


def supervision_to_answer(
    access: Access, *, after: str = "", size: int = 50
) -> Page[SupervisionRow]:
    """Return what a person, or a colleague they stand in for, must answer; soonest due first."""
    mine = [access.staff_id, *access.delegated_from]
    found = _orders().filter(addressee_id__in=mine, state=OrderState.ISSUED)
    page = keyset(found, order=("due_at", "id"), after=after, size=size)
    return page.map(lambda one: _row(access, one))


def ask_supervision_awaited(
    together: db.Together, access: Access, at: datetime, *, most: int = 99
) -> Callable[[], tuple[int, int]]:
    """Ask how many orders `supervision_to_answer` lists, and how many of them are late; counting stops at `most`."""
    mine = [access.staff_id, *access.delegated_from]
    answer = together.ask(_AWAITED, (at, mine, most))
    return lambda: (answer()[0][0], answer()[0][1])


def supervision_under_way(
    access: Access, *, after: str = "", size: int = 50
) -> Page[SupervisionRow]:
    """Return the orders not yet ended, soonest due first: the command desk's list."""
    found = _orders().filter(_seen(access), ended_at__isnull=True)
    page = keyset(found, order=("due_at", "id"), after=after, size=size)
    return page.map(lambda one: _row(access, one))


def supervision_order(access: Access, order_id: int) -> SupervisionRow:
    """Return one order, or refuse with NotFound."""
    found = _orders().filter(_seen(access), pk=order_id).first()
    if found is None:
        raise NotFound
    return _row(access, found)


def urges_of_case(case_id: int, *, open_: bool) -> list[UrgeRow]:
    """Return when the customer asked again, newest first; the caller has checked who may see it."""
    found = CustomerUrge.objects.filter(case_id=case_id).order_by("-at", "-id")
    return [
        UrgeRow(one.at, one.channel, one.note if open_ else mask_text(one.note), one.by)
        for one in found
    ]


def _orders() -> QuerySet[SupervisionOrder]:
    return SupervisionOrder.objects.select_related("case", "issuer", "addressee")


def _seen(access: Access) -> Q:
    """Who may see the case sees its orders; so do those they are about, wherever they sit."""
    people = [access.staff_id, *access.delegated_from]
    own = Q(addressee_id__in=people) | Q(issuer_id=access.staff_id)
    return own | Q(case__in=visible(access).values("pk"))


def _row(access: Access, one: SupervisionOrder) -> SupervisionRow:
    return SupervisionRow(
        id=one.pk,
        case_id=one.case_id,
        number=one.case.number,
        title=one.case.title,
        issuer=one.issuer.name,
        addressee=one.addressee.name,
        reason=one.reason,
        calendar=one.calendar,
        limit=one.limit,
        issued_at=one.issued_at,
        due_at=one.due_at,
        state=one.state,
        answer=one.answer,
        answered_at=one.answered_at,
        escalated_at=one.escalated_at,
        ended_at=one.ended_at,
        end_note=one.end_note,
        operations=tuple(_operations(access, one)),
    )


def _operations(access: Access, one: SupervisionOrder) -> list[str]:
    mine = one.addressee_id in (access.staff_id, *access.delegated_from)
    rules = access.may_in_any(VERB, *one.case.involved_unit_ids) and not mine
    issuer = one.issuer_id == access.staff_id or rules
    found = []
    if mine and one.state == OrderState.ISSUED:
        found.append("answer")
    if issuer and one.state == OrderState.ANSWERED:
        found += ["confirm", "return"]
    if issuer and one.ended_at is None:
        found.append("withdraw")
    return found
