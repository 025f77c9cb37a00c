"""Clock chips of the board (DESIGN.md §4.1): read in one query for all lines."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import timezone

from bihuan.domain.clocks import queries
from bihuan.domain.clocks.rules import ClockRow, chip, ticking


@dataclass(frozen=True, slots=True)
class Chip:
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


NO_CHIP: Final = Chip()


def chips_of_units(unit_ids: Iterable[int], at: datetime) -> dict[int, Chip]:
    """Return the chips of the clocks of some units of processes, by unit."""
    owners = {f"unit:{one}": one for one in unit_ids}
    live = queries.live_clocks_owned(list(owners)) if owners else {}
    return {owners[owner]: _chip(row, at) for owner, row in live.items()}


def _chip(row: ClockRow, at: datetime) -> Chip:
    calendar = queries.calendar(row.calendar)
    seen = chip(row, calendar, at)
    ticks = ticking(row, calendar, at, used_us=seen.used_us)
    due = f"{timezone.localtime(row.due_at):%Y-%m-%d %H:%M:%S}" if row.due_at else ""
    return Chip(
        state=seen.state,
        text=seen.text,
        share=max(0, min(100, seen.percent)),
        title=f"时限 {due}" if due else "",
        late=seen.late,
        left=ticks.left,
        limit=ticks.limit,
        at=ticks.at,
        day=ticks.day,
        calendar=ticks.calendar,
    )
