"""What can be asked about calendars and clocks."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime

from bihuan.domain.clocks.models import (
    COLUMNS,
    Calendar,
    ClockRow,
    OfficialYear,
    SpecialDay,
    SpecialSlot,
    WeekSlot,
    row_from,
)
from bihuan.engines import worktime
from bihuan.engines.worktime.calendar import Slots
from bihuan.engines.worktime.timeline import Slot
from bihuan.kit import db
from bihuan.kit.problems import NotFound

TRUSTED_SECONDS = 1.0
"""How long a process uses a calendar without asking whether it changed. A clock started by an old
revision meanwhile is found by its `calendar_revision` and counted anew."""

SELECT_CLOCK = f"select {', '.join(COLUMNS)} from clocks_clock "  # noqa: S608 - our own columns
_LIVE_OWNED = SELECT_CLOCK + "where owner = any(%s) and state <> 'STOPPED'"
_REVISION = "select revision from clocks_calendar where code = %s"
_REVISIONS = "select code, revision, changed_at from clocks_calendar where code = any(%s)"


class CalendarMissing(NotFound):
    """No calendar has this code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"没有日历“{code}”，请先安装或建立它。")


_kept: dict[str, tuple[worktime.Calendar, float]] = {}


def calendar(code: str | None) -> worktime.Calendar:
    """Return a calendar, ready to count; no code is the calendar of those who never close.

    Kept per process and compared with the database about once a second.
    """
    if not code:
        return worktime.ALWAYS
    known, checked = _kept.get(code, (None, 0.0))
    now = time.monotonic()
    if known is not None and now - checked < TRUSTED_SECONDS:
        return known
    row = db.one(_REVISION, (code,))
    if row is None:
        forget(code)
        raise CalendarMissing(code)
    if known is None or known.revision != row[0]:
        known = load_calendar(code)
    _kept[code] = (known, now)
    return known


def calendar_of(code: str | None, revision: int) -> worktime.Calendar:
    """Return a calendar that counts by this revision or a newer one."""
    if not code:
        return worktime.ALWAYS
    known = _kept.get(code)
    if known is None or known[0].revision < revision:
        _kept[code] = known = (load_calendar(code), time.monotonic())
    return known[0]


def forget(code: str) -> None:
    """Make the next `calendar(code)` of this process ask the database."""
    _kept.pop(code, None)


def revisions(codes: Iterable[str]) -> dict[str, tuple[int, datetime]]:
    """Return the present revision of some calendars and since when it is in force."""
    found = db.rows(_REVISIONS, (list(codes),))
    return {code: (revision, changed_at) for code, revision, changed_at in found}


def load_calendar(code: str) -> worktime.Calendar:
    """Read a calendar with all its slots and special days."""
    row = Calendar.objects.filter(code=code).first()
    if row is None:
        raise CalendarMissing(code)
    week: list[list[Slot]] = [[] for _ in range(7)]
    slots = WeekSlot.objects.filter(calendar=row).order_by("begins")
    for weekday, begins, ends in slots.values_list("weekday", "begins", "ends"):
        week[weekday].append((begins, ends))
    years = OfficialYear.objects.filter(calendar=row).order_by("year")
    return worktime.Calendar(
        code=row.code,
        time_zone=row.time_zone,
        week=tuple(tuple(day) for day in week),
        exceptions=_special_slots(row),
        revision=row.revision,
        official=row.official,
        official_years=tuple(years.values_list("year", flat=True)),
        enforce_from=row.enforce_from,
    )


def calendars() -> list[Calendar]:
    """Return all calendars by code."""
    return list(Calendar.objects.order_by("code"))


def special_days(code: str, first: date, last: date) -> list[tuple[date, Slots, str, str]]:
    """Return (day, slots, note, source) of the days of a period that differ from their weekday."""
    row = Calendar.objects.filter(code=code).first()
    if row is None:
        raise CalendarMissing(code)
    slots = _special_slots(row)
    days = SpecialDay.objects.filter(calendar=row, day__gte=first, day__lte=last).order_by("day")
    return [(one.day, slots[one.day], one.note, one.source) for one in days]


def calendar_warnings(at: datetime) -> list[str]:
    """Return a sentence for each calendar that lacks this year's or next year's official days."""
    warnings = []
    for row in Calendar.objects.exclude(official="").order_by("code"):
        missing = load_calendar(row.code).years_without_official(at.year, at.year + 1)
        if missing:
            years = "、".join(f"{year} 年" for year in missing)
            warnings.append(
                f"日历“{row.name}”缺 {years}的法定节假日和调休，暂按平常星期计算，请在公布后补上。"
            )
    return warnings


def clocks_of(root: str) -> list[ClockRow]:
    """Return all clocks of a root, stopped ones included, in order of their start."""
    found = db.rows(SELECT_CLOCK + "where root = %s order by started_at, id", (root,))
    return [row_from(values) for values in found]


def clocks_owned(owners: Sequence[str], root: str) -> dict[str, ClockRow]:
    """Return the latest clock of each of these owners within a root."""
    owned = set(owners)
    return {row.owner: row for row in clocks_of(root) if row.owner in owned}


def live_clock(owner: str) -> ClockRow | None:
    """Return the running or paused clock of an owner."""
    values = db.one(SELECT_CLOCK + "where owner = %s and state <> 'STOPPED'", (owner,))
    return row_from(values) if values else None


def live_clocks(roots: Sequence[str]) -> list[ClockRow]:
    """Return the running and paused clocks of several roots, for a list of cases."""
    found = db.rows(SELECT_CLOCK + "where root = any(%s) and state <> 'STOPPED'", (list(roots),))
    return [row_from(values) for values in found]


def live_clocks_owned(owners: Sequence[str]) -> dict[str, ClockRow]:
    """Return the running or paused clock of each of these owners, for a queue of units."""
    return ask_live_clocks_owned(db.Together(), owners)()


def ask_live_clocks_owned(
    together: db.Together, owners: Sequence[str]
) -> Callable[[], dict[str, ClockRow]]:
    """Ask for `live_clocks_owned` together with other questions."""
    answer = together.ask(_LIVE_OWNED, (list(owners),))
    return lambda: {row.owner: row for row in map(row_from, answer())}


def next_moment() -> datetime | None:
    """Return the earliest moment that any clock will reach."""
    row = db.one("select min(next_moment_at) from clocks_clock where state = 'RUNNING'")
    found: datetime | None = row[0] if row else None
    return found


def _special_slots(row: Calendar) -> dict[date, Slots]:
    slots: dict[int, list[Slot]] = defaultdict(list)
    found = SpecialSlot.objects.filter(special_day__calendar=row).order_by("begins")
    for special_day, begins, ends in found.values_list("special_day_id", "begins", "ends"):
        slots[special_day].append((begins, ends))
    days = SpecialDay.objects.filter(calendar=row).values_list("id", "day")
    return {day: tuple(slots[key]) for key, day in days}
