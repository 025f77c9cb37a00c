"""Calendars with their slots and special days, and the clocks that run on them."""

from bihuan.domain.clocks.models.calendars import (
    Calendar,
    OfficialYear,
    SpecialDay,
    SpecialSlot,
    WeekSlot,
)
from bihuan.domain.clocks.models.clock import Clock
from bihuan.domain.clocks.models.row import COLUMNS, ClockRow, row_from

__all__ = [
    "COLUMNS",
    "Calendar",
    "Clock",
    "ClockRow",
    "OfficialYear",
    "SpecialDay",
    "SpecialSlot",
    "WeekSlot",
    "row_from",
]
