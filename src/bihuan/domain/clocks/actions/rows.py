"""Reads and writes whole clock rows."""

from bihuan.domain.clocks.ports import MOVED
from bihuan.domain.clocks.queries import SELECT_CLOCK
from bihuan.domain.clocks.rules import COLUMNS, ClockRow, row_from
from bihuan.kit import db

_CHANGED = COLUMNS[1:]
_INSERT = (
    f"insert into clocks_clock ({', '.join(_CHANGED)})"  # noqa: S608 - our own columns
    f" values ({', '.join(['%s'] * len(_CHANGED))}) returning id"
)
_UPDATE = (
    f"update clocks_clock set {', '.join(f'{c} = %s' for c in _CHANGED)},"  # noqa: S608
    " failures = 0, retry_at = null where id = %s"
)
_LOCKED = SELECT_CLOCK + "where owner = %s and state <> 'STOPPED' for update"


def insert_row(row: ClockRow) -> ClockRow:
    """Write a new clock and return it with its id."""
    written = db.one(_INSERT, _values(row))
    return row._replace(id=written[0]) if written else row


def update_row(row: ClockRow) -> None:
    """Write all columns of a clock."""
    db.run(_UPDATE, [*_values(row), row.id])


def locked(owner: str) -> ClockRow | None:
    """Lock and return the running or paused clock of an owner."""
    values = db.one(_LOCKED, (owner,))
    return row_from(values) if values else None


def tell_followers(row: ClockRow) -> None:
    """Tell whoever repeats a clock's moments elsewhere that they moved."""
    kind = row.owner.partition(":")[0]
    if kind not in MOVED:
        return
    warn_at = row.warn_at[0] if row.warn_at and row.due_at else None
    MOVED.get(kind)(row.owner, row.due_at, warn_at)


def _values(row: ClockRow) -> list[object]:
    return [list(value) if isinstance(value, tuple) else value for value in row[1:]]
