"""Adds limits to moments and measures between moments. Pure arithmetic in whole microseconds."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from bihuan.engines.worktime.calendar import Calendar
from bihuan.engines.worktime.limits import Limit, Measure, Warn
from bihuan.engines.worktime.timeline import MICROSECOND, Timeline, to_micros, to_moment

NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a clock, in microseconds: when it would have begun had it never paused, when it is
    due, and how much time (working or elapsed, as the limit counts) lies between."""

    begin: int
    due: int
    budget: int


def add(calendar: Calendar, at: datetime, limit: Limit, used: timedelta = NOTHING) -> datetime:
    """Return when a limit is due that has run from `at` on and of which `used` was used before.

    Working time: the first moment at which that much working time has passed, so a limit that ends
    with the day is due at closing time, not at the next opening. Working days: a start outside
    working hours counts from the next opening; from there the same time of the n-th next working
    day, or the close before it when that day is shut at that time (its opening, when not open yet).
    `1wd4h` adds the days first. A limit partly used is due as if it had begun that much working
    time earlier. If more than the limit is used, the answer lies before `at`.
    """
    start, spent = to_micros(at), used // MICROSECOND
    return to_moment(_due(calendar, start, limit, spent))


def worktime(
    calendar: Calendar, since: datetime, until: datetime, measure: Measure = Measure.WORKING
) -> timedelta:
    """Return the time from `since` to `until`, working or elapsed; negative when `until` is earlier."""
    if measure is Measure.ELAPSED:
        return until - since
    return timedelta(microseconds=working_micros(calendar, to_micros(since), to_micros(until)))


def workdays(calendar: Calendar, since: datetime, until: datetime) -> int:
    """Return how many working days have passed: the largest n with `add(since, n wd)` not after `until`."""
    begin, end = _next_open(calendar, to_micros(since), 0), to_micros(until)
    if end < begin:
        return 0
    table = calendar.timeline(begin)
    if not table.covers(end):
        table = calendar.timeline(end)
    days = table.day_index(end) - table.day_index(begin)
    return days if days and _shift_days(calendar, begin, days) <= end else max(days - 1, 0)


def working_micros(calendar: Calendar, since: int, until: int) -> int:
    """Return the working microseconds between two instants."""
    table = calendar.timeline(since)
    if not table.covers(until):
        table = calendar.timeline(until)
    return table.position(until) - table.position(since)


def run_of(calendar: Calendar, at: int, limit: Limit, used: int) -> Run:
    """Return the run of a clock that goes on at `at` with `used` microseconds behind it."""
    due = _due(calendar, at, limit, used)
    if limit.elapsed:
        return Run(at - used, due, limit.micros)
    begin = _next_open(calendar, at, used)
    budget = working_micros(calendar, begin, due) if limit.days else limit.micros
    return Run(begin, due, budget)


def _due(calendar: Calendar, at: int, limit: Limit, used: int) -> int:
    if limit.elapsed:
        return at - used + limit.micros
    if not limit.days:
        return _forward(calendar, at, limit.micros - used)
    due = _shift_days(calendar, _next_open(calendar, at, used), limit.days)
    return _forward(calendar, due, limit.micros) if limit.micros else due


def warn_micros(calendar: Calendar, limit: Limit, run: Run, warn: Warn) -> int:
    """Return the instant of a warning within a run. It may lie before the run began."""
    if warn.share is not None:
        spent = math.ceil(run.budget * warn.share)
        return run.begin + spent if limit.elapsed else _forward(calendar, run.begin, spent)
    left = warn.left
    if left is None:
        raise ValueError(f"the warning '{warn.text}' names neither a share nor a time left")
    if left.elapsed:
        return run.due - left.micros
    due = _forward(calendar, run.due, -left.micros) if left.micros else run.due
    return _shift_days(calendar, due, -left.days) if left.days else due


def _forward(calendar: Calendar, at: int, amount: int) -> int:
    """The first instant that is `amount` of working time after (before, if negative) an instant."""
    table = calendar.timeline(at)
    while True:
        found = table.earliest(table.position(at) + amount)
        if table.covers(found):
            return found
        table = calendar.widened(table, found)


def _next_open(calendar: Calendar, at: int, used: int) -> int:
    """The open instant at which `used` working time ago began: the next opening, if shut."""
    table = calendar.timeline(at)
    while True:
        found = table.latest(table.position(at) - used)
        if table.covers(found):
            return found
        table = calendar.widened(table, found)


def _shift_days(calendar: Calendar, at: int, days: int) -> int:
    """The same wall-clock time some working days on (back, if negative), within that day's slots."""
    table = calendar.timeline(at)
    while True:
        found = _same_time(calendar, table, at, days)
        if table.covers(found):
            return found
        table = calendar.widened(table, found)


def _same_time(calendar: Calendar, table: Timeline, at: int, days: int) -> int:
    index = table.day_index(at)
    target = index + days
    if index < 0 or target < 0:
        return table.usable_from - 1
    if target >= len(table.days):
        return table.usable_until + 1
    today, day = table.days[index], table.days[target]
    if today.even and day.even:
        return day.nearest_open(day.begins + at - today.begins)
    clock = calendar.wall.of(at) - today.midnight
    return day.nearest_open(calendar.wall.first(day.midnight + clock))
