"""Shipped packs in the database: truly installed once in a process, for later tests put back row by row.

Installing costs a second and more, putting back some hundredths; hundreds of tests begin with it. What is put
back is what the installation wrote: all rows of all tables it touched. Numbers are never given out twice by the
database, so nothing written later can meet them.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from bihuan.domain.cases.queries import alerts, duplicates
from bihuan.domain.clocks import queries as calendars
from bihuan.domain.escalations import queries as escalations
from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.org import actions as org
from bihuan.domain.packs import queries as packs
from bihuan.domain.packs.actions import install_pack
from bihuan.surfaces.command import kept
from tests.packs import shipped

# Has its row from the first migration on; an installation writes it anew.
_REPLACED = frozenset({"org_orgrevision"})
# All that a process keeps for a moment, or by numbers that come again with the rows.
_FORGET = (
    calendars._kept.clear,
    alerts._boards.clear,
    duplicates.forget_rarity,
    escalations.forget,
    packs._texts.cache_clear,
    kept.forget,
)
_WRITTEN = """
select relname, n_tup_ins + n_tup_upd + n_tup_del from pg_stat_xact_user_tables
where n_tup_ins + n_tup_upd + n_tup_del > 0
"""
_IS_BARE = """
select not exists (select from packs_installedpack) and not exists (select from packs_definition)
   and not exists (select from ledger_fact) and not exists (select from org_orgunit)
   and not exists (select from org_role) and not exists (select from clocks_calendar)
"""


@dataclass(frozen=True)
class Wanted:
    """Which packs, installed when and by whom, and whether their demo people may sign in."""

    keys: tuple[str, ...]
    at: datetime
    logins: bool
    by: Actor


_standing: dict[Wanted, dict[str, bytes]] = {}


def install(*keys: str, at: datetime, logins: bool = False, by: Actor = SYSTEM) -> None:
    """Install packs in this order, and open their demo logins if asked to."""
    wanted = Wanted(keys, at, logins, by)
    with transaction.atomic():
        if not _ask(_IS_BARE)[0][0]:
            _install(wanted)
        elif wanted in _standing:
            _put_back(_standing[wanted])
        else:
            before = dict(_ask(_WRITTEN))
            _install(wanted)
            after = dict(_ask(_WRITTEN))
            changed = sorted(table for table in after if after[table] != before.get(table))
            _standing[wanted] = {table: _read(table) for table in changed}


def _install(wanted: Wanted) -> None:
    for key in wanted.keys:
        install_pack(shipped.pack(key), by=wanted.by, at=wanted.at)
    if wanted.logins:
        org.open_demo_logins(by=wanted.by, at=wanted.at)


def _ask(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def _read(table: str) -> bytes:
    with (
        connection.cursor() as cursor,
        cursor.copy(f'copy "{table}" to stdout (format binary)') as out,
    ):
        return b"".join(bytes(piece) for piece in out)


def _put_back(rows: dict[str, bytes]) -> None:
    with connection.cursor() as cursor:
        # No trigger: what they would refuse or write was decided when the rows were written.
        cursor.execute("set local session_replication_role = replica")
        for table, content in rows.items():
            if table in _REPLACED:
                cursor.execute(f'delete from "{table}"')  # noqa: S608 -- a table of ours
            with cursor.copy(f'copy "{table}" from stdin (format binary)') as into:
                into.write(content)
        cursor.execute("set local session_replication_role = origin")
    # What the process remembers is of another test, and may bear the same numbers.
    for forget in _FORGET:
        forget()
