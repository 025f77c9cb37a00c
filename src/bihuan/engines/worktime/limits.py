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

_WORKING = re.compile(r"(?:(?P<wd>\d{1,5})wd)?(?:(?P<h>\d{1,6})h)?(?:(?P<m>\d{1,8})m)?")
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

    Working-time units stand largest first, without blanks. Years and months have no fixed length and
    are refused, as is a working-time limit of nothing.
    """
    text = text.strip()
    if match := _WORKING.fullmatch(text):
        days, hours, minutes = (int(match[unit] or 0) for unit in ("wd", "h", "m"))
        micros = timedelta(hours=hours, minutes=minutes) // MICROSECOND
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
