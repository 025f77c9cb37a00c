"""The named statements of `sql/`."""

from bihuan.kit.sql import statements

SQL = statements("bihuan.domain.processes", "sql/hot.sql")
LISTS = statements("bihuan.domain.processes", "sql/lists.sql")
