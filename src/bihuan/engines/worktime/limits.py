"""Reads time limits and warnings as they are written in diagrams, forms and packs."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

MICROSECOND = timedelta(microseconds=1)
LONGEST = timedelta(days=36_600)

_WORKING = re.compile(
    r"(?:(?P<wd>\d{1,5})wd)?(?:(?P<h>\d{1,6})h)?(?:(?P<m>\d{1,8})m)?"
    r"(?:(?P<s>\d{1,2}(?:\.\d{1,6})?)s)?"
)
_ELAPSED = re.compile(
    r"P(?:(?P<weeks>\d{1,5})W)?(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?:(?P<hours>\d{1,7})H)?(?:(?P<minutes>\d{1,9})M)?(?:(?P<seconds>\d{1,10}(?:\.\d{1,6})?)S)?)?"
)
_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,2})?)%")


class Measure(StrEnum):
    """How a stretch of time is counted."""

    WORKING = "WORKING"
    ELAPSED = "ELAPSED"


class LimitUnreadable(ValueError):
    """The text is neither a working-time limit, an ISO 8601 duration nor a warning."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A time allowed: `days` working days and then `micros` of working time, or elapsed time only."""

    text: str
    measure: Measure
    micros: int
    days: int = 0

    @property
    def elapsed(self) -> bool:
        """Whether the limit counts every second, open or not."""
        return self.measure is Measure.ELAPSED


@dataclass(frozen=True, slots=True)
class Warn:
    """When to warn: a share of the limit used, or a time left before it is due. Exactly one is set."""

    text: str
    share: Fraction | None = None
    left: Limit | None = None


@lru_cache(maxsize=4096)
def parse_limit(text: str) -> Limit:
    """Read `30m`, `2h`, `1wd`, `1wd4h` (working time) or `PT2H`, `P7D` (elapsed time).

    Working-time units stand largest first, without blanks; seconds (`30m12.5s`) come last and are what
    `written` makes of a limit that must end at a certain moment. Years and months have no fixed length and
    are refused, as is a working-time limit of nothing.
    """
    text = text.strip()
    if match := _WORKING.fullmatch(text):
        days, hours, minutes = (int(match[unit] or 0) for unit in ("wd", "h", "m"))
        seconds = float(match["s"] or 0)
        micros = timedelta(hours=hours, minutes=minutes, seconds=seconds) // MICROSECOND
        if days or micros:
            return Limit(text, Measure.WORKING, micros, days)
    elif (match := _ELAPSED.fullmatch(text)) and text[-1] not in "PT":
        parts = {unit: float(amount) for unit, amount in match.groupdict().items() if amount}
        span = timedelta(**parts)
        if span <= LONGEST:
            return Limit(text, Measure.ELAPSED, span // MICROSECOND)
    raise LimitUnreadable(
        f"'{text}' is not a time limit: write working time like 30m, 2h, 1wd or 1wd4h,"
        " or elapsed time like PT2H or P7D (no years or months, at most 100 years)"
    )


def written(measure: Measure, micros: int, days: int = 0) -> Limit:
    """Return the limit of so many working days and microseconds, or of so many elapsed microseconds."""
    minutes, rest = divmod(micros, 60_000_000)
    seconds = f"{rest // 1_000_000}.{rest % 1_000_000:06d}".rstrip("0").rstrip(".")
    hours, minutes = divmod(minutes, 60)
    if measure is Measure.ELAPSED:
        return parse_limit(f"PT{hours}H{minutes}M{seconds}S")
    parts = ((days, "wd"), (hours, "h"), (minutes, "m"))
    text = "".join(f"{amount}{unit}" for amount, unit in parts if amount)
    return parse_limit(text if text and not rest else f"{text}{seconds}s")


def extended(limit: Limit, more: Limit) -> Limit:
    """Return a limit that allows more. Raises `LimitUnreadable` when the two count different time."""
    if limit.measure is not more.measure:
        raise LimitUnreadable(f"'{limit.text}' and '{more.text}' count different kinds of time")
    return written(limit.measure, limit.micros + more.micros, limit.days + more.days)


@lru_cache(maxsize=4096)
def parse_warn(text: str) -> Warn:
    """Read one warning: `80%` is a share of the limit used, `30m` a time left before it is due.

    A share above 100 % is a further warning after the limit has passed.
    """
    text = text.strip()
    if match := _SHARE.fullmatch(text):
        share = Fraction(match[1]) / 100
        if share:
            return Warn(text, share=share)
        raise LimitUnreadable("'0%' would warn at once: write a share above 0%")
    try:
        return Warn(text, left=parse_limit(text))
    except LimitUnreadable:
        raise LimitUnreadable(
            f"'{text}' is not a warning: write a share used like 80% or a time left like 30m"
        ) from None


def parse_warns(texts: str | Iterable[str]) -> tuple[Warn, ...]:
    """Read several warnings, given as a list or as one text with commas. Blank parts are skipped."""
    parts = texts.split(",") if isinstance(texts, str) else texts
    return tuple(parse_warn(part) for part in parts if part.strip())
