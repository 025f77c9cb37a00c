"""Clock chips: the clock's own words, and what the browser needs to keep them fresh (DESIGN.md §4.1)."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from bihuan.domain.clocks.rules import ClockRow, chip, used_micros
from bihuan.domain.clocks.rules.chip import limit_words, short_words
from bihuan.engines.worktime import Calendar, parse_limit
from bihuan.surfaces.workspace import phrases

SECOND: Final = 1_000_000
DAYS_AHEAD: Final = 2


@dataclass(frozen=True, slots=True)
class ChipSheet:
    """One chip. The browser repaints `text` from `left` at `at`; an empty state draws nothing."""

    state: str = ""
    text: str = ""
    share: int = 0
    title: str = ""
    late: bool = False
    left: int = 0
    limit: int = 0
    at: int = 0
    day: int = 0
    calendar: str = ""
    used: str = ""
    limit_text: str = ""


NO_CHIP: Final = ChipSheet()


def chip_of(row: ClockRow, calendar: Calendar, at: datetime, *, why: str = "") -> ChipSheet:
    """Return the chip of a clock at a moment."""
    seen = chip(row, calendar, at, why=why)
    used = used_micros(row, calendar, at)
    elapsed = parse_limit(row.limit_text).elapsed or calendar.always_open
    return ChipSheet(
        state=seen.state,
        text=seen.text,
        share=max(0, min(100, seen.percent)),
        title=f"时限 {phrases.full_moment(row.due_at)}" if row.due_at else "",
        late=seen.late,
        left=(row.budget_us - used) // SECOND,
        limit=row.budget_us // SECOND,
        at=int(at.timestamp()),
        day=phrases.DAY if elapsed else calendar.usual_day_micros // SECOND,
        calendar="" if elapsed else calendar.code,
        used=short_words(row, calendar, used),
        limit_text=limit_words(row),
    )


def slots_json(calendars: Iterable[Calendar], at: datetime) -> str:
    """Return the working slots of the coming days by calendar, in seconds, for the repaint script."""
    return json.dumps({one.code: _slots(one, at) for one in calendars if not one.always_open})


def _slots(calendar: Calendar, at: datetime) -> list[tuple[int, int]]:
    zone = calendar.wall.zone
    midnight = timezone.localtime(at, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    found = []
    for ahead in range(-1, DAYS_AHEAD):
        day = midnight + timedelta(days=ahead)
        for begin, finish in calendar.slots_of(day.date()):
            start = day + timedelta(minutes=begin)
            found.append((int(start.timestamp()), int(start.timestamp()) + 60 * (finish - begin)))
    return found
