"""督办: ask a named person for an answer about a case by a moment, and see that it comes (MON-08).

An order touches no clock of the case; it has its own, on a named calendar.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bihuan.domain.cases import events
from bihuan.domain.cases.actions.verbs import ReasonMissing, TextMissing, allowed
from bihuan.domain.cases.choices import OrderState
from bihuan.domain.cases.events import case_ref
from bihuan.domain.cases.models import SupervisionOrder
from bihuan.domain.clocks import actions as clocks
from bihuan.domain.clocks.choices import MomentKind
from bihuan.domain.clocks.ports import ClockMoment, Locked
from bihuan.domain.ledger.actions import record
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.notifications import actions as notifications
from bihuan.domain.notifications.choices import Topic
from bihuan.domain.notifications.events import Notice
from bihuan.domain.org import queries as org
from bihuan.kit import db
from bihuan.kit.problems import Invalid, NotAllowed, NotFound, Refused

VERB = "case.supervise"
BY = Actor("system:supervision")
_LOCK = "select id from cases_supervisionorder where id = any(%s) for update skip locked"
_OPEN = "select id from cases_supervisionorder where id = any(%s) and state = 'ISSUED'"
_NUMBER = """
select c.number, coalesce(c.responsible_unit_id, c.org_unit_id), c.org_unit_id
from cases_case c where c.id = %s
"""


class SupervisionMissing(NotFound):
    """No such supervision order."""

    message = "没有这份督办单。"


class AddresseeUnknown(Invalid):
    """The addressee does not work here, or is who asks."""

    message = "请选择一名在岗的、不是您自己的督办对象。"


class SupervisionNotOpen(Refused):
    """The order was answered or ended already."""

    message = "这份督办单已经答复或结束。"


class SupervisionNotAnswered(Refused):
    """Only what was answered can be confirmed or sent back."""

    message = "这份督办单还没有答复。"


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of whom: within `limit` on the calendar named, `always` for elapsed time."""

    addressee_id: int
    reason: str
    limit: str = "4h"
    calendar: str = "base.office"


@transaction.atomic
def issue_supervision(*, case_id: int, order: Order, by: Actor, at: datetime) -> int:
    """Issue an order and return its id. Needs the verb `case.supervise` where the case is."""
    allowed(case_id, VERB, by, at)
    if not order.reason.strip():
        raise ReasonMissing
    if by.staff_id is None or order.addressee_id == by.staff_id:
        raise AddresseeUnknown
    if order.addressee_id not in org.at_work([order.addressee_id], at):
        raise AddresseeUnknown
    row = SupervisionOrder(
        case_id=case_id,
        issuer_id=by.staff_id,
        addressee_id=order.addressee_id,
        reason=order.reason.strip(),
        limit=order.limit,
        calendar=order.calendar,
        issued_at=at,
        due_at=at,
    )
    row.save()
    _start(row, by, at)
    _tell_fact(row, events.SUPERVISION_ISSUED, row.reason, by=by, at=at)
    _notify(row, "督办", [row.addressee_id], by=by, at=at)
    return row.pk


@transaction.atomic
def answer_supervision(*, order_id: int, answer: str, by: Actor, at: datetime) -> None:
    """Answer an order addressed to oneself, or to a colleague one stands in for."""
    row = _locked(order_id)
    if not _may_answer(row, by, at):
        raise NotAllowed
    if row.state != OrderState.ISSUED:
        raise SupervisionNotOpen
    if not answer.strip():
        raise TextMissing
    _stop(row, by, at)
    row.state, row.answer = OrderState.ANSWERED, answer.strip()
    row.answered_by, row.answered_at = by.ref, at
    row.save()
    behalf = "" if by.staff_id == row.addressee_id else f"staff:{row.addressee_id}"
    who = Actor(by.ref, on_behalf_of=by.on_behalf_of or behalf, unit_id=by.unit_id)
    _tell_fact(row, events.SUPERVISION_ANSWERED, row.answer, by=who, at=at)
    _notify(row, "督办已答复", [row.issuer_id], by=by, at=at)


@transaction.atomic
def confirm_supervision(
    *, order_id: int, is_enough: bool, note: str = "", by: Actor, at: datetime
) -> None:
    """Accept the answer (销号), or send the order back for another with the same limit, begun anew."""
    row = _locked(order_id)
    _issuer_only(row, by, at)
    if row.state != OrderState.ANSWERED:
        raise SupervisionNotAnswered
    if is_enough:
        _end(row, OrderState.CONFIRMED, note, at)
        _tell_fact(row, events.SUPERVISION_CONFIRMED, note.strip(), by=by, at=at)
        return
    if not note.strip():
        raise ReasonMissing
    row.state, row.answered_at, row.escalated_at = OrderState.ISSUED, None, None
    row.round += 1
    row.save()
    _start(row, by, at)
    _tell_fact(row, events.SUPERVISION_RETURNED, note.strip(), by=by, at=at)
    _notify(row, "督办答复被退回", [row.addressee_id], by=by, at=at)


