"""The named statements of `sql/`."""

from bihuan.domain.clocks.rules import COLUMNS
from bihuan.kit.sql import statements

_HOT = statements("bihuan.domain.processes", "sql/hot.sql")
SQL = {name: text.replace("@CLOCK_COLUMNS", ", ".join(COLUMNS)) for name, text in _HOT.items()}
LISTS = statements("bihuan.domain.processes", "sql/lists.sql")
