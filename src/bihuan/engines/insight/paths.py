"""How often and how long each sequence flow of a diagram was gone along."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bihuan.engines.insight.alignment import Aligner, Alignment, How
from bihuan.engines.insight.log import Event, Trace
from bihuan.engines.insight.spread import Spread, spread


@dataclass(frozen=True, slots=True)
class Path:
    """One sequence flow. `took` is the time of the unit it led to: from being ready (or, where a log does not say, from
    the event before) until done.
    """

    flow: str
    count: int
    took: Spread


@dataclass(frozen=True, slots=True)
class Paths:
    """The flows that were gone along at least once; what `undecided` cases did is not in them."""

    flows: Mapping[str, Path]
    undecided: int


def paths(traces: Iterable[Trace], aligner: Aligner) -> Paths:
    """Return the flows by how the traces' variants are best explained by the diagram."""
    counts: dict[str, int] = defaultdict(int)
    times: dict[str, list[float]] = defaultdict(list)
    undecided = 0
    for trace in traces:
        found = aligner.align(trace.activities)
        if found is None:
            undecided += 1
            continue
        _count(found, counts)
        _time(found, trace, times)
    flows = {flow: Path(flow, often, spread(times[flow])) for flow, often in counts.items()}
    return Paths(flows, undecided)


def _count(found: Alignment, counts: dict[str, int]) -> None:
    for move in found.moves:
        for flow in move.flows:
            counts[flow] += 1
    for flow in found.flows_after:
        counts[flow] += 1


def _time(found: Alignment, trace: Trace, times: dict[str, list[float]]) -> None:
    events = iter(trace.events)
    before = trace.begins
    for move in found.moves:
        if move.how is How.MISSING:
            continue
        event = next(events)
        if move.how is How.AGREED and (begins := _begins(event, before)) is not None:
            for flow in move.flows:
                times[flow].append((event.at - begins).total_seconds())
        before = event.at


def _begins(event: Event, before: datetime | None) -> datetime | None:
    return event.ready_at or before
