"""Repeat an escalation until somebody acknowledges it."""

from datetime import datetime

from django.db import transaction

from bihuan.domain.clocks import actions as clocks, queries as clock_queries
from bihuan.domain.clocks.choices import MomentKind
from bihuan.domain.clocks.ports import ClockMoment
from bihuan.domain.escalations import events, queries
from bihuan.domain.escalations.actions import firing
from bihuan.domain.escalations.choices import MOST_REPEATS
from bihuan.domain.escalations.models import Escalation
from bihuan.domain.escalations.ports import MATTERS
from bihuan.domain.ledger.actions import record
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.kit.problems import NotAllowed, NotFound, Refused

BY = Actor("system:escalations")


class EscalationMissing(NotFound):
    """No such escalation."""

    message = "没有找到这次升级。"


class AlreadyAcknowledged(Refused):
    """Somebody has said already that they take care of it."""

    message = "已有人确认收到这次升级。"


@transaction.atomic
def acknowledge(escalation_id: int, *, note: str = "", by: Actor, at: datetime) -> None:
    """Say that one takes care of an escalation one was told of; it is not repeated any more."""
    row = Escalation.objects.select_for_update().filter(pk=escalation_id).first()
    if row is None:
        raise EscalationMissing
    if by.staff_id is None or by.staff_id not in row.told:
        raise NotAllowed
    if row.acknowledged_at is not None:
        raise AlreadyAcknowledged
    if clock_queries.live_clock(row.owner) is not None:
        clocks.stop_clock(row.owner, by=by, at=at)
        row.refresh_from_db()
    Escalation.objects.filter(pk=row.pk).update(
        acknowledged_by_id=by.staff_id, acknowledged_at=max(at, row.at), note=note.strip()
    )
    data = {"escalation": row.pk, "level": row.level, "level_name": row.level_name}
    record(Fact(events.ACKNOWLEDGED, row.subject, row.subject, at, by, note.strip(), data))


def repeat_due(moment: ClockMoment) -> None:
    """Tell the same people once more, unless it was acknowledged, is over or was said often enough."""
    if moment.kind is not MomentKind.OVERDUE:
        return
    row = Escalation.objects.filter(pk=int(moment.owner.partition(":")[2] or 0)).first()
    ladder = queries.ladder(row.ladder) if row is not None else None
    step = ladder.step(row.step) if ladder is not None and row is not None else None
    if row is None or ladder is None or step is None or not _still_asks(row):
        return
    row.repeats += 1
    Escalation.objects.filter(pk=row.pk).update(repeats=row.repeats)
    data = {"escalation": row.pk, "repeats": row.repeats, "level_name": row.level_name}
    record(Fact(events.REPEATED, row.subject, row.subject, moment.at, BY, data=data))
    firing.tell(row, ladder, step, by=BY, at=moment.at)


def _still_asks(row: Escalation) -> bool:
    if row.acknowledged_at is not None or row.repeats >= MOST_REPEATS:
        return False
    matter = MATTERS.get(row.subject.partition(":")[0]).matter(row.subject)
    return matter is not None and not matter.is_ended
