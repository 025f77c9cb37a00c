"""Response and handling times, and how they changed (FLW-11: 平均响应 28→5 分钟).

A case is *responded to* when somebody takes up the first unit that was not finished the moment it was there:
what intake passes on at once is no response. It is *handled* from then until its end. Both are elapsed time
(自然时, 7×24); time against a limit is what clocks count.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bihuan.engines.insight.log import Event, Trace
from bihuan.engines.insight.spread import Spread, spread


@dataclass(frozen=True, slots=True)
class Durations:
    """How long cases took. `ended` of `cases` have ended; only those have `handling` and `whole`.

    `reworked` cases did at least one activity more than once.
    """

    cases: int
    ended: int
    reworked: int
    response: Spread
    handling: Spread
    whole: Spread

    @property
    def rework_share(self) -> float:
        """Return the share of cases with rework, 0 to 1."""
        return self.reworked / self.cases if self.cases else 0.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same measures before and after a change."""

    before: Durations
    after: Durations


def durations(traces: Iterable[Trace]) -> Durations:
    """Return how long some cases took."""
    response: list[float] = []
    handling: list[float] = []
    whole: list[float] = []
    cases = reworked = 0
    for trace in traces:
        cases += 1
        reworked += len(set(trace.activities)) < len(trace.events)
        taken = _taken_up(trace.events)
        begins = trace.begins or trace.events[0].ready_at
        if taken is not None and begins is not None:
            response.append((taken - begins).total_seconds())
        if trace.ends is not None:
            whole.append(trace.seconds)
            if taken is not None:
                handling.append((trace.ends - taken).total_seconds())
    return Durations(cases, len(whole), reworked, spread(response), spread(handling), spread(whole))


def change(before: float, after: float) -> float | None:
    """Return by which share something changed; None when there was nothing to compare with."""
    return (after - before) / before if before else None


def _taken_up(events: Iterable[Event]) -> datetime | None:
    """Return when the first unit that took any time was begun."""
    begun = [
        event.begun_at or event.at
        for event in events
        if event.ready_at is not None and event.at > event.ready_at
    ]
    return min(begun, default=None)
