"""The different ways cases went, most frequent first."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from bihuan.engines.insight.log import Trace
from bihuan.engines.insight.spread import Spread, spread


@dataclass(frozen=True, slots=True)
class Variant:
    """One sequence of activities and the cases that went exactly so. `share` is of all cases, 0 to 1."""

    activities: tuple[str, ...]
    cases: int
    share: float
    took: Spread


def variants(traces: Iterable[Trace]) -> list[Variant]:
    """Return every variant once, most cases first; the cases of all variants are all cases."""
    found: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for trace in traces:
        found[trace.activities].append(trace.seconds)
    every = sum(len(took) for took in found.values())
    ways = [
        Variant(activities, len(took), len(took) / every, spread(took))
        for activities, took in found.items()
    ]
    return sorted(ways, key=lambda way: (-way.cases, way.activities))
