"""Clock chips: the clock's own words, and what the browser needs to keep them fresh (DESIGN.md §4.1)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.utils import timezone

from bihuan.domain.clocks.rules import PAUSED, ClockRow, chip, ticking, used_micros
from bihuan.domain.clocks.rules.chip import limit_words, short_words
from bihuan.engines.worktime import Calendar
from bihuan.surfaces.workspace import phrases

DAYS_AHEAD: Final = 3


class ChipSheet(NamedTuple):
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


@dataclass(frozen=True, slots=True)
class Rest:
    """Why a process rests: the reason given, who did it, until when."""

    why: str
    who: str
    until: datetime | None = None

    @property
    def short(self) -> str:
        """Return the reason chosen, without what was written beside it."""
        return self.why.partition("，")[0]

    def title(self, at: datetime) -> str:
        """Say who stopped the clock, why, until when."""
        end = (
            f"，到 {phrases.moment(self.until, at)} 自动走表" if self.until else "，到人工走表为止"
        )
        return f"{self.who} 停表：{self.why or '没有写原因'}{end}"


NO_CHIP: Final = ChipSheet()


def chip_of(
    row: ClockRow, calendar: Calendar, at: datetime, *, rest: Rest | None = None
) -> ChipSheet:
    """Return the chip of a clock at a moment; `rest` is why its whole process rests."""
    seen = chip(row, calendar, at, why=rest.short if rest else "")
    ticks = ticking(row, calendar, at, used_us=seen.used_us)
    return ChipSheet(
        state=seen.state,
        text=seen.text,
        share=max(0, min(100, seen.percent)),
        title=_title(row, at, rest),
        late=seen.late,
        left=ticks.left,
        limit=ticks.limit,
        at=ticks.at,
        day=ticks.day,
        calendar=ticks.calendar,
        used=short_words(row, calendar, seen.used_us),
        limit_text=limit_words(row),
    )


def idle_chip(row: ClockRow, calendar: Calendar, at: datetime) -> ChipSheet:
    """Return the chip of a limit group none of whose units is open: not begun yet, or left for now."""
    seen = chip_of(row, calendar, at)
    begun = used_micros(row, calendar, at) > 0
    text = f"用 {seen.used} / 限 {seen.limit_text}" if begun else f"未开始，限 {seen.limit_text}"
    return seen._replace(state="done" if begun else "idle", text=text, title="")


def _title(row: ClockRow, at: datetime, rest: Rest | None) -> str:
    if rest is not None and row.state == PAUSED:
        return rest.title(at)
    return f"时限 {phrases.full_moment(row.due_at)}" if row.due_at else ""


def slots(calendar: Calendar, at: datetime) -> list[tuple[int, int]]:
    """Return the working slots of the days around a moment, in seconds, for the repaint script."""
    zone = calendar.wall.zone
    midnight = timezone.localtime(at, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    found = []
    for ahead in range(-1, DAYS_AHEAD):
        day = midnight + timedelta(days=ahead)
        for begin, finish in calendar.slots_of(day.date()):
            start = day + timedelta(minutes=begin)
            found.append((int(start.timestamp()), int(start.timestamp()) + 60 * (finish - begin)))
    return found
