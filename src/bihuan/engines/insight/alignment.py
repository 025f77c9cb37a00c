"""Lay a log beside a process: what agrees, what was done that the diagram has not, what was left out.

Promised: for each variant the smallest number of deviations by which it could have come from the diagram as
`net` reads it, one run of the process from its start to its end; found by a shortest-path search over
(events explained, marking). A search that would take more than `MAX_STATES` states is given up and the
variant is counted as undecided, never as agreeing. An unfinished case deviates by what is still to do unless it
is `open_end`. Not promised: that conditions, times, posts or data were obeyed.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count

from bihuan.engines.insight.net import START, Net, Transition

MAX_STATES = 20_000
MAX_TOKENS = 2  # on one place: more would be a diagram that multiplies its tokens


class How(StrEnum):
    """How an event and the diagram meet."""

    AGREED = "AGREED"
    EXTRA = "EXTRA"  # done, and the diagram has it not there
    MISSING = "MISSING"  # the diagram has it there, and it was not done


@dataclass(frozen=True, slots=True)
class Move:
    """One meeting. `flows` are the sequence flows gone along to get there."""

    how: How
    activity: str
    flows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alignment:
    """One variant beside the diagram. `flows_after` are gone along after the last move."""

    moves: tuple[Move, ...]
    flows_after: tuple[str, ...] = ()

    @property
    def deviations(self) -> int:
        """Return how many moves do not agree."""
        return sum(move.how is not How.AGREED for move in self.moves)


@dataclass(frozen=True, slots=True)
class Conformance:
    """A whole log beside the diagram.

    `fitness` is 1 where all agrees and 0 where nothing does: 1 − deviations ÷ the most there could be
    (every event extra, and the shortest run of the diagram missing), averaged over decided cases.
    """

    cases: int
    agreeing: int
    undecided: int
    fitness: float
    extra: Mapping[str, int]
    missing: Mapping[str, int]


Marking = tuple[str, ...]


@dataclass(frozen=True, order=True, slots=True)
class _Found:
    cost: int
    silent: int
    order: int
    place: int = field(compare=False)
    marking: Marking = field(compare=False)
    before: "_Found | None" = field(compare=False, default=None)
    how: How | None = field(compare=False, default=None)
    via: Transition | None = field(compare=False, default=None)


class Aligner:
    """Aligns variants to one net; equal variants once."""

    def __init__(self, net: Net, *, open_end: bool = False, max_states: int = MAX_STATES) -> None:
        """Take the net. With `open_end`, what is still to do is no deviation."""
        self._net = net
        self._open_end = open_end
        self._max = max_states
        self._taking: dict[str, list[Transition]] = {}
        for one in net.transitions:
            self._taking.setdefault(min(one.takes, default=""), []).append(one)
        self._known: dict[tuple[str, ...], Alignment | None] = {}

    def align(self, activities: Sequence[str]) -> Alignment | None:
        """Return the best alignment of a variant; None when the search was given up."""
        key = tuple(activities)
        if key not in self._known:
            self._known[key] = self._search(key)
        return self._known[key]

    @property
    def shortest(self) -> int:
        """Return how many activities the shortest run of the diagram has; 0 when none is found."""
        found = self.align(())
        return found.deviations if found else 0

    def _search(self, activities: tuple[str, ...]) -> Alignment | None:
        tick = count()
        waiting = [_Found(0, 0, next(tick), 0, (START,))]
        best: dict[tuple[int, Marking], tuple[int, int]] = {(0, (START,)): (0, 0)}
        seen = 0
        while waiting and seen < self._max:
            found = heapq.heappop(waiting)
            if best[found.place, found.marking] < (found.cost, found.silent):
                continue
            if found.place == len(activities) and (self._open_end or not found.marking):
                return self._told(found, activities)
            seen += 1
            for following in self._following(found, activities, tick):
                key = (following.place, following.marking)
                price = (following.cost, following.silent)
                if price < best.get(key, (1 << 30, 0)):
                    best[key] = price
                    heapq.heappush(waiting, following)
        return None

    def _following(
        self, found: _Found, activities: tuple[str, ...], tick: "count[int]"
    ) -> Iterable[_Found]:
        due = activities[found.place] if found.place < len(activities) else ""
        if due:
            yield _Found(
                found.cost + 1, found.silent, next(tick), found.place + 1, found.marking,
                found, How.EXTRA,
            )  # fmt: skip
        for via in self._possible(found.marking):
            marking = _fired(found.marking, via)
            if marking is None:
                continue
            if not via.label:
                yield _Found(
                    found.cost, found.silent + 1, next(tick), found.place, marking, found, None, via
                )
                continue
            if via.label == due:
                yield _Found(
                    found.cost, found.silent, next(tick), found.place + 1, marking,
                    found, How.AGREED, via,
                )  # fmt: skip
            yield _Found(
                found.cost + 1, found.silent, next(tick), found.place, marking,
                found, How.MISSING, via,
            )  # fmt: skip

    def _possible(self, marking: Marking) -> Iterable[Transition]:
        places = frozenset(marking)
        for place in places:
            for via in self._taking.get(place, ()):
                if via.takes <= places and places.isdisjoint(via.empty):
                    yield via

    def _told(self, found: _Found, activities: tuple[str, ...]) -> Alignment:
        """Walk back from the end and tell the moves, with the flows gone along before each."""
        moves: list[Move] = []
        flows: list[str] = []
        after: tuple[str, ...] | None = None
        step: _Found | None = found
        pending: tuple[How, str] | None = None
        while step is not None:
            if step.how is not None or step.before is None:
                if pending is None:
                    after = tuple(reversed(flows))
                else:
                    moves.append(Move(*pending, tuple(reversed(flows))))
                flows = []
                pending = _meeting(step, activities)
            if step.via is not None:
                flows.extend(sorted(step.via.takes & self._net.flows))
            step = step.before
        return Alignment(tuple(reversed(moves)), after or ())


def _meeting(step: _Found, activities: tuple[str, ...]) -> tuple[How, str] | None:
    if step.how is None:
        return None
    if step.via is not None:
        return step.how, step.via.label
    return step.how, activities[step.place - 1]


def _fired(marking: Marking, via: Transition) -> Marking | None:
    left = Counter(marking)
    for place in via.takes:
        left[place] -= 1
    for place in via.clears:
        left.pop(place, None)
    for place in via.puts:
        left[place] += 1
        if left[place] > MAX_TOKENS:
            return None
    return tuple(sorted(left.elements()))


def conformance(cases: Mapping[tuple[str, ...], int], aligner: Aligner) -> Conformance:
    """Return how a log agrees, from its variants with their numbers of cases."""
    extra: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    agreeing = undecided = 0
    fit = 0.0
    shortest = aligner.shortest
    for activities, times in cases.items():
        found = aligner.align(activities)
        if found is None:
            undecided += times
            continue
        agreeing += times if not found.deviations else 0
        fit += times * (1 - found.deviations / max(1, len(activities) + shortest))
        for move in found.moves:
            if move.how is How.EXTRA:
                extra[move.activity] += times
            elif move.how is How.MISSING:
                missing[move.activity] += times
    every = sum(cases.values())
    decided = every - undecided
    return Conformance(
        every, agreeing, undecided, fit / decided if decided else 0.0, extra, missing
    )
