"""What others plug in to be told when a clock they own reaches a moment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bihuan.domain.clocks.choices import MomentKind
from bihuan.kit.registry import Registry


@dataclass(frozen=True, slots=True)
class ClockMoment:
    """A warning, a limit passed or a timer fired: when by the clock, and whose clock it is.

    `level` counts the warnings given so far, this one included; `warn` is the warning as written.
    """

    clock_id: int
    owner: str
    root: str
    kind: MomentKind
    at: datetime
    due_at: datetime
    level: int = 0
    warn: str = ""

    @property
    def owner_kind(self) -> str:
        """Return the kind of the owner's ref: `unit` of `unit:12`."""
        return self.owner.partition(":")[0]


MOMENTS: Registry[Callable[[ClockMoment], None]] = Registry("clock owner")
"""By owner kind: called in the dispatcher's transaction after the moment's fact was written. What it
raises undoes this clock's moments, which are tried again later."""


@dataclass(frozen=True, slots=True)
class Locked:
    """Which owners were locked, and which have ended or never were: their clocks have nobody left."""

    got: frozenset[str]
    gone: frozenset[str] = frozenset()


LOCKS: Registry[Callable[[Sequence[str]], Locked]] = Registry("lock of a clock owner")
"""By owner kind: locks what must be locked before clocks of these owners may change, **without
waiting** (`skip locked`), and says which owners it got and which are gone. Whoever else changes clocks
locks in the order owner, clock; the dispatcher holds clocks first, so it may never wait for an owner."""

MOVED: Registry[Callable[[str, datetime | None, datetime | None], None]] = Registry(
    "follower of a clock"
)
"""By owner kind: told (owner, due moment, first warning) in the same transaction when a clock moved other
than by its owner, because its calendar or its limit changed. Both moments are None unless it runs."""
