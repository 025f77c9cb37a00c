"""The hot path's cursor: psycopg on Django's own connection, statements prepared on the server.

Django's cursor costs twice as much per statement as psycopg's. The heartbeat of the product, the
submit of a unit, therefore speaks psycopg directly, inside Django's `atomic()`, on the very same
connection, so both see one transaction.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, cast

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.types.datetime import TimestamptzLoader

Params = Sequence[Any] | Mapping[str, Any] | None


def hot() -> psycopg.Cursor[tuple[Any, ...]]:
    """Return a psycopg cursor on Django's connection.

    JSON comes back as text. Writes belong inside `transaction.atomic()`; without it every statement
    commits by itself.
    """
    return _cursor(connections[DEFAULT_DB_ALIAS])


def rows(sql: str, params: Params = None) -> list[tuple[Any, ...]]:
    """Run a query and return all its rows."""
    return _run(sql, params).fetchall()


def one(sql: str, params: Params = None) -> tuple[Any, ...] | None:
    """Run a query and return its first row, or None."""
    return _run(sql, params).fetchone()


def run(sql: str, params: Params = None) -> int:
    """Run a statement and return the number of rows it touched."""
    return _run(sql, params).rowcount


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


def _run(sql: str, params: Params) -> psycopg.Cursor[tuple[Any, ...]]:
    # Statements come from our own modules and sql/ files, never from input; values are parameters.
    for watch in _watches:
        watch(sql, params)
    wrapper = connections[DEFAULT_DB_ALIAS]  # looked up once: each look-up costs microseconds
    with wrapper.wrap_database_errors:
        return _kept_cursor(wrapper).execute(_encoded(sql), params)


@lru_cache(maxsize=2048)
def _encoded(sql: str) -> bytes:
    # The same object each time: psycopg looks statements up by their bytes, and a hash is kept.
    return sql.encode()


def _kept_cursor(wrapper: BaseDatabaseWrapper) -> psycopg.Cursor[tuple[Any, ...]]:
    """Return the connection's own cursor for statements whose rows are fetched at once.

    A new one would set up every conversion of values anew, for a tenth of what a statement costs us.
    """
    if wrapper.connection is None:
        wrapper.ensure_connection()
    connection: Any = wrapper.connection
    try:
        kept: psycopg.Cursor[tuple[Any, ...]] = connection.bihuan_cursor
    except AttributeError:
        kept = connection.bihuan_cursor = _cursor(wrapper)
    return kept


def _cursor(wrapper: BaseDatabaseWrapper) -> psycopg.Cursor[tuple[Any, ...]]:
    if wrapper.connection is None:
        wrapper.ensure_connection()
    cursor = psycopg.Cursor(cast("psycopg.Connection[tuple[Any, ...]]", wrapper.connection))
    # psycopg's own loader is compiled; Django's would read a page's five hundred moments in Python.
    cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
    return cursor
