"""How a lot of durations is spread."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean, median and 90th percentile of `count` durations in seconds; all 0 when there are none.

    Percentiles lie between the two nearest durations in proportion, so that the 50th is the median.
    """

    count: int = 0
    total: float = 0.0
    mean: float = 0.0
    median: float = 0.0
    p90: float = 0.0


NONE = Spread()


def spread(seconds: Iterable[float]) -> Spread:
    """Return how these durations are spread."""
    ordered = sorted(seconds)
    if not ordered:
        return NONE
    total = sum(ordered)
    return Spread(
        count=len(ordered),
        total=total,
        mean=min(max(total / len(ordered), ordered[0]), ordered[-1]),
        median=_at(ordered, 0.5),
        p90=_at(ordered, 0.9),
    )


def _at(ordered: list[float], share: float) -> float:
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
