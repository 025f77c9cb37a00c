"""How moments, spans and names are written on a page (design/ui/DESIGN.md §4.1, §7)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from bihuan.kit import clock
from bihuan.kit.masking import mask_text

HOUR: Final = 3600
DAY: Final = 24 * HOUR
WORKING_DAY: Final = 8 * HOUR


def trimmed(value: float) -> str:
    """Write a number with at most one decimal: 17.9, 3."""
    return f"{value:.1f}".removesuffix(".0")


def span(seconds: float, *, elapsed: bool = False, day: int = 0) -> str:
    """Write a length of time: 1时30分, 17.9 工时, 3 工日; elapsed time drops 工."""
    day = day or (DAY if elapsed else WORKING_DAY)
    if seconds >= 3 * day:
        return f"{trimmed(seconds / day)} {'天' if elapsed else '工日'}"
    if seconds >= 8 * HOUR:
        return f"{trimmed(seconds / HOUR)} {'小时' if elapsed else '工时'}"
    minutes = int(seconds) // 60
    if minutes < 60:
        return f"{minutes}分"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}时{minutes:02d}分" if minutes else f"{hours}时"


def countdown(seconds: float, *, elapsed: bool = False, day: int = 0) -> str:
    """Write what is left on a clock; always with hours, so that 0时19分 cannot be misread."""
    if seconds < 8 * HOUR and seconds < 3 * (day or DAY):
        hours, minutes = divmod(int(seconds) // 60, 60)
        return f"{hours}时{minutes:02d}分"
    return span(seconds, elapsed=elapsed, day=day)


def moment(value: datetime | None, at: datetime | None = None, *, timed: bool = False) -> str:
    """Write when something happened: 今天 14:26, 昨天 16:02, 11-16 17:40, 2025-10-01; `timed` 2025-10-01 09:00."""
    if value is None:
        return "—"
    then = local(value)
    today = local(at or clock.now()).date()
    named: dict[date, str] = {
        today: "今天",
        today - timedelta(days=1): "昨天",
        today + timedelta(days=1): "明天",
    }
    if then.date() in named:
        return f"{named[then.date()]} {then:%H:%M}"
    if then.year == today.year:
        return f"{then:%m-%d %H:%M}"
    return f"{then:%Y-%m-%d %H:%M}" if timed else f"{then:%Y-%m-%d}"


def local(value: datetime) -> datetime:
    """Return a moment at our place's wall clock; pages know no other."""
    return value.astimezone(timezone.get_default_timezone())


def full_moment(value: datetime | None) -> str:
    """Write a moment in full, for `title` and print."""
    return local(value).isoformat(" ", "seconds")[:19] if value else ""


def short_moment(value: datetime | None, at: datetime | None = None) -> str:
    """Write a moment for a table: 11-16 17:40; of another year 2017-02-16 14:17."""
    if value is None:
        return "—"
    then = local(value)
    is_of_this_year = then.year == local(at or clock.now()).year
    return f"{then:%m-%d %H:%M}" if is_of_this_year else f"{then:%Y-%m-%d %H:%M}"


def short_day(value: datetime | None) -> str:
    """Write the day of a moment: 2026-01-31."""
    return f"{local(value):%Y-%m-%d}" if value else "—"


def initial(name: str) -> str:
    """Return the sign that stands for a person or firm: the first character of the name."""
    return name.strip()[:1] or "客"


def thousands(value: int) -> str:
    """Write a count with thin spaces: 5 368."""
    return f"{value:,}".replace(",", "\u2009")


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "span": span,
    "moment": moment,
    "full_moment": full_moment,
    "short_moment": short_moment,
    "short_day": short_day,
    "initial": initial,
    "thousands": thousands,
    "masked": mask_text,
}
