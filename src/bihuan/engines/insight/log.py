"""Event logs as values. The words are those of IEEE 1849 (XES): a log has traces, a trace has events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Event:
    """One piece of work done at `at`.

    Where the log says so, `ready_at` is when it could have begun and `begun_at` when it did.
    `origin` says how it came about when that was not by the diagram (`RETURN`, `JUMP`).
    """

    activity: str
    at: datetime
    begun_at: datetime | None = None
    ready_at: datetime | None = None
    resource: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """What happened in one case, oldest first. `begins` and `ends` bound it, where they are known."""

    case: str
    events: tuple[Event, ...]
    begins: datetime | None = None
    ends: datetime | None = None

    @property
    def activities(self) -> tuple[str, ...]:
        """Return its variant: the names of what was done, in order."""
        return tuple(event.activity for event in self.events)

    @property
    def seconds(self) -> float:
        """Return how long it took, from its beginning or first event to its end or last event."""
        begins = self.begins or self.events[0].at
        return ((self.ends or self.events[-1].at) - begins).total_seconds()


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line of a file that says nothing usable, and why (Chinese)."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Log:
    """Traces with at least one event each. `passed_over` counts events of life-cycle kinds not used."""

    traces: Sequence[Trace]
    rejected: Sequence[Rejected] = ()
    passed_over: int = 0

    @property
    def events(self) -> int:
        """Return how many events there are."""
        return sum(len(trace.events) for trace in self.traces)


class Unreadable(Exception):
    """The file cannot be read as a log at all; the message says why (Chinese), `line` where."""

    def __init__(self, message: str, line: int = 0) -> None:
        """Carry the sentence."""
        super().__init__(message)
        self.line = line


def in_order(events: Sequence[Event]) -> tuple[Event, ...]:
    """Return events by their moment; those of one moment as they stood in the file."""
    return tuple(sorted(events, key=_moment))


def _moment(event: Event) -> datetime:
    return event.at
