"""The states of instances and units, with the words people read."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from bihuan.engines.bpmn.model import PRIORITIES
from bihuan.engines.bpmn.run_state import CloseKind, Origin, TokenKind, TokenState

__all__ = [
    "ENDED",
    "FAR",
    "LIVE_STATES",
    "MOST_AT_ONCE",
    "MOST_COPIES_AT_ONCE",
    "STATE_TITLES",
    "URGE_AGAIN_AFTER",
    "CloseKind",
    "ExtensionState",
    "InstanceState",
    "MigrationState",
    "Operation",
    "Origin",
    "Then",
    "Tier",
    "TokenKind",
    "TokenState",
]


class InstanceState(StrEnum):
    """Where an instance is in its life."""

    RUNNING = "RUNNING"
    SUSPENDED = "SUSPENDED"
    DONE = "DONE"
    TERMINATED = "TERMINATED"


class Operation(StrEnum):
    """What a person may do with a unit or its instance, as offered by `queries.unit`."""

    CLAIM = "claim"
    RELEASE = "release"
    SUBMIT = "submit"
    SAVE_DRAFT = "save_draft"
    RETURN = "return"
    TRANSFER = "transfer"
    ASSIGN = "assign"
    WITHDRAW = "withdraw"
    JUMP = "jump"
    SUSPEND = "suspend"
    RESUME = "resume"
    TERMINATE = "terminate"
    DELEGATE = "delegate"
    COMPLETE_DELEGATION = "complete_delegation"
    GIVE_BACK = "give_back"
    CARBON_COPY = "carbon_copy"
    URGE = "urge"
    REQUEST_EXTENSION = "request_extension"
    WITHDRAW_EXTENSION = "withdraw_extension"
    DECIDE_EXTENSION = "decide_extension"
    SKIP = "skip"
    ADD_CO_HANDLER = "add_co_handler"
    REMOVE_CO_HANDLER = "remove_co_handler"
    REOPEN = "reopen"


class Then(StrEnum):
    """What follows once a returned unit is done again: the flow, or at once the unit that gave it back."""

    FORWARD = "forward"
    STRAIGHT_BACK = "straight_back"


class ExtensionState(StrEnum):
    """What became of a request for more time. It lapses when its unit ends before anybody decided."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    LAPSED = "LAPSED"


class MigrationState(StrEnum):
    """What became of an instance that was to change its version."""

    MIGRATED = "MIGRATED"
    REFUSED = "REFUSED"


class Tier(StrEnum):
    """How a unit stands with its time; the order is the order of the inbox."""

    OVERDUE = "overdue"
    WARN = "warn"
    NORMAL = "normal"
    PAUSED = "paused"


ENDED: Final = frozenset({InstanceState.DONE, InstanceState.TERMINATED})
LIVE_STATES: Final = (TokenState.OPEN, TokenState.CLAIMED, TokenState.PARKED)

# Nobody urges the same unit twice within this time.
URGE_AGAIN_AFTER: Final = timedelta(minutes=30)
MOST_COPIES_AT_ONCE: Final = 50
MOST_AT_ONCE: Final = 200

# A unit without a running clock sorts behind every unit with one.
FAR: Final = datetime(9999, 1, 1, tzinfo=UTC)
# A unit's turn comes before it is due, by as much for each point of priority above NORMAL: four hours at 100, and no
# more beyond (decision 0373). What Python and SQL say of it is made of these alone (decision 0387).
HEAD_START: Final = timedelta(seconds=288)
WITHOUT_HEAD_START: Final = PRIORITIES["NORMAL"]
MOST_PRIORITY: Final = 100
MOST_HEAD_START: Final = HEAD_START * (MOST_PRIORITY - WITHOUT_HEAD_START)


def turn_of(due_at: datetime | None, priority: int) -> datetime:
    """Return by which moment a unit is sorted in queues."""
    points = max(min(priority, MOST_PRIORITY) - WITHOUT_HEAD_START, 0)
    return (due_at or FAR) - HEAD_START * points


def turn_in_sql(rank: str, priority: str) -> str:
    """Return the SQL of `turn_of`, of a unit's `rank_at` and its priority; both are texts of ours."""
    points = f"greatest(least({priority}, {MOST_PRIORITY}) - {WITHOUT_HEAD_START}, 0)"
    return f"{rank} - {points} * interval '{HEAD_START.total_seconds():g} seconds'"


STATE_TITLES: Final[dict[str, str]] = {
    TokenState.OPEN: "待办",
    TokenState.CLAIMED: "办理中",
    TokenState.PARKED: "等待汇合",
    TokenState.DONE: "已办",
    TokenState.CANCELLED: "已取消",
    TokenState.CONSUMED: "已汇合",
    TokenState.SUPERSEDED: "已退回作废",
    InstanceState.RUNNING: "运行中",
    InstanceState.SUSPENDED: "已挂起",
    InstanceState.TERMINATED: "已终止",
}
