"""A connection of the pool that is handed out again: a living one is not asked, a dead one is noticed."""

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection

from bihuan.kit import db
from bihuan.kit.pooled import PooledConnection

pytestmark = pytest.mark.django_db(transaction=True)
_SAID_LAST = "select query from pg_stat_activity where pid = %s"


@pytest.fixture
def pooled() -> Iterator[PooledConnection]:
    """Return a connection as the pool makes them."""
    wanted = connection.get_connection_params()  # type: ignore[attr-defined]
    with PooledConnection.connect(**wanted, autocommit=True) as made:
        yield made


def test_a_living_connection_is_not_asked(pooled: PooledConnection):
    pooled.execute("select 1")

    pooled.execute("")

    assert db.one(_SAID_LAST, (pooled.info.backend_pid,)) == ("select 1",)


def test_the_server_is_asked_where_it_has_said_something(pooled: PooledConnection):
    pooled.execute("listen something")
    db.run("notify something")
    assert pooled._inbox.poll(10_000)  # the word has come

    pooled.execute("")

    assert db.one(_SAID_LAST, (pooled.info.backend_pid,)) == ("",)


def test_a_connection_the_server_has_ended_is_noticed(pooled: PooledConnection):
    db.one("select pg_terminate_backend(%s, 10000)", (pooled.info.backend_pid,))

    with pytest.raises(psycopg.OperationalError):
        pooled.execute("")
