"""The hot path's cursor: psycopg on Django's own connection, statements prepared on the server.

Django's cursor costs twice as much per statement as psycopg's. The heartbeat of the product, the
submit of a unit, therefore speaks psycopg directly, inside Django's `atomic()`, on the very same
connection, so both see one transaction.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, cast

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import DatabaseErrorWrapper
from psycopg.types.datetime import TimestamptzLoader

from bihuan.kit.json_text import JsonLoader
from bihuan.kit.line import Line, Params

__all__ = [
    "Params",
    "Together",
    "atomic",
    "hot",
    "joined",
    "one",
    "rows",
    "rows_of",
    "run",
    "send",
    "settle",
    "watched",
]

WORTH_COUNTING: Final = 1_000


def hot() -> psycopg.Cursor[tuple[Any, ...]]:
    """Return a psycopg cursor on Django's connection.

    JSON comes back as text. Writes belong inside `transaction.atomic()`; without it every statement
    commits by itself.
    """
    return _cursor(connections[DEFAULT_DB_ALIAS])


def rows(sql: str, params: Params = None) -> list[tuple[Any, ...]]:
    """Run a query and return all its rows."""
    line, wrapped = _told(sql, params)
    with wrapped:
        return line.rows(sql, params)


def rows_of(*statements: tuple[str, Params]) -> list[list[tuple[Any, ...]]]:
    """Run queries one after the other in one round trip; return the rows of each."""
    lines = [_told(sql, params) for sql, params in statements]
    line, wrapped = lines[-1]
    with wrapped:
        return line.rows_of(*statements)


def one(sql: str, params: Params = None) -> tuple[Any, ...] | None:
    """Run a query and return its first row, or None."""
    found = rows(sql, params)
    return found[0] if found else None


def run(sql: str, params: Params = None) -> int:
    """Run a statement and return the number of rows it touched."""
    line, wrapped = _told(sql, params)
    with wrapped:
        return line.touched(sql, params)


def settle(loaded: int) -> None:
    """Have the database count its tables anew when a load of a thousand records or more ends.

    Until it does so by itself, within minutes, the planner takes what was loaded for empty tables.
    """
    if loaded >= WORTH_COUNTING:
        run("analyze")


def send(sql: str, params: Params = None) -> None:
    """Run a statement without waiting for its end; what goes wrong is raised by the next one or by `commit`.

    For the last write of a transaction: it travels with `commit`, and the server works while we do.
    """
    line, wrapped = _told(sql, params)
    with wrapped:
        line.send(sql, params)


class Together:
    """Questions that go to the server in one round trip, once the first answer is wanted.

    For what a page asks anyway and in no order; each statement sees the data of its own moment, as ever.
    """

    def __init__(self) -> None:
        self._asked: list[tuple[str, Params]] = []
        self._found: list[list[tuple[Any, ...]]] = []

    def ask(self, sql: str, params: Params = None) -> Callable[[], list[tuple[Any, ...]]]:
        """Note a query; return what gives its rows, and raises what running them raises."""
        place = len(self._found) + len(self._asked)
        self._asked.append((sql, params))
        return lambda: self._rows(place)

    def _rows(self, place: int) -> list[tuple[Any, ...]]:
        if place >= len(self._found):
            self._found += rows_of(*self._asked)
            self._asked = []
        return self._found[place]


def atomic() -> transaction.Atomic:
    """Return `transaction.atomic()`, without a savepoint of its own inside `joined`."""
    return transaction.atomic(savepoint=not _joined.get())


@contextmanager
def joined() -> Iterator[None]:
    """Let every `atomic` of this module inside be part of the transaction around it.

    Saves two round trips for each; a refusal inside then ends the whole transaction.
    """
    token = _joined.set(True)
    try:
        yield
    finally:
        _joined.reset(token)


@contextmanager
def watched(watch: Callable[[str, Params], None]) -> Iterator[None]:
    """Tell `watch` every statement this process runs meanwhile, before it is run; for measurements."""
    _watches.append(watch)
    try:
        yield
    finally:
        _watches.remove(watch)


_joined: ContextVar[bool] = ContextVar("no savepoints", default=False)
_watches: list[Callable[[str, Params], None]] = []


def _told(sql: str, params: Params) -> tuple[Line, DatabaseErrorWrapper]:
    """Return the connection's line and what makes its errors Django's, having told who watches."""
    # Statements come from our own modules and sql/ files, never from input; values are parameters.
    for watch in _watches:
        watch(sql, params)
    wrapper = connections[DEFAULT_DB_ALIAS]  # looked up once: each look-up costs microseconds
    if wrapper.needs_rollback:  # what is said now would be taken back without a word
        wrapper.validate_no_broken_transaction()
    wrapped: DatabaseErrorWrapper = wrapper.wrap_database_errors
    return _line(wrapper), wrapped


def _line(wrapper: BaseDatabaseWrapper) -> Line:
    if wrapper.connection is None:
        wrapper.ensure_connection()
    connection: Any = wrapper.connection
    try:
        kept: Line = connection.bihuan_line
    except AttributeError:
        kept = connection.bihuan_line = Line(_cursor(wrapper))
    return kept


def _cursor(wrapper: BaseDatabaseWrapper) -> psycopg.Cursor[tuple[Any, ...]]:
    if wrapper.connection is None:
        wrapper.ensure_connection()
    cursor = psycopg.Cursor(cast("psycopg.Connection[tuple[Any, ...]]", wrapper.connection))
    # psycopg's own loader is compiled; Django's would read a page's five hundred moments in Python.
    cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
    cursor.adapters.register_loader("json", JsonLoader)
    return cursor
