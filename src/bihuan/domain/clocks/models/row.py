"""A clock as a value, column by column."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from bihuan.domain.clocks.choices import ClockKind, ClockState

LIMIT: str = ClockKind.LIMIT.value
TIMER: str = ClockKind.TIMER.value
RUNNING: str = ClockState.RUNNING.value
PAUSED: str = ClockState.PAUSED.value
STOPPED: str = ClockState.STOPPED.value


class ClockRow(NamedTuple):
    """The columns of `clocks_clock`, in order. `models.Clock` explains them."""

    id: int = 0
    owner: str = ""
    root: str = ""
    kind: str = LIMIT
    calendar: str | None = None
    calendar_revision: int = 1
    limit_text: str = ""
    warn_texts: tuple[str, ...] = ()
    budget_us: int = 0
    used_us: int = 0
    since: datetime | None = None
    due_at: datetime | None = None
    warn_at: tuple[datetime, ...] = ()
    next_moment_at: datetime | None = None
    level: int = 0
    overdue_at: datetime | None = None
    enforced: bool = True
    state: str = RUNNING
    started_at: datetime | None = None
    stopped_at: datetime | None = None


COLUMNS = ClockRow._fields
"""The columns in the order `row_from` expects them: `select {', '.join(COLUMNS)} from clocks_clock`."""

_WARN_TEXTS, _WARN_AT = COLUMNS.index("warn_texts"), COLUMNS.index("warn_at")


def row_from(values: Sequence[Any]) -> ClockRow:
    """Return the row of values selected in the order of `COLUMNS`."""
    found = list(values)
    found[_WARN_TEXTS] = tuple(found[_WARN_TEXTS])
    found[_WARN_AT] = tuple(found[_WARN_AT])
    return ClockRow._make(found)
