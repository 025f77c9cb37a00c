"""The verbs of calendars and clocks."""

from bihuan.domain.clocks.actions.calendars import (
    CalendarSpec,
    DayEdit,
    OfficialImport,
    OfficialUnknown,
    SlotsRefused,
    edit_days,
    edit_week,
    enforce_from,
    import_official,
    put_calendar,
)
from bihuan.domain.clocks.actions.clocks import (
    ClockAlreadyRunning,
    ClockMissing,
    ClockNotPaused,
    ClockNotRunning,
    ClockTerms,
    LimitRefused,
    change_limit,
    pause_clock,
    resume_clock,
    start_clock,
    stop_clock,
)
from bihuan.domain.clocks.actions.dispatch import fire_due, recompute_stale

__all__ = [
    "CalendarSpec",
    "ClockAlreadyRunning",
    "ClockMissing",
    "ClockNotPaused",
    "ClockNotRunning",
    "ClockTerms",
    "DayEdit",
    "LimitRefused",
    "OfficialImport",
    "OfficialUnknown",
    "SlotsRefused",
    "change_limit",
    "edit_days",
    "edit_week",
    "enforce_from",
    "fire_due",
    "import_official",
    "pause_clock",
    "put_calendar",
    "recompute_stale",
    "resume_clock",
    "start_clock",
    "stop_clock",
]
