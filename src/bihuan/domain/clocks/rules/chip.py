"""The words and the colour of a clock on a page (时限, DESIGN.md §4.1)."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Literal, NamedTuple

from bihuan.domain.clocks.models.row import PAUSED, STOPPED, ClockRow
from bihuan.domain.clocks.rules.plan import used_micros
from bihuan.engines.worktime import Calendar, Limit, parse_limit

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
LONG_HOURS = 8 * HOUR
LONG_DAYS = 3
WARNING_SHARE = 75


@dataclass(frozen=True, slots=True)
class Chip:
    """What a page shows of a clock: `percent` is used ÷ limit × 100 and may pass 100; `used_us` is the time used."""

    state: Literal["ok", "warn", "over", "pause", "done"]
    percent: int
    text: str
    late: bool = False
    used_us: int = field(default=0, compare=False)


class Ticking(NamedTuple):
    """What a browser needs to repaint a clock by itself: seconds left at `at` (a Unix time), of `limit`.

    `day` is how many seconds a day counts; `calendar` is empty where day and night count.
    """

    left: int
    limit: int
    at: int
    day: int
    calendar: str


def ticking(row: ClockRow, calendar: Calendar, at: datetime, *, used_us: int) -> Ticking:
    """Return how a clock goes on from a moment at which so much of its limit was used."""
    natural = parse_limit(row.limit_text).elapsed or calendar.always_open
    return Ticking(
        left=(row.budget_us - used_us) // SECOND,
        limit=row.budget_us // SECOND,
        at=int(at.timestamp()),
        day=24 * HOUR // SECOND if natural else calendar.usual_day_micros // SECOND,
        calendar="" if natural else calendar.code,
    )


def chip(row: ClockRow, calendar: Calendar, at: datetime, *, why: str = "") -> Chip:
    """Return how a clock stands at `at`. `why` is the reason shown behind 停表."""
    used = used_micros(row, calendar, at)
    percent = used * 100 // row.budget_us if row.budget_us else 100
    late = row.enforced and (row.overdue_at is not None or used > row.budget_us)
    if row.state == STOPPED:
        text = f"用 {short_words(row, calendar, used)} / 限 {limit_words(row)}"
        return Chip("done", percent, text, late, used)
    if row.state == PAUSED:
        return Chip("pause", percent, f"停表 {why}".rstrip(), late, used)
    left = row.budget_us - used
    if not row.enforced and left < 0:
        return Chip("ok", percent, "不计时限", used_us=used)
    if row.due_at is not None and at > row.due_at:
        return Chip(
            "over", percent, f"超 {span_words(row, calendar, -left)}", late=True, used_us=used
        )
    return Chip(
        "warn" if _is_warned(row, at, percent) else "ok",
        percent,
        f"余 {span_words(row, calendar, left)}",
        used_us=used,
    )


def span_words(row: ClockRow, calendar: Calendar, micros: int) -> str:
    """Say a length of time as a running clock does: `4时05分`, `17.9 工时`, `3 工日`."""
    micros = max(micros, 0)
    if micros < LONG_HOURS:
        hours, minutes = divmod(micros // MINUTE, 60)
        return f"{hours}时{minutes:02}分"
    return _long_words(row, calendar, micros)


def short_words(row: ClockRow, calendar: Calendar, micros: int) -> str:
    """Say a length of time as a summary does: `47分`, `2时`, `1时30分`, `17.9 工时`."""
    if micros < LONG_HOURS:
        return _hours_and_minutes(micros) or "0分"
    return _long_words(row, calendar, micros)


def limit_words(row: ClockRow) -> str:
    """Say a limit as it was set: `2时`, `1 工日`, `1 工日 4时`, `7 日`."""
    return _limit_words(row.limit_text)


@lru_cache(maxsize=4096)
def _limit_words(text: str) -> str:
    limit = parse_limit(text)
    if limit.elapsed:
        days, rest = divmod(limit.micros, 24 * HOUR)
        words = [f"{days} 日" if days else "", _hours_and_minutes(rest)]
    else:
        words = [f"{limit.days} 工日" if limit.days else "", _working_hours(limit)]
    return " ".join(word for word in words if word) or "0分"


def _is_warned(row: ClockRow, at: datetime, percent: int) -> bool:
    if not row.warn_at:
        return percent >= WARNING_SHARE
    return row.level > 0 or row.warn_at[0] <= at


def _working_hours(limit: Limit) -> str:
    if limit.micros > LONG_HOURS and limit.micros % HOUR == 0:
        return f"{limit.micros // HOUR} 工时"
    return _hours_and_minutes(limit.micros)


def _hours_and_minutes(micros: int) -> str:
    hours, minutes = divmod(micros // MINUTE, 60)
    return (f"{hours}时" if hours else "") + (f"{minutes}分" if minutes else "")


def _long_words(row: ClockRow, calendar: Calendar, micros: int) -> str:
    natural = parse_limit(row.limit_text).elapsed or calendar.always_open
    day = 24 * HOUR if natural else calendar.usual_day_micros
    prefix = "" if natural else "工"
    if micros >= LONG_DAYS * day:
        return f"{_tenths(micros, day)} {prefix}日"
    return f"{_tenths(micros, HOUR)} {prefix}时"


def _tenths(micros: int, unit: int) -> str:
    whole, tenth = divmod(micros * 10 // unit, 10)
    return f"{whole}.{tenth}" if tenth else str(whole)