@transaction.atomic
def withdraw_supervision(*, order_id: int, reason: str, by: Actor, at: datetime) -> None:
    """Take an order back before it was confirmed."""
    row = _locked(order_id)
    _issuer_only(row, by, at)
    if not reason.strip():
        raise ReasonMissing
    if row.ended_at is not None:
        raise SupervisionNotOpen
    if row.state == OrderState.ISSUED:
        _stop(row, by, at)
    _end(row, OrderState.WITHDRAWN, reason, at)
    _tell_fact(row, events.SUPERVISION_WITHDRAWN, reason.strip(), by=by, at=at)


def supervision_due(moment: ClockMoment) -> None:
    """Nobody answered in time: tell the addressee's superiors and who issued it, once."""
    if moment.kind is not MomentKind.OVERDUE:
        return
    row = SupervisionOrder.objects.filter(pk=_key(moment.owner)).first()
    if row is None or row.state != OrderState.ISSUED or row.escalated_at is not None:
        return
    row.escalated_at = moment.at
    row.save(update_fields=["escalated_at"])
    superiors = _superiors(row, moment.at)
    people = list(dict.fromkeys([row.addressee_id, row.issuer_id, *superiors]))
    told = [f"staff:{one}" for one in people]
    _tell_fact(row, events.SUPERVISION_OVERDUE, "", by=BY, at=moment.at, told=told)
    _notify(row, "督办逾期未答复", people, by=BY, at=moment.at)


def lock_orders(owners: Sequence[str]) -> Locked:
    """Lock orders without waiting: whoever answers one locks it first, then its clock."""
    key_of = {owner: _key(owner) for owner in owners}
    wanted = list(key_of.values())
    got = {row[0] for row in db.rows(_LOCK, (wanted,))}
    open_ = {row[0] for row in db.rows(_OPEN, (wanted,))}
    return Locked(
        frozenset(owner for owner, key in key_of.items() if key in got),
        frozenset(owner for owner, key in key_of.items() if key in got and key not in open_),
    )


def _start(row: SupervisionOrder, by: Actor, at: datetime) -> None:
    terms = clocks.ClockTerms(row.limit, row.calendar)
    clock = clocks.start_clock(row.ref, row.ref, terms, by=by, at=at)
    row.due_at = clock.due_at or at
    row.save(update_fields=["due_at"])


def _stop(row: SupervisionOrder, by: Actor, at: datetime) -> None:
    """Stop the clock; when it had fallen due before, the superiors are told of it first."""
    clocks.stop_clock(row.ref, by=by, at=at)
    row.refresh_from_db()


def _end(row: SupervisionOrder, state: OrderState, note: str, at: datetime) -> None:
    row.state, row.ended_at, row.end_note = state, at, note.strip()
    row.save()


def _locked(order_id: int) -> SupervisionOrder:
    row = SupervisionOrder.objects.select_for_update().filter(pk=order_id).first()
    if row is None:
        raise SupervisionMissing
    return row


def _may_answer(row: SupervisionOrder, by: Actor, at: datetime) -> bool:
    if by.staff_id is None:
        return False
    covered = org.access_of(by.staff_id, at).delegated_from
    return row.addressee_id in (by.staff_id, *covered)


def _issuer_only(row: SupervisionOrder, by: Actor, at: datetime) -> None:
    """Who issued an order ends it; so may who has the same right where the case is."""
    if by.staff_id != row.issuer_id:
        allowed(row.case_id, VERB, by, at)
        if by.staff_id == row.addressee_id:
            raise NotAllowed


def _superiors(row: SupervisionOrder, at: datetime) -> list[int]:
    """Return who may supervise in the addressee's own unit or the nearest one above it."""
    held = org.holdings_of(row.addressee_id, at)
    units = org.tree().units
    place = db.one(_NUMBER, (row.case_id,))
    unit_id = held[0][1] if held else (place[1] if place else None)
    while unit_id is not None and unit_id in units:
        found = org.staff_who_may(VERB, unit_id, at)
        others = [one for one in found if one not in (row.addressee_id, row.issuer_id)]
        if others:
            return others
        unit_id = units[unit_id].parent_id
    return []


def _tell_fact(
    row: SupervisionOrder, name: str, reason: str, *, by: Actor, at: datetime, **data: object
) -> None:
    ref = case_ref(row.case_id)
    said = {
        "order": row.pk,
        "to_staff": row.addressee_id,
        "due_at": row.due_at.isoformat(),
        "calendar": row.calendar,
        "round": row.round,
        **data,
    }
    record(Fact(name, ref, ref, at, by, reason, said))


def _notify(
    row: SupervisionOrder, what: str, staff_ids: Sequence[int], *, by: Actor, at: datetime
) -> None:
    found = db.one(_NUMBER, (row.case_id,))
    number = found[0] if found else ""
    notice = Notice(
        topic=Topic.SUPERVISION,
        title=f"{number} {what}：{row.reason}",
        root=case_ref(row.case_id),
        key=f"{row.ref}:{row.round}:{what}",
        urgent=row.escalated_at is not None,
    )
    notifications.notify(notice, staff_ids, by=by, at=at)


def _key(owner: str) -> int:
    key = owner.partition(":")[2]
    return int(key) if key.isdigit() else 0
