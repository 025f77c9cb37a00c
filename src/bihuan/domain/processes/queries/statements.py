"""The named statements of `sql/`."""

from bihuan.domain.clocks.rules import COLUMNS
from bihuan.domain.processes.choices import turn_in_sql
from bihuan.kit.sql import statements

_HOT = dict(statements("bihuan.domain.processes", "sql/hot.sql"))
_PARTS = {
    "@CLOCK_COLUMNS": ", ".join(COLUMNS),
    "@EDITS": _HOT.pop("edits"),
    "@TOKEN": _HOT.pop("token"),
    "@TURN": turn_in_sql("t.rank_at", "x.priority"),
}


def _whole(text: str) -> str:
    for mark, part in _PARTS.items():
        text = text.replace(mark, part)
    return text


SQL = {name: _whole(text) for name, text in _HOT.items()}
LISTS = statements("bihuan.domain.processes", "sql/lists.sql")
