"""A database of its own for a moment: made, used, dropped, whatever happens in between."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper

from bihuan.domain.packs import queries as packs
from bihuan.domain.processes import actions as processes


class NotInScratch(RuntimeError):
    """Django still speaks to another database than the one just made."""


@contextmanager
def scratch_database(name: str = "scratch") -> Iterator[None]:
    """Point Django at a new empty database with all tables, and back again at the end.

    The real database is neither read nor locked. A leftover of a killed run is replaced; several at the same
    time need names of their own.
    """
    real = connection.settings_dict["NAME"]
    scratch = f"{name}_{real}"
    options = connection.settings_dict["TEST"]
    usual, options["NAME"] = options["NAME"], scratch
    _let_go()
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        _must_be_in(scratch)
        yield
    finally:
        _let_go()
        connection.creation.destroy_test_db(real, verbosity=0)
        options["NAME"] = usual


@contextmanager
def kept_database(name: str, *, is_whole: bool) -> Iterator[None]:
    """Point Django at a database beside the real one that stays for the next time, and back again.

    One that is not `is_whole` (a load was interrupted) is made anew; the other is brought up to date.
    """
    real = connection.settings_dict["NAME"]
    kept = kept_name(name)
    options = connection.settings_dict["TEST"]
    usual, options["NAME"] = options["NAME"], kept
    _let_go()
    connection.creation.create_test_db(
        verbosity=0, autoclobber=True, serialize=False, keepdb=is_whole
    )
    try:
        _must_be_in(kept)
        yield
    finally:
        _let_go()
        connection.creation.destroy_test_db(real, verbosity=0, keepdb=True)
        options["NAME"] = usual


def kept_name(name: str) -> str:
    """Return how a kept database is called on the server."""
    return f"{name}_{connection.settings_dict['NAME']}"


def _let_go() -> None:
    # A pool that was opened on one database would go on handing out its connections.
    connection.close()
    cast("DatabaseWrapper", connection).close_pool()
    packs.forget()
    processes.forget()


def _must_be_in(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select current_database()")
        row = cursor.fetchone()
    if row != (name,):
        raise NotInScratch(f"expected {name}, found {row}")
