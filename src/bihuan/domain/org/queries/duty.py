"""What can be asked about duty: the shift, what it hands over, the run log, the daily sheets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings

from bihuan.domain.org.choices import LogKind
from bihuan.domain.org.models import DailySheet, HandoverItem, LogEntry, SheetRead, Shift
from bihuan.domain.org.ports import DAY_FIGURES, Access, Unit
from bihuan.domain.org.queries.people import names_of
from bihuan.domain.org.queries.tree import units_under
from bihuan.kit.paging import Page, keyset
from bihuan.kit.problems import NotAllowed

VERB: Final = "duty.keep"
SETTLED_SHOWN: Final = timedelta(hours=24)
MOST_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """A shift. `is_mine` says whether the asker leads it; `handed_by` is empty until it is handed over."""

    id: int
    name: str
    leader: str
    leader_id: int
    began_at: datetime
    handed_at: datetime | None
    handed_by: str
    handed_by_id: int | None
    note: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A matter to hand over. `why` says why it was listed when nobody noted it."""

    id: int
    text: str
    subject: str
    number: str
    why: str
    noted_by: str
    at: datetime
    settled_at: datetime | None
    settled_by: str


@dataclass(frozen=True, slots=True)
class LogRow:
    """A line of the run log."""

    id: int
    kind: str
    kind_title: str
    text: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A daily sheet; `id` is None and nobody has signed while it is only counted."""

    id: int | None
    day: date
    figures: tuple[tuple[str, int], ...]
    remarks: str = ""
    signed_by: str = ""
    signed_at: datetime | None = None
    is_read: bool = False


@dataclass(frozen=True, slots=True)
class DutyView:
    """How the duty of an org unit stands."""

    unit: Unit
    shift: ShiftRow | None
    items: tuple[ItemRow, ...]
    settled: tuple[ItemRow, ...]


def duty_units(access: Access) -> list[Unit]:
    """Return the org units whose duty a person keeps, their own first."""
    own = {unit_id for _, unit_id in access.own_posts}
    scope = access.scope(VERB)
    found = [one for one in access.tree.units.values() if one.id in scope]
    return sorted(found, key=lambda one: (one.id not in own, one.path))


def duty_of(access: Access, unit_id: int, at: datetime) -> DutyView:
    """Return the shift of an org unit with what is open and what was settled within a day."""
    unit = _allowed(access, unit_id)
    shift = Shift.objects.filter(unit_id=unit_id, ended_at=None).first()
    open_ = HandoverItem.objects.filter(unit_id=unit_id, settled_at=None).order_by("id")
    settled = HandoverItem.objects.filter(unit_id=unit_id, settled_at__gte=at - SETTLED_SHOWN)
    items = list(open_[:MOST_SHOWN])
    done = list(settled.order_by("-settled_at")[:MOST_SHOWN])
    people = names_of(_people([shift] if shift else [], [*items, *done]))
    return DutyView(
        unit=unit,
        shift=_shift(shift, people) if shift else None,
        items=tuple(_item(one, people) for one in items),
        settled=tuple(_item(one, people) for one in done),
    )


def shifts_of(access: Access, unit_id: int, *, after: str = "", size: int = 20) -> Page[ShiftRow]:
    """Return the shifts of an org unit, latest first."""
    _allowed(access, unit_id)
    page = keyset(Shift.objects.filter(unit_id=unit_id), order=("-id",), after=after, size=size)
    people = names_of(_people(page.rows, []))
    return page.map(lambda one: _shift(one, people))


def log_of(access: Access, unit_id: int, *, after: str = "", size: int = 50) -> Page[LogRow]:
    """Return the run log of an org unit, newest first."""
    _allowed(access, unit_id)
    found = LogEntry.objects.filter(unit_id=unit_id)
    page = keyset(found, order=("-at", "-id"), after=after, size=size)
    people = names_of({one.by_id for one in page.rows})
    return page.map(
        lambda one: LogRow(
            one.pk,
            one.kind,
            str(LogKind(one.kind).label),
            one.text,
            people.get(one.by_id, ""),
            one.at,
        )
    )


def sheet_of(access: Access, unit_id: int, day: date) -> SheetRow:
    """Return the daily sheet of an org unit: as it was signed, else as the day stands now."""
    _allowed(access, unit_id)
    row = DailySheet.objects.filter(unit_id=unit_id, day=day).first()
    if row is None:
        return SheetRow(None, day, figures_of_day(unit_id, day))
    is_read = SheetRead.objects.filter(sheet=row, staff_id=access.staff_id).exists()
    return SheetRow(
        id=row.pk,
        day=row.day,
        figures=tuple((title, count) for title, count in row.figures),
        remarks=row.remarks,
        signed_by=names_of([row.signed_by_id]).get(row.signed_by_id, ""),
        signed_at=row.signed_at,
        is_read=is_read,
    )


def figures_of_day(unit_id: int, day: date) -> tuple[tuple[str, int], ...]:
    """Count a day of an org unit and all below it, as every app counts its own."""
    since, until = (_midnight(one) for one in (day, day + timedelta(days=1)))
    below = units_under(unit_id)
    return tuple(
        (title, count)
        for source in DAY_FIGURES.values()
        for title, count in source(below, since, until)
    )


def today(at: datetime) -> date:
    """Return the day of a moment where we are."""
    return at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(settings.TIME_ZONE))


def _allowed(access: Access, unit_id: int) -> Unit:
    unit = access.tree.units.get(unit_id)
    if unit is None or not access.may(VERB, unit_id):
        raise NotAllowed
    return unit


def _people(shifts: Iterable[Shift], items: Iterable[HandoverItem]) -> set[int]:
    found = {one for row in shifts for one in (row.leader_id, row.handed_by_id)}
    found |= {one for row in items for one in (row.noted_by_id, row.settled_by_id)}
    return {one for one in found if one is not None}


def _shift(row: Shift, people: Mapping[int, str]) -> ShiftRow:
    return ShiftRow(
        id=row.pk,
        name=row.name,
        leader=people.get(row.leader_id, ""),
        leader_id=row.leader_id,
        began_at=row.began_at,
        handed_at=row.handed_at,
        handed_by=people.get(row.handed_by_id or 0, ""),
        handed_by_id=row.handed_by_id,
        note=row.handover_note,
        ended_at=row.ended_at,
    )


def _item(row: HandoverItem, people: Mapping[int, str]) -> ItemRow:
    return ItemRow(
        id=row.pk,
        text=row.text,
        subject=row.subject,
        number=row.number,
        why=row.why,
        noted_by=people.get(row.noted_by_id, ""),
        at=row.at,
        settled_at=row.settled_at,
        settled_by=people.get(row.settled_by_id or 0, ""),
    )
