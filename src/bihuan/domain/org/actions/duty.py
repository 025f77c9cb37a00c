"""Shifts and what they hand over, the run log, and the signed daily sheet (MON-12, MON-14, ORG-07)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from bihuan.domain.ledger.actions import record
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org import events, queries
from bihuan.domain.org.choices import MOST_MATTERS, LogKind
from bihuan.domain.org.events import duty_ref
from bihuan.domain.org.models import DailySheet, HandoverItem, LogEntry, SheetRead, Shift
from bihuan.domain.org.ports import OPEN_MATTERS, OpenMatter
from bihuan.domain.org.queries import duty
from bihuan.kit import db
from bihuan.kit.problems import Invalid, NotAllowed, NotFound, Refused

VERB = "duty.keep"
_LOCK = "select id from org_orgunit where id = %s for no key update"


class NoShift(Refused):
    """Nobody is on duty in this org unit."""

    message = "当前没有在岗班次，请先接班。"


class ShiftStillOn(Refused):
    """The shift before has not been handed over."""

    message = "上一班还没有交班。"


class AlreadyHandedOver(Refused):
    """The shift was handed over and waits for the next one."""

    message = "本班已交班，等下一班接班。"


class HandedToOneself(Refused):
    """Who hands a shift over does not take it over."""

    message = "交班人不能自己接班，请由下一班的人接。"


class ItemsUnread(Invalid):
    """Every open matter is acknowledged before a shift is taken over."""

    message = "还有交接事项没有确认，请逐条看过再接班。"


class SheetUnread(Invalid):
    """Who comes on duty reads the sheet of the day before first (ORG-07)."""

    message = "请先查看上一日的日报，再接班。"


class ItemMissing(NotFound):
    """No such matter, or it is settled."""

    message = "没有这条交接事项，或已办结。"


class NothingWritten(Invalid):
    """A log entry or matter says something."""

    message = "请填写内容。"

    def __init__(self) -> None:
        super().__init__(fields={"text": "请填写内容"})


class DayNotOver(Refused):
    """A day is signed when it has begun, not before."""

    message = "这一天还没有到，不能签日报。"


class AlreadySigned(Refused):
    """A day is signed once."""

    message = "这一天的日报已签。"


class SheetMissing(NotFound):
    """No such daily sheet."""

    message = "没有这份日报。"


@transaction.atomic
def hand_over(unit_id: int, *, note: str = "", by: Actor, at: datetime) -> int:
    """Hand the shift of an org unit over; return how many open matters it leaves to the next.

    The matters that other apps find open are listed beside those people noted; what is no longer open is
    settled. Needs `duty.keep`.
    """
    staff_id = _keeper(unit_id, by, at)
    shift = _open_shift(unit_id)
    if shift is None:
        raise NoShift
    if shift.handed_at is not None:
        raise AlreadyHandedOver
    _list_matters(unit_id, staff_id, at)
    shift.handed_at, shift.handed_by_id, shift.handover_note = at, staff_id, note.strip()
    shift.save()
    count = HandoverItem.objects.filter(unit_id=unit_id, settled_at=None).count()
    data = {"shift": shift.pk, "name": shift.name, "items": count}
    _record(
        _Told(events.HANDED_OVER, unit_id, f"shift:{shift.pk}", note.strip()), data, by=by, at=at
    )
    return count


@transaction.atomic
def take_over(
    unit_id: int, *, name: str, acknowledged: Iterable[int] = (), by: Actor, at: datetime
) -> int:
    """Begin the next shift of an org unit and return its id. Needs `duty.keep`.

    The shift before must be handed over, by somebody else; every open matter is acknowledged, and the signed
    sheet of the day before was read.
    """
    staff_id = _keeper(unit_id, by, at)
    if not name.strip():
        raise Invalid("请选择班次。", fields={"name": "请选择班次"})
    before = _open_shift(unit_id)
    if before is not None:
        _check_handed(before, staff_id)
    open_items = list(
        HandoverItem.objects.filter(unit_id=unit_id, settled_at=None).values_list("pk", flat=True)
    )
    if not set(open_items) <= set(acknowledged):
        raise ItemsUnread
    _check_sheet(unit_id, staff_id, at)
    if before is not None:
        before.ended_at = at
        before.save(update_fields=["ended_at"])
    shift = Shift.objects.create(
        unit_id=unit_id,
        name=name.strip()[:20],
        leader_id=staff_id,
        began_at=at,
        taken_items=open_items,
    )
    fact = events.TAKEN_OVER if before is not None else events.SHIFT_BEGUN
    data = {"shift": shift.pk, "name": shift.name, "items": open_items}
    _record(_Told(fact, unit_id, f"shift:{shift.pk}"), data, by=by, at=at)
    return shift.pk


@transaction.atomic
def note_item(
    unit_id: int, *, text: str, subject: str = "", number: str = "", by: Actor, at: datetime
) -> int:
    """Note a matter that the next shift must know of; return its id. Needs `duty.keep`."""
    staff_id = _keeper(unit_id, by, at)
    if not text.strip():
        raise NothingWritten
    row = HandoverItem.objects.create(
        unit_id=unit_id,
        text=text.strip(),
        subject=subject,
        number=number,
        noted_by_id=staff_id,
        at=at,
    )
    data = {"item": row.pk, "subject": subject}
    _record(_Told(events.ITEM_NOTED, unit_id, f"item:{row.pk}", row.text), data, by=by, at=at)
    return row.pk


@transaction.atomic
def settle_item(item_id: int, *, by: Actor, at: datetime) -> None:
    """Say that a matter is done with; it is not handed over any more. Needs `duty.keep` there."""
    row = HandoverItem.objects.select_for_update().filter(pk=item_id, settled_at=None).first()
    if row is None:
        raise ItemMissing
    staff_id = _keeper(row.unit_id, by, at)
    row.settled_at, row.settled_by_id = at, staff_id
    row.save(update_fields=["settled_at", "settled_by"])
    _record(
        _Told(events.ITEM_SETTLED, row.unit_id, f"item:{row.pk}"), {"item": row.pk}, by=by, at=at
    )


@transaction.atomic
def write_log(
    unit_id: int, *, text: str, kind: str = LogKind.ROUTINE, by: Actor, at: datetime
) -> int:
    """Add a line to the run log of an org unit; return its id. Needs `duty.keep`."""
    staff_id = _keeper(unit_id, by, at)
    if not text.strip():
        raise NothingWritten
    if kind not in LogKind.values:
        raise Invalid("请选择日志类别。", fields={"kind": "请选择"})
    row = LogEntry.objects.create(
        unit_id=unit_id, kind=kind, text=text.strip(), by_id=staff_id, at=at
    )
    _record(_Told(events.LOGGED, unit_id, f"log:{row.pk}"), {"kind": kind}, by=by, at=at)
    return row.pk


@transaction.atomic
def sign_sheet(unit_id: int, *, day: date, remarks: str = "", by: Actor, at: datetime) -> int:
    """Sign the daily sheet of an org unit: its figures are kept as they stand. Needs `duty.keep`."""
    staff_id = _keeper(unit_id, by, at)
    if day > duty.today(at):
        raise DayNotOver
    if DailySheet.objects.filter(unit_id=unit_id, day=day).exists():
        raise AlreadySigned
    figures = duty.figures_of_day(unit_id, day)
    row = DailySheet.objects.create(
        unit_id=unit_id,
        day=day,
        figures=[[title, count] for title, count in figures],
        remarks=remarks.strip(),
        signed_by_id=staff_id,
        signed_at=at,
    )
    data = {"day": f"{day}", "figures": dict(figures)}
    _record(
        _Told(events.SHEET_SIGNED, unit_id, f"sheet:{row.pk}", remarks.strip()), data, by=by, at=at
    )
    return row.pk


@transaction.atomic
def read_sheet(sheet_id: int, *, by: Actor, at: datetime) -> None:
    """Note that the actor has read a daily sheet. Again it changes nothing. Needs `duty.keep` there."""
    sheet = DailySheet.objects.filter(pk=sheet_id).first()
    if sheet is None:
        raise SheetMissing
    staff_id = _keeper(sheet.unit_id, by, at)
    _, is_new = SheetRead.objects.get_or_create(
        sheet=sheet, staff_id=staff_id, defaults={"read_at": at}
    )
    if is_new:
        data = {"day": f"{sheet.day}"}
        _record(_Told(events.SHEET_READ, sheet.unit_id, f"sheet:{sheet_id}"), data, by=by, at=at)


@dataclass(frozen=True, slots=True)
class _Told:
    """What a fact of duty is about."""

    name: str
    unit_id: int
    subject: str
    reason: str = ""


def _keeper(unit_id: int, by: Actor, at: datetime) -> int:
    """Return who keeps the duty of an org unit, having locked it; refuse who may not."""
    queries.authorise(by, VERB, unit_id, at=at)
    if by.staff_id is None:
        raise NotAllowed
    db.one(_LOCK, (unit_id,))
    return by.staff_id


def _open_shift(unit_id: int) -> Shift | None:
    return Shift.objects.filter(unit_id=unit_id, ended_at=None).first()


def _check_handed(before: Shift, staff_id: int) -> None:
    if before.handed_at is None:
        raise ShiftStillOn
    if before.handed_by_id == staff_id:
        raise HandedToOneself


def _check_sheet(unit_id: int, staff_id: int, at: datetime) -> None:
    yesterday = duty.today(at) - timedelta(days=1)
    sheet = DailySheet.objects.filter(unit_id=unit_id, day=yesterday).first()
    if sheet and not SheetRead.objects.filter(sheet=sheet, staff_id=staff_id).exists():
        raise SheetUnread


def _list_matters(unit_id: int, staff_id: int, at: datetime) -> None:
    """List what other apps find open, and settle what they no longer do."""
    below = queries.units_under(unit_id)
    found: dict[str, OpenMatter] = {}
    for source in OPEN_MATTERS.values():
        found |= {one.subject: one for one in source(below, at)[:MOST_MATTERS]}
    listed = HandoverItem.objects.filter(unit_id=unit_id, settled_at=None).exclude(why="")
    over = [one.pk for one in listed if one.subject not in found]
    HandoverItem.objects.filter(pk__in=over).update(settled_at=at, settled_by_id=staff_id)
    known = set(listed.values_list("subject", flat=True))
    HandoverItem.objects.bulk_create(_items(unit_id, staff_id, at, found.values(), known))


def _items(
    unit_id: int, staff_id: int, at: datetime, found: Iterable[OpenMatter], known: set[str]
) -> Sequence[HandoverItem]:
    return [
        HandoverItem(
            unit_id=unit_id,
            text=one.text,
            subject=one.subject,
            number=one.number,
            why=one.why,
            noted_by_id=staff_id,
            at=at,
        )
        for one in found
        if one.subject not in known
    ]


def _record(told: _Told, data: Mapping[str, object], *, by: Actor, at: datetime) -> None:
    record(Fact(told.name, told.subject, duty_ref(told.unit_id), at, by, told.reason, data))
