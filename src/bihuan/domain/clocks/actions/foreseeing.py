"""What a change of a calendar would do to the limits that run on it, before anybody saves it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from bihuan.domain.clocks import queries, rules
from bihuan.domain.clocks.actions.calendars import DayEdit, SlotsRefused
from bihuan.engines import worktime
from bihuan.engines.worktime.calendar import Slots
from bihuan.kit import db

MOST_CLOCKS: Final = 5_000
MOST_SHOWN: Final = 50
_RUNNING = queries.SELECT_CLOCK + (
    "where calendar = %s and state = 'RUNNING' and kind = 'LIMIT' order by due_at, id limit %s"
)


@dataclass(frozen=True, slots=True)
class CalendarChange:
    """Another week, other single days, or both; None leaves the week as it is."""

    week: tuple[Slots, ...] | None = None
    days: Sequence[DayEdit] = ()


@dataclass(frozen=True, slots=True)
class MovedLimit:
    """A running limit that would be due at another moment."""

    root: str
    owner: str
    due_before: datetime
    due_after: datetime


@dataclass(frozen=True, slots=True)
class Foreseen:
    """How many running limits were looked at, and which would move; `is_cut` when there are more."""

    looked_at: int
    earlier: int
    later: int
    moved: tuple[MovedLimit, ...]
    is_cut: bool


def foresee(code: str, change: CalendarChange, *, at: datetime) -> Foreseen:
    """Return what a change made at `at` would do to the limits now running on a calendar. Writes nothing.

    Refuses slots that make no calendar, as saving would.
    """
    changed = _changed(queries.load_calendar(code), change)
    found = db.rows(_RUNNING, (code, MOST_CLOCKS + 1))
    rows = [rules.row_from(values) for values in found[:MOST_CLOCKS]]
    moved = [
        MovedLimit(row.root, row.owner, row.due_at, after)
        for row in rows
        if row.due_at is not None
        and (after := rules.plan_recompute(row, changed, at).due_at) is not None
        and after != row.due_at
    ]
    return Foreseen(
        looked_at=len(rows),
        earlier=sum(one.due_after < one.due_before for one in moved),
        later=sum(one.due_after > one.due_before for one in moved),
        moved=tuple(moved[:MOST_SHOWN]),
        is_cut=len(found) > MOST_CLOCKS,
    )


def _changed(calendar: worktime.Calendar, change: CalendarChange) -> worktime.Calendar:
    exceptions: dict[date, Slots] = dict(calendar.exceptions)
    for edit in change.days:
        exceptions.pop(edit.day, None)
        if edit.slots is not None:
            exceptions[edit.day] = edit.slots
    week = calendar.week if change.week is None else change.week
    try:
        return replace(calendar, week=week, exceptions=exceptions, revision=calendar.revision + 1)
    except worktime.CalendarInvalid as mistake:
        raise SlotsRefused from mistake
