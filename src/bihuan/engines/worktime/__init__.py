"""Working-time arithmetic over calendars: add a limit to a moment, measure between moments."""

from bihuan.engines.worktime.calendar import (
    ALWAYS,
    BeyondCalendar,
    Calendar,
    CalendarInvalid,
    format_slot,
    parse_slot,
    read_slots,
)
from bihuan.engines.worktime.limits import (
    Limit,
    LimitUnreadable,
    Measure,
    Warn,
    extended,
    parse_limit,
    parse_warn,
    parse_warns,
    written,
)
from bihuan.engines.worktime.measure import add, workdays, worktime

__all__ = [
    "ALWAYS",
    "BeyondCalendar",
    "Calendar",
    "CalendarInvalid",
    "Limit",
    "LimitUnreadable",
    "Measure",
    "Warn",
    "add",
    "extended",
    "format_slot",
    "parse_limit",
    "parse_slot",
    "parse_warn",
    "parse_warns",
    "read_slots",
    "workdays",
    "worktime",
    "written",
]
