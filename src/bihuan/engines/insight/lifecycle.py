"""Make one event of a piece of work whose beginning and end a log notes apart (XES lifecycle extension)."""

from collections import defaultdict, deque
from dataclasses import replace
from datetime import datetime

from bihuan.engines.insight.log import Event, in_order

READY = frozenset({"schedule", "assign"})
BEGUN = frozenset({"start"})
DONE = frozenset({"", "complete", "unknown"})


class Lifecycle:
    """The events of one case. A start belongs to the next completion of the same activity.

    Work that was begun and never completed is no event: it is counted in `passed_over`, as are transitions that
    say neither ready, begun nor done (suspend, resume, …).
    """

    def __init__(self) -> None:
        """Begin a case."""
        self.passed_over = 0
        self._seen: list[tuple[Event, str]] = []

    def see(self, activity: str, at: datetime, transition: str = "", resource: str = "") -> None:
        """Note one line of the log."""
        self._seen.append((Event(activity, at, resource=resource), transition.lower()))

    def events(self) -> tuple[Event, ...]:
        """Return the pieces of work by the moment they were done."""
        ready: dict[str, deque[datetime]] = defaultdict(deque)
        begun: dict[str, deque[tuple[datetime | None, datetime]]] = defaultdict(deque)
        done: list[Event] = []
        for event, transition in sorted(self._seen, key=lambda seen: seen[0].at):
            name = event.activity
            if transition in READY:
                ready[name].append(event.at)
            elif transition in BEGUN:
                begun[name].append((_first(ready[name]), event.at))
            elif transition in DONE:
                ready_at, begun_at = _pair(begun[name], ready[name])
                done.append(replace(event, ready_at=ready_at, begun_at=begun_at))
            else:
                self.passed_over += 1
        unused = [pair for pairs in begun.values() for pair in pairs]
        self.passed_over += sum(map(len, ready.values())) + len(unused)
        self.passed_over += sum(ready_at is not None for ready_at, _ in unused)
        return in_order(done)


def _first(moments: deque[datetime]) -> datetime | None:
    return moments.popleft() if moments else None


def _pair(
    begun: deque[tuple[datetime | None, datetime]], ready: deque[datetime]
) -> tuple[datetime | None, datetime | None]:
    return begun.popleft() if begun else (_first(ready), None)
