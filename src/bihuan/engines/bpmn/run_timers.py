"""When a BPMN timer fires: ISO 8601 durations, cycles and dates, on a 24×7 calendar."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from bihuan.engines import expressions
from bihuan.engines.bpmn.run_state import RunRefused

DURATION = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
CYCLE = re.compile(r"R(?P<times>\d*)/(?P<every>P.+)")
LONGEST: Final = timedelta(days=36525)
"""A hundred years; what is due later is due never."""


class BadTimer(RunRefused):
    """The text is neither an ISO 8601 duration, nor a cycle, nor a date with its zone."""


@dataclass(frozen=True, slots=True)
class Timer:
    """The first firing, and for a cycle how often (None: for ever) and every how long."""

    due_at: datetime
    times: int | None = 1
    every: timedelta | None = None


def plan(text: str, values: dict[str, Any], at: datetime) -> Timer:
    """Say when a timer started `at` fires. `text` is ISO 8601 or an expression that yields it."""
    iso = str(expressions.resolve(text, values))
    cycle = CYCLE.fullmatch(iso)
    if cycle:
        every = duration(cycle["every"])
        if not every:
            raise BadTimer(iso)  # it would fire for ever at one moment
        return Timer(at + every, int(cycle["times"]) if cycle["times"] else None, every)
    if iso.startswith("P"):
        return Timer(at + duration(iso))
    try:
        due_at = datetime.fromisoformat(iso)
    except ValueError:
        raise BadTimer(iso) from None
    if due_at.tzinfo is None:
        raise BadTimer(iso)
    return Timer(due_at)


def duration(text: str) -> timedelta:
    """Read `P7D`, `PT1H30M` and the like; years and months have no fixed length and are refused."""
    found = DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        raise BadTimer(text)
    parts = {unit: float(value) for unit, value in found.groupdict().items() if value}
    try:
        found_span = timedelta(**parts)
    except OverflowError:
        raise BadTimer(text) from None
    if found_span > LONGEST:
        raise BadTimer(text)
    return found_span
