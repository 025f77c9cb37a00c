"""Build and change calendars. Every change makes a new revision and leaves a fact."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from bihuan.domain.clocks import queries
from bihuan.domain.clocks.actions.official import COUNTRIES
from bihuan.domain.clocks.choices import DaySource
from bihuan.domain.clocks.models import (
    Calendar,
    OfficialYear,
    SpecialDay,
    SpecialSlot,
    WeekSlot,
)
from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.engines import worktime
from bihuan.engines.worktime.calendar import Slots, checked_slots
from bihuan.kit import db
from bihuan.kit.problems import Invalid


class SlotsRefused(Invalid):
    """The slots or the time zone make no calendar."""

    message = "时段有误：同一天的时段不能重叠，每周至少要有一个时段。"


class OfficialUnknown(Invalid):
    """The calendar follows no country whose official days are known."""

    message = "这个日历没有指明法定节假日所属的国家。"


@dataclass(frozen=True, slots=True)
class DayEdit:
    """One day of a calendar: its slots (none = shut), or None to make it an ordinary day again."""

    day: date
    slots: Slots | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class CalendarSpec:
    """A calendar as a pack describes it."""

    code: str
    name: str
    time_zone: str
    week: tuple[Slots, ...]
    official: str = ""
    days: tuple[DayEdit, ...] = ()


@dataclass(frozen=True, slots=True)
class OfficialImport:
    """How many days were entered, for which years, and which years nobody knows yet."""

    days: int
    years: tuple[int, ...]
    missing_years: tuple[int, ...]


@transaction.atomic
def put_calendar(spec: CalendarSpec, *, by: Actor, at: datetime) -> None:
    """Make a calendar, or bring it to what a pack says; days that people entered stay.

    With a country, all official days that are known are entered. The same again changes nothing
    but the revision. Refuses with `SlotsRefused`.
    """
    _check(spec)
    row, is_new = Calendar.objects.select_for_update(no_key=True).get_or_create(
        code=spec.code,
        defaults={
            "name": spec.name,
            "time_zone": spec.time_zone,
            "revision": _next_revision(),
            "changed_at": at,
        },
    )
    row.name, row.time_zone, row.official = spec.name, spec.time_zone, spec.official
    row.save(update_fields=["name", "time_zone", "official"])
    _write_week(row, spec.week)
    edited = _days_of(row, DaySource.EDITED)
    SpecialDay.objects.filter(calendar=row).exclude(source=DaySource.EDITED).delete()
    OfficialYear.objects.filter(calendar=row).delete()
    pack_days = {edit.day for edit in spec.days}
    if spec.official:
        _enter_official(row, None, keep=edited | pack_days)
    _write_days(row, [edit for edit in spec.days if edit.day not in edited], DaySource.PACK)
    _changed(row, "calendar.made" if is_new else "calendar.edited", by=by, at=at, what="pack")


@transaction.atomic
def edit_days(
    code: str, edits: Sequence[DayEdit], *, by: Actor, at: datetime, reason: str = ""
) -> None:
    """Open, shut, shorten or restore single days."""
    row = _locked(code)
    _write_days(row, edits, DaySource.EDITED)
    days = {
        edit.day.isoformat(): None
        if edit.slots is None
        else [worktime.format_slot(slot) for slot in edit.slots]
        for edit in edits
    }
    _changed(row, "calendar.edited", by=by, at=at, reason=reason, what="days", days=days)


@transaction.atomic
def edit_week(
    code: str, week: tuple[Slots, ...], *, by: Actor, at: datetime, reason: str = ""
) -> None:
    """Replace the slots of the week. Refuses a week that never opens."""
    row = _locked(code)
    _check(CalendarSpec(row.code, row.name, row.time_zone, week))
    _write_week(row, week)
    written = [[worktime.format_slot(slot) for slot in slots] for slots in week]
    _changed(row, "calendar.edited", by=by, at=at, reason=reason, what="week", week=written)


@transaction.atomic
def enforce_from(
    code: str, moment: datetime | None, *, by: Actor, at: datetime, reason: str = ""
) -> None:
    """Set from when on limits on this calendar warn and become overdue; None enforces all."""
    row = _locked(code)
    row.enforce_from = moment
    row.save(update_fields=["enforce_from"])
    _changed(
        row, "calendar.edited", by=by, at=at, reason=reason, what="enforce_from", moment=moment
    )


@transaction.atomic
def import_official(
    code: str, years: Iterable[int] | None, *, by: Actor, at: datetime
) -> OfficialImport:
    """Enter the official holidays and make-up workdays of some years, or of all known ones.

    Holidays shut the day; make-up workdays open it in the slots of a usual day. Days that people
    entered stay. Years nobody knows yet are returned, not refused.
    """
    row = _locked(code)
    if row.official not in COUNTRIES:
        raise OfficialUnknown
    done = _enter_official(row, years, keep=_days_of(row, DaySource.EDITED, DaySource.PACK))
    if done.years:
        _changed(row, "calendar.edited", by=by, at=at, what="official", years=list(done.years))
    return done


def _enter_official(row: Calendar, years: Iterable[int] | None, keep: set[date]) -> OfficialImport:
    official = COUNTRIES[row.official](years)
    usual = _usual_slots(row)
    edits = [
        DayEdit(one.day, usual if one.is_open else (), one.name)
        for one in official.days
        if one.day not in keep
    ]
    stale = SpecialDay.objects.filter(calendar=row, source=DaySource.OFFICIAL)
    stale.filter(day__year__in=official.years).delete()
    _write_days(row, edits, DaySource.OFFICIAL)
    OfficialYear.objects.bulk_create(
        [OfficialYear(calendar=row, year=year) for year in official.years], ignore_conflicts=True
    )
    return OfficialImport(len(edits), official.years, official.missing_years)


def _usual_slots(row: Calendar) -> Slots:
    """The slots of the weekday that is longest among the usual ones: what a workday looks like."""
    calendar = queries.load_calendar(row.code)
    usual = calendar.usual_day_micros // 60_000_000
    found = (day for day in calendar.week if sum(end - begin for begin, end in day) == usual)
    return next(found)


def _write_week(row: Calendar, week: tuple[Slots, ...]) -> None:
    WeekSlot.objects.filter(calendar=row).delete()
    WeekSlot.objects.bulk_create(
        WeekSlot(calendar=row, weekday=weekday, begins=begins, ends=ends)
        for weekday, slots in enumerate(week)
        for begins, ends in slots
    )


def _write_days(row: Calendar, edits: Sequence[DayEdit], source: DaySource) -> None:
    try:
        slots_of = {edit.day: checked_slots(edit.slots or ()) for edit in edits}
    except worktime.CalendarInvalid as mistake:
        raise SlotsRefused from mistake
    SpecialDay.objects.filter(calendar=row, day__in=slots_of).delete()
    days = SpecialDay.objects.bulk_create(
        SpecialDay(calendar=row, day=edit.day, note=edit.note, source=source)
        for edit in edits
        if edit.slots is not None
    )
    SpecialSlot.objects.bulk_create(
        SpecialSlot(special_day=one, begins=begins, ends=ends)
        for one in days
        for begins, ends in slots_of[one.day]
    )


def _days_of(row: Calendar, *sources: DaySource) -> set[date]:
    found = SpecialDay.objects.filter(calendar=row, source__in=sources)
    return set(found.values_list("day", flat=True))


def _check(spec: CalendarSpec) -> None:
    if spec.official and spec.official not in COUNTRIES:
        raise OfficialUnknown
    try:
        worktime.Calendar(spec.code, spec.time_zone, spec.week)
    except worktime.CalendarInvalid as mistake:
        raise SlotsRefused from mistake


def _locked(code: str) -> Calendar:
    row = Calendar.objects.select_for_update(no_key=True).filter(code=code).first()
    if row is None:
        raise queries.CalendarMissing(code)
    return row


def _next_revision() -> int:
    row = db.one("select nextval('clocks_calendar_revision')")
    return int(row[0]) if row else 1


def _changed(
    row: Calendar, name: str, *, by: Actor, at: datetime, reason: str = "", **data: object
) -> None:
    row.revision, row.changed_at = _next_revision(), at
    row.save(update_fields=["revision", "changed_at"])
    queries.forget(row.code)
    subject = f"calendar:{row.code}"
    data["revision"] = row.revision
    ledger.record(Fact(name, subject, subject, at, by, reason, data=data))
