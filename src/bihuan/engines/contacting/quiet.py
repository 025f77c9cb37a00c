"""Hours of the day in which nothing rings."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the day in which nothing rings: from–until in local time, across midnight too."""

    begins: time
    ends: time

    def __str__(self) -> str:
        return f"{self.begins:%H:%M}–{self.ends:%H:%M}"


def is_quiet(quiet: Quiet, at: datetime) -> bool:
    """Tell whether a local moment lies in quiet hours, which may pass midnight."""
    now = at.timetz().replace(tzinfo=None)
    if quiet.begins <= quiet.ends:
        return quiet.begins <= now < quiet.ends
    return now >= quiet.begins or now < quiet.ends


def after_quiet(quiet: Quiet | None, at: datetime) -> datetime:
    """Return `at`, or the end of the quiet hours it falls into."""
    if quiet is None or not is_quiet(quiet, at):
        return at
    return next_time(quiet.ends, at)


def next_time(wanted: time, at: datetime) -> datetime:
    """Return the first moment at or after `at` that has this time of day."""
    today = at.replace(
        hour=wanted.hour,
        minute=wanted.minute,
        second=wanted.second,
        microsecond=wanted.microsecond,
    )
    return today if today >= at else today + DAY
