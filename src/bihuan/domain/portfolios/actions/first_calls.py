"""The first call after a hand-over: noted by the new owner, watched by a clock, scored by when it came (section 0.6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bihuan.domain.clocks import actions as clocks, queries as calendars
from bihuan.domain.clocks.choices import MomentKind
from bihuan.domain.clocks.ports import ClockMoment, Locked
from bihuan.domain.customers.actions.insisting import Insisting, insist
from bihuan.domain.customers.queries.contacting import may_contact
from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.portfolios.actions.handovers import HandoverUnknown
from bihuan.domain.portfolios.actions.telling import keep, tell
from bihuan.domain.portfolios.choices import CallOutcome, HandoverState
from bihuan.domain.portfolios.models import Handover, HandoverLine
from bihuan.domain.portfolios.queries.signers import signers
from bihuan.engines.contacting import Purpose
from bihuan.kit import db
from bihuan.kit.problems import Invalid, NotAllowed

_LOCK = "select id from portfolios_handover where id = any(%s) for update skip locked"
_KNOWN = "select id from portfolios_handover where id = any(%s) and state = 'SIGNED'"


class CallNoteMissing(Invalid):
    """What the customer said is written down (CBK-05)."""

    message = "请记录客户的反应。"


@dataclass(frozen=True, slots=True)
class FirstCall:
    """What became of a call, what the customer said, and why it was made where they were not to be disturbed."""

    outcome: CallOutcome
    note: str
    despite: str = ""


@transaction.atomic
def note_first_call(*, line_id: int, call: FirstCall, by: Actor, at: datetime) -> bool:
    """Note the first call to a customer one was given; say whether it came in time. Noted again, it changes nothing."""
    line = HandoverLine.objects.filter(pk=line_id).first()
    found = (
        Handover.objects.select_for_update().filter(pk=line.handover_id).first() if line else None
    )
    if line is None or found is None or found.state != HandoverState.SIGNED:
        raise HandoverUnknown
    if found.owner_id != by.staff_id:
        raise NotAllowed
    due_at = found.due_at or at
    line.refresh_from_db()
    if line.called_at is not None:
        return line.called_at <= due_at
    if not call.note.strip():
        raise CallNoteMissing(fields={"reason": CallNoteMissing.message})
    stands = may_contact([line.customer_id], "PHONE", Purpose.CARE, at=at)[line.customer_id]
    insisting = Insisting(f"customer:{line.customer_id}", "PHONE", call.despite)
    insist(insisting, stands, by=by, at=at)
    line.called_at, line.outcome, line.note = at, call.outcome, call.note.strip()[:500]
    line.save(update_fields=["called_at", "outcome", "note"])
    in_time = at <= due_at
    data = {"handover": found.pk, "outcome": call.outcome, "in_time": in_time}
    keep("customer.first_called", line.customer_id, data, reason=line.note, by=by, at=at)
    if not found.lines.filter(called_at__isnull=True).exists():
        if calendars.live_clock(found.ref) is not None:
            clocks.stop_clock(found.ref, by=by, at=at)
        late = found.lines.filter(called_at__gt=due_at).count()
        title = f"划转 H{found.pk} 的客户已全部联系" + (f"，{late} 位超时" if late else "，均按时")
        tell(_managers(found, at), title, found.ref, by=by, at=at)
    return in_time


def moment_reached(moment: ClockMoment) -> None:
    """Remind the new owner before the limit; tell the manager who was not called when it has passed."""
    found = Handover.objects.filter(pk=int(moment.owner.partition(":")[2])).first()
    if found is None or found.state != HandoverState.SIGNED:
        return
    left = found.lines.filter(called_at__isnull=True).count()
    if not left:
        return
    owner = [found.owner_id] if found.owner_id else []
    if moment.kind == MomentKind.WARNED:
        title = f"新接手的客户还有 {left} 位没有联系（H{found.pk}），即将超时"
        tell(owner, title, found.ref, by=SYSTEM, at=moment.at)
    elif moment.kind == MomentKind.OVERDUE:
        title = f"划转 H{found.pk}：{left} 位客户超过一个工作日未联系"
        told = [*owner, *_managers(found, moment.at)]
        tell(told, title, found.ref, urgent=True, by=SYSTEM, at=moment.at)


def lock_handovers(owners: Sequence[str]) -> Locked:
    """Lock hand-overs without waiting: whoever notes a call locks the hand-over first, then its clock."""
    key_of = {owner: int(owner.partition(":")[2] or 0) for owner in owners}
    got = {row[0] for row in db.rows(_LOCK, (list(key_of.values()),))}
    known = {row[0] for row in db.rows(_KNOWN, (list(key_of.values()),))}
    return Locked(
        frozenset(owner for owner, key in key_of.items() if key in got),
        frozenset(owner for owner, key in key_of.items() if key not in known),
    )


def _managers(found: Handover, at: datetime) -> list[int]:
    """Return the manager who signed, else those who sign there."""
    signed = Actor(found.decided_by).staff_id
    return [signed] if signed is not None else signers(found.unit_id, at)
