"""Very many made-up customers written straight into the tables, by several processes side by side.

Names, numbers and addresses are those of `bihuan generate customers`; whose customers they are is spread unevenly over
the org units, as in life. For measurements of reading: nothing here goes the way of an import.
"""

import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

import psycopg

from bihuan.domain.customers.rules.records import match_key, searched_by
from bihuan.engines.linkage import sample
from bihuan.kit.notation import NotAPhone, name_norm, read_phone

CHUNK: Final = 20_000
PROCESSES: Final = 2
_MARK: Final = "bench_customers"
_MARKED: Final = b"select customers from bench_customers"
_TABLES: Final[Mapping[str, str]] = {
    "customers_customer": "id, kind, name, name_norm, name_pinyin, name_initials, match_key, tier, unit_id, note, state,"
    " lost_reason, attributes, pinned, completeness, missing, created_at, updated_at",
    "customers_contactpoint": "customer_id, kind, value, value_norm, last4, is_primary, parts, consent, created_at",
    "customers_account": "customer_id, number, kind, address, unit_id, created_at",
}
_INDEXES: Final = """
select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) from pg_index i
where i.indrelid = any(%s::regclass[]) and not exists (select from pg_constraint c where c.conindid = i.indexrelid)
"""
# Every third customer has a case; all refer to what one case refers to.
_CASE_COLUMNS: Final = """
select string_agg(quote_ident(column_name), ', ') from information_schema.columns
where table_schema = current_schema() and table_name = 'cases_case'
and column_name not in ('id', 'number', 'customer_id', 'account_id', 'source_ref')
"""
_CASES: Final = """
insert into cases_case (id, number, customer_id, account_id, source_ref, {columns}) overriding system value
select 1000000 + of.customer, 'B' || lpad(of.customer::text, 9, '0'), of.customer, null, '', {columns}
from (select id as customer from customers_customer where id % 3 = 0) as of
cross join (select {columns} from cases_case where state = 'OPEN' order by id limit 1) as one;
insert into cases_standing (case_id, process_state, current_units, org_unit_ids)
select id, '', '', '{{}}' from cases_case where number like 'B%' and source_ref = ''
"""

Told = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a chunk is written: the database, the org units, the moment."""

    conninfo: str
    unit_ids: Sequence[int]
    at: datetime


def is_loaded(conninfo: str, many: int) -> bool:
    """Tell whether a database holds so many customers, loaded to the end."""
    try:
        with psycopg.connect(conninfo) as connection:
            if connection.execute("select to_regclass(%s)", (_MARK,)).fetchone() == (None,):
                return False
            return connection.execute(_MARKED).fetchone() == (many,)
    except psycopg.OperationalError:
        return False


def load(conninfo: str, many: int, unit_ids: Sequence[int], *, at: datetime, told: Told) -> None:
    """Fill a migrated database in which one case is; its indexes are made after the rows."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute("set maintenance_work_mem = '512MB'")
        connection.execute("set synchronous_commit = off")
        tables = [*_TABLES, "cases_case"]
        indexes = connection.execute(_INDEXES, (tables,)).fetchall()
        for name, _definition in indexes:
            connection.execute(f"drop index {name}".encode())
        for table in _TABLES:
            connection.execute(f"delete from {table}".encode())  # noqa: S608 -- our own tables
        _copy_all(_Place(conninfo, unit_ids, at), many, told)
        columns = connection.execute(_CASE_COLUMNS).fetchall()[0][0]
        connection.execute(_CASES.format(columns=columns).encode())
        for _name, definition in indexes:
            connection.execute(definition.encode())
        for table in (*tables, "cases_standing"):
            connection.execute(f"vacuum analyze {table}".encode())
        connection.execute(f"create table {_MARK} as select {many} as customers".encode())


def _copy_all(place: _Place, many: int, told: Told) -> None:
    firsts = range(0, many, CHUNK)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        for written in pool.map(
            partial(_copy_chunk, place), firsts, [min(CHUNK, many - first) for first in firsts]
        ):
            told(written)


def _copy_chunk(place: _Place, first: int, size: int) -> int:
    rows = sample.chunk("bench", first // CHUNK, size).customers.to_pylist()
    lines: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _TABLES}
    for number, row in enumerate(rows, first + 1):
        # A quarter of the customers is one unit's, a quarter of the rest the next one's …
        spread = next(n for n in range(64) if (number >> 2 * n) % 4 or n == 63)
        unit = place.unit_ids[(spread * 7 + number * spread) % len(place.unit_ids)]
        lines["customers_customer"].append(_customer(number, row, unit, place.at))
        lines["customers_contactpoint"].extend(_points(number, row, place.at))
        if number % 5 < 3:
            account = (number, f"33{number * 7919 % 100_000_000:08d}", "", "", unit, place.at)
            lines["customers_account"].append(account)
    with psycopg.connect(place.conninfo) as connection, connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        for table, columns in _TABLES.items():
            with cursor.copy(f"copy {table} ({columns}) from stdin".encode()) as copy:
                for line in lines[table]:
                    copy.write_row(line)
    return len(rows)


def _customer(number: int, row: Mapping[str, str], unit: int, at: datetime) -> tuple[Any, ...]:
    kind = "PERSON" if row["kind"] == "person" else "ORGANISATION"
    name = row["name"] or "未留姓名"
    names = (
        name,
        name_norm(name) or "x",
        *searched_by(name),
        match_key(kind, name, row["birth_date"] or ""),
    )
    rest: tuple[Any, ...] = ("NORMAL", unit, "", "CUSTOMER", "", "{}", "{}", 50, [], at, at)
    return (number, kind, *names, *rest)


def _points(number: int, row: Mapping[str, str], at: datetime) -> Iterator[tuple[Any, ...]]:
    rest = ("{}", "UNKNOWN", at)
    try:
        phone = read_phone(row["phone"] or "")
    except NotAPhone:
        pass
    else:
        yield (number, "PHONE", row["phone"], phone.norm, phone.last4, True, *rest)
    if address := row["address"]:
        yield (number, "ADDRESS", address, name_norm(address), "", True, *rest)
