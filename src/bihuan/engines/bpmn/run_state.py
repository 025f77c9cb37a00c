"""What a running process is made of: tokens, and the changes one step makes to them.

A token is a unit run, a join ticket, a scope, a timer or a called process; its `kind` says which. Ids are
`instance << 20 | sequence`, so every row of a step is known before anything is written.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

SEQUENCE_BITS = 20


class TokenKind(StrEnum):
    """What a token stands for.

    An EVENT waits for a message or signal, a RACE is an event-based gateway that waits for the first of its events.
    """

    USER = "USER"
    JOIN = "JOIN"
    SCOPE = "SCOPE"
    TIMER = "TIMER"
    MULTI = "MULTI"
    CALL = "CALL"
    EVENT = "EVENT"
    RACE = "RACE"


class TokenState(StrEnum):
    """Where a token is in its life. The first three are live."""

    OPEN = "OPEN"
    CLAIMED = "CLAIMED"
    PARKED = "PARKED"
    DONE = "DONE"
    CANCELLED = "CANCELLED"
    CONSUMED = "CONSUMED"
    SUPERSEDED = "SUPERSEDED"


class Origin(StrEnum):
    """How a token came to be."""

    FLOW = "FLOW"
    RETURN = "RETURN"
    JUMP = "JUMP"
    WITHDRAW = "WITHDRAW"
    STRAIGHT_BACK = "STRAIGHT_BACK"
    ADDED = "ADDED"
    REOPEN = "REOPEN"


# Return and withdraw do not look behind a token that came to be so.
WALLS = frozenset({Origin.JUMP, Origin.REOPEN})


class CloseKind(StrEnum):
    """Why a token is no longer live."""

    NONE = ""
    SUBMITTED = "SUBMITTED"
    SKIPPED = "SKIPPED"
    FINISHED = "FINISHED"
    FIRED = "FIRED"
    CANCELLED = "CANCELLED"
    RETURNED = "RETURNED"
    WITHDRAWN = "WITHDRAWN"
    JUMPED = "JUMPED"
    TERMINATED = "TERMINATED"


LIVE = frozenset({TokenState.OPEN, TokenState.CLAIMED, TokenState.PARKED})
_OPEN, _CLAIMED, _PARKED = TokenState.OPEN, TokenState.CLAIMED, TokenState.PARKED


@dataclass(slots=True, eq=False)
class Token:
    """One token. `scope` is the id of the token it lies in, 0 being the instance itself."""

    id: int
    node: str
    kind: TokenKind
    state: TokenState = TokenState.OPEN
    scope: int = 0
    flow_in: str = ""
    parents: tuple[int, ...] = ()
    consumed_by: int | None = None
    origin: Origin = Origin.FLOW
    loop_no: int = 0
    local: dict[str, Any] = field(default_factory=dict)
    close_kind: CloseKind = CloseKind.NONE

    @property
    def live(self) -> bool:
        """Whether the token still counts."""
        state = self.state  # by identity: asked of every token in every step
        return state is _OPEN or state is _CLAIMED or state is _PARKED


class What(StrEnum):
    """The kinds of change one step can make."""

    OPENED = "opened"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    PARKED = "parked"
    CONSUMED = "consumed"
    SUPERSEDED = "superseded"
    REOPENED = "reopened"
    TIMER_STARTED = "timer_started"
    PROCESS_CALLED = "process_called"
    ENDED = "ended"
    ERROR_UNCAUGHT = "error_uncaught"
    ESCALATED = "escalated"
    ESCALATION_UNCAUGHT = "escalation_uncaught"
    MESSAGE_THROWN = "message_thrown"
    SIGNAL_THROWN = "signal_thrown"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing a step did, in the order it was done.

    `detail` holds the timer's text for TIMER_STARTED, the called process for PROCESS_CALLED, and the code for
    ERROR_UNCAUGHT, ESCALATED and ESCALATION_UNCAUGHT, the name for MESSAGE_THROWN and SIGNAL_THROWN. Those
    reach only tokens of this instance opened before `next_seq`, the first free number then.
    """

    what: What
    token: Token | None = None
    detail: str = ""
    next_seq: int = 0


@dataclass(frozen=True, slots=True)
class Arrival:
    """A token about to enter a node; it has no id yet."""

    node: str
    flow: str
    parents: tuple[int, ...]
    scope: int
    origin: Origin = Origin.FLOW


@dataclass(frozen=True, slots=True)
class VerbDue:
    """The step waits for a service task: call `verb`, or decide by the table `decision`, and give the
    result to `Run.answer`."""

    node: str
    verb: str
    params: dict[str, str]
    decision: str = ""


class RunRefused(Exception):
    """The step can not be taken; nothing may be kept of it."""


class NeverRests(RunRefused):
    """The step entered more nodes than any sound process does without a person or the clock."""


class CallsTooDeep(RunRefused):
    """Processes call each other further down than any sound set of them does."""


ENTRIES_A_STEP: Final = 10_000
MOST_DEEP: Final = 16
# Calling a process, and a timer of no time, costs as much as entering many nodes.
CALL_COST: Final = 20


@dataclass(slots=True)
class Budget:
    """How many nodes may still be entered before a person or the clock must act.

    Processes that call each other share one.
    """

    left: int = ENTRIES_A_STEP

    def spend(self, entries: int = 1) -> None:
        """Count nodes entered; raise `NeverRests` when there are too many."""
        self.left -= entries
        if self.left < 0:
            raise NeverRests(f"more than {ENTRIES_A_STEP} nodes in one step")

    def renew(self) -> None:
        """Somebody, or the clock at a later moment, has acted."""
        self.left = ENTRIES_A_STEP


class NoFlowTaken(RunRefused):
    """A node has outgoing flows and none may be taken (code no_flow)."""

    def __init__(self, node: str) -> None:
        super().__init__(f"no flow out of {node} may be taken")
        self.node = node


class NotLive(RunRefused):
    """The token named is finished, cancelled or of another instance."""


class SubmitConditionFalse(RunRefused):
    """The unit's `bh:submitIf` does not hold."""

    def __init__(self, node: str) -> None:
        super().__init__(f"the submit condition of {node} does not hold")
        self.node = node


class NotAnAncestor(RunRefused):
    """Return and withdraw lead only to a unit that this one came from."""


class AcrossJump(RunRefused):
    """Return and withdraw may not cross a jump: jump instead."""


class CutOff(RunRefused):
    """A return may not lead beside branches that a terminate event cut off: jump, or return further back."""


class AlreadyTakenOn(RunRefused):
    """A successor was claimed, joined or finished, so the unit can not be withdrawn."""


class OutOfScope(RunRefused):
    """One token may jump only within its own sub-process."""


class UnsupportedElement(RunRefused):
    """The engine does not execute this element; publishing should have refused it."""
