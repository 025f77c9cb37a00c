"""The directly-follows graph: what came straight after what, how often, and how long it took."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from bihuan.engines.insight.log import Event, Trace
from bihuan.engines.insight.spread import Spread, spread


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity: how often it was done, in how many cases, what it waited and what it took.

    `waiting` (ready → begun) and `handling` (begun → done) count only events that say both moments.
    `again` counts the cases in which it was done more than once.
    """

    name: str
    count: int
    cases: int
    again: int
    waiting: Spread
    handling: Spread


@dataclass(frozen=True, slots=True)
class Arc:
    """`target` was done straight after `source`. `took` runs from the one being done to the other being done."""

    source: str
    target: str
    count: int
    took: Spread


@dataclass(frozen=True, slots=True)
class Follows:
    """The graph. For each activity: arcs in + starts = arcs out + ends = times done."""

    activities: Mapping[str, Activity]
    arcs: tuple[Arc, ...]
    starts: Mapping[str, int]
    ends: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """Where cases spend their time: `share` of all time between events goes by on this arc."""

    arc: Arc
    share: float


class _Tally:
    def __init__(self) -> None:
        self.count = 0
        self.cases = 0
        self.again = 0
        self.waiting: list[float] = []
        self.handling: list[float] = []

    def see(self, event: Event) -> None:
        self.count += 1
        if event.begun_at is None:
            return
        self.handling.append((event.at - event.begun_at).total_seconds())
        if event.ready_at is not None:
            self.waiting.append((event.begun_at - event.ready_at).total_seconds())

    def activity(self, name: str) -> Activity:
        waiting, handling = spread(self.waiting), spread(self.handling)
        return Activity(name, self.count, self.cases, self.again, waiting, handling)


def follows(traces: Iterable[Trace]) -> Follows:
    """Return the graph of some traces; arcs and activities most frequent first."""
    tallies: dict[str, _Tally] = defaultdict(_Tally)
    arcs: dict[tuple[str, str], list[float]] = defaultdict(list)
    starts: Counter[str] = Counter()
    ends: Counter[str] = Counter()
    for trace in traces:
        for event in trace.events:
            tallies[event.activity].see(event)
        for name, times in Counter(trace.activities).items():
            tallies[name].cases += 1
            tallies[name].again += times > 1
        for one, next_one in pairwise(trace.events):
            arcs[one.activity, next_one.activity].append((next_one.at - one.at).total_seconds())
        starts[trace.events[0].activity] += 1
        ends[trace.events[-1].activity] += 1
    seen = sorted(tallies.items(), key=lambda item: (-item[1].count, item[0]))
    drawn = [Arc(*ends_of, len(took), spread(took)) for ends_of, took in arcs.items()]
    return Follows(
        activities={name: tally.activity(name) for name, tally in seen},
        arcs=tuple(sorted(drawn, key=lambda arc: (-arc.count, arc.source, arc.target))),
        starts=starts,
        ends=ends,
    )


def bottlenecks(graph: Follows, most: int = 10) -> list[Bottleneck]:
    """Return the arcs on which most time goes by, the worst first."""
    every = sum(arc.took.total for arc in graph.arcs)
    if every <= 0:
        return []
    worst = sorted(graph.arcs, key=lambda arc: (-arc.took.total, arc.source, arc.target))
    return [Bottleneck(arc, arc.took.total / every) for arc in worst[:most] if arc.took.total > 0]
