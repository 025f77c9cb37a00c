"""`bihuan bench duplicates`: how soon likely duplicates are shown when there are very many cases.

In a database of its own lie as many cases as asked for, told over two years in ever new words (`measuring.requests`).
Then requests come in as intake asks for them: half are new, half tell a case of the last weeks in other words.
Measured is the time from asking until the rows to show are there; `found` is the share of those told again
whose case was among the rows. The limit is a look-up of a case by its number in the same run: `ratio` says how many
such look-ups one asking is worth.
"""

import statistics
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

import click
import psycopg

from bihuan.config import console
from bihuan.config.bench.submit import scratch_database
from bihuan.config.measuring import requests, seeds
from bihuan.config.measuring.requests import Told
from bihuan.domain.cases import queries as cases
from bihuan.domain.cases.queries import Probe, duplicates
from bihuan.domain.org import queries as org
from bihuan.domain.org.queries import Access
from bihuan.engines.duplicates.grams import fingerprint
from bihuan.kit import clock, db

AGENT = "linxiao"
WANTED_MS = 150
YEARS = 2
LATELY = timedelta(days=60)
_TEMPLATE = "select id from cases_case where state = 'OPEN' order by id limit 1"
_COLUMNS = """
select string_agg(quote_ident(column_name), ', ') from information_schema.columns
where table_schema = current_schema() and table_name = 'cases_case'
and not column_name = any(array['id', 'number', 'title', 'description', 'opened_at', 'contact_digits',
    'contact_phone', 'customer_id', 'account_id', 'source_ref'])
"""
_FILL = """
insert into cases_case (id, number, title, description, opened_at, contact_digits, contact_phone,
    customer_id, account_id, source_ref, {columns}) overriding system value
select t.id, 'D' || t.id, t.title, t.text, t.at, t.digits, t.digits, null, null, '', {columns}
from told as t cross join (select {columns} from cases_case where id = {template}) as one;
insert into cases_fingerprint (case_id, opened_at, address, grams)
select id, at, '', grams from told order by id;
insert into cases_standing (case_id, process_state, current_units, org_unit_ids)
select id, '', '', '{{}}' from told
"""


@click.command()
@click.option(
    "--cases", "many", type=console.COUNT, default=1_000_000, show_default=True, help="Cases."
)
@click.option("--asked", type=console.COUNT, default=400, show_default=True, help="Requests asked.")
@console.as_json
def command(many: int, asked: int, *, as_json: bool) -> int:
    """Ask for likely duplicates among very many cases. Exit status 1 when the 95th percentile is too slow."""
    with scratch_database() as conninfo:
        since, at = time.monotonic(), clock.now()
        seeds.lay(40, at=at)
        _load(conninfo, many, at)
        loading = time.monotonic() - since
        keys = {"cases": many, "loading_s": round(loading, 1), **_asked(many, asked, at)}
    console.report(keys, as_json=as_json)
    return 0 if keys["p95_ms"] <= WANTED_MS else 1


def _load(conninfo: str, many: int, at: datetime) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("set synchronous_commit = off")
        connection.execute("set maintenance_work_mem = '512MB'")
        # Every row refers to what the template refers to, so the foreign keys hold.
        connection.execute("set session_replication_role = replica")
        connection.execute(
            "create temp table told (id bigint, at timestamptz, title text, text text, digits text, grams int[])"
        )
        with connection.cursor().copy("copy told from stdin") as copy:
            for row in _rows(many, at):
                copy.write_row(row)
        template = _one(connection, _TEMPLATE)
        columns = _one(connection, _COLUMNS)
        # The one index that is dear to fill row by row.
        defined = _one(
            connection, "select pg_get_indexdef('cases_by_pairs_of_characters'::regclass)"
        )
        connection.execute("drop index cases_by_pairs_of_characters")
        connection.execute(_FILL.format(columns=columns, template=template).encode())
        connection.execute(str(defined).encode())
        connection.execute("vacuum analyze cases_case")
        connection.execute("vacuum analyze cases_fingerprint")
    duplicates.forget_rarity()


def _one(connection: psycopg.Connection, statement: str) -> object:
    row = connection.execute(statement.encode()).fetchone()
    return row[0] if row else None


def _rows(many: int, at: datetime) -> Iterator[tuple[object, ...]]:
    for number in range(many):
        told = _told(number)
        phone = f"13{number * 48271 % 1_000_000_000:09d}"
        yield (
            1_000_000 + number,
            _told_at(number, many, at),
            told.title,
            told.text,
            phone,
            fingerprint(told.title, told.text),
        )


def _told(number: int) -> Told:
    return requests.tell(Random(number))  # noqa: S311  the same load every time


def _told_at(number: int, many: int, at: datetime) -> datetime:
    return at - timedelta(days=365 * YEARS) * (1 - (number + 1) / many) - timedelta(minutes=1)


def _asked(many: int, asked: int, at: datetime) -> dict[str, float]:
    access = org.access_of(org.staff_by_login(AGENT).pk, at)
    lately = int(many * LATELY / timedelta(days=365 * YEARS))
    random = Random(many)  # noqa: S311
    _ask(access, _told(-1), at)
    walls, of_look_up, again, found = [], [], 0, 0
    for turn in range(asked):
        known = many - 1 - random.randrange(max(1, lately)) if turn % 2 else None
        told = requests.tell(random, again=None if known is None else _told(known))
        since = time.perf_counter()
        shown = _ask(access, told, at)
        walls.append(time.perf_counter() - since)
        since = time.perf_counter()
        db.one("select * from cases_case where number = %s", (f"D{1_000_000 + turn}",))
        of_look_up.append(time.perf_counter() - since)
        again += known is not None
        found += known is not None and 1_000_000 + known in shown
    ordered = sorted(walls)
    return {
        "asked": asked,
        "p50_ms": round(statistics.median(walls) * 1000, 1),
        "p95_ms": round(ordered[int(len(ordered) * 0.95)] * 1000, 1),
        "worst_ms": round(ordered[-1] * 1000, 1),
        "wanted_ms": WANTED_MS,
        "ratio": round(statistics.median(walls) / statistics.median(of_look_up), 1),
        "found": round(found / again, 3) if again else 0.0,
    }


def _ask(access: Access, told: Told, at: datetime) -> set[int]:
    probe = Probe(seeds.PACK, told.title, told.text)
    return {one.row.id for one in cases.find_duplicates(access, probe, at=at)}
