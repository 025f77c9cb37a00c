"""What is put back is what an installation writes."""

from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from tests.packs import standing

AT = datetime(2020, 1, 1, tzinfo=UTC)


def everything() -> dict[str, list[str]]:
    """Return all rows of all tables that have any, as text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select relname from pg_class where relkind in ('r', 'p') and not relispartition"
            " and relnamespace = 'public'::regnamespace"
        )
        tables = [name for (name,) in cursor.fetchall()]
        found = {}
        for table in tables:
            cursor.execute(f'select t::text from "{table}" t order by 1')  # noqa: S608
            found[table] = [row for (row,) in cursor.fetchall()]
    return {table: rows for table, rows in found.items() if rows}


@pytest.mark.django_db
@pytest.mark.parametrize("keys", [("base", "hotline"), ("base", "complaint")])
def test_packs_put_back_are_the_packs_installed(keys, monkeypatch):
    monkeypatch.setattr(standing, "_standing", {})
    bare = everything()
    with transaction.atomic():
        standing.install(*keys, at=AT, logins=True)
        installed = everything()
        transaction.set_rollback(True)
    assert everything() == bare

    standing.install(*keys, at=AT, logins=True)

    assert everything() == installed
    assert len(installed["packs_installedpack"]) == 2
    transaction.get_connection().check_constraints()
