"""Many cases out of few: every row of a case copied in the database, with ids and moments moved on.

Copy `k` of a row has the id of the first one plus `k` times the span of its table, and so have all
references to it, in columns and in refs such as `unit:123`. All moments lie a little earlier with every
copy, and each customer has a phone number of its own, so that indexes see values as they are in life.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from bihuan.domain.ledger import actions as ledger
from bihuan.kit import db

APART = "interval '47 seconds'"
_SPANS = {
    "case": "cases_case",
    "instance": "processes_processinstance",
    "clock": "clocks_clock",
    "customer": "customers_customer",
    "contact": "customers_contactpoint",
    "account": "customers_account",
    "handling": "cases_handling",
    "consent": "cases_consent",
    "closure": "cases_closure",
    "note": "cases_note",
    "fact": "ledger_fact",
}


def _id(column: str, span: str) -> str:
    return f"{column} + k * {{{span}}}"


def _ref(column: str) -> str:
    """Return a ref such as `case:9` or `group:4:whole`, moved on by the span of its kind."""
    part = f"split_part({column}, ':', 2)"
    return f"""case split_part({column}, ':', 1)
        when 'case' then 'case:' || {part}::bigint + k * {{case}}
        when 'customer' then 'customer:' || {part}::bigint + k * {{customer}}
        when 'unit' then 'unit:' || {part}::bigint + k * {{token}}
        when 'timer' then 'timer:' || {part}::bigint + k * {{token}}
        when 'process' then 'process:' || {part}::bigint + k * {{instance}}
        when 'resume' then 'resume:' || {part}::bigint + k * {{instance}}
        when 'group' then 'group:' || {part}::bigint + k * {{instance}} || ':'
            || split_part({column}, ':', 3)
        else {column} end"""


def _phone(customer: str) -> str:
    return f"'13' || lpad((({customer} + k * {{customer}}) * 48271 % 1000000000)::text, 9, '0')"


_OWN_PHONE = f"case when customer_id is null then contact_phone else {_phone('customer_id')} end"
_IF_PHONE = f"case when kind = 'PHONE' then {_phone('customer_id')} else value end"
_TAIL = f"case when kind = 'PHONE' then right({_phone('customer_id')}, 4) else '' end"


@dataclass(frozen=True, slots=True)
class Table:
    """A table to copy; `moved` are the columns that differ, as SQL over the row and `k`."""

    name: str
    moved: Mapping[str, str]
    only: str = field(default="true")


TABLES = (
    Table("customers_customer", {"id": _id("id", "customer")}),
    Table(
        "customers_contactpoint",
        {
            "id": _id("id", "contact"),
            "customer_id": _id("customer_id", "customer"),
            "value": _IF_PHONE,
            "value_norm": _IF_PHONE.replace("else value", "else value_norm"),
            "last4": _TAIL,
        },
    ),
    Table(
        "customers_account",
        {
            "id": _id("id", "account"),
            "customer_id": _id("customer_id", "customer"),
            "number": "'33' || lpad((id + k * {account})::text, 8, '0')",
        },
    ),
    Table(
        "cases_case",
        {
            "id": _id("id", "case"),
            "number": f"to_char(opened_at - k * {APART}, 'YYMMDD-')"
            " || lpad((id + k * {case})::text, 6, '0')",
            "source_ref": "''",
            "title": "title || '，' || (array['柳林路','东门街','人民路','南岸大道','镇前街'])[1 + k % 5]"
            " || k || '号'",
            "customer_id": _id("customer_id", "customer"),
            "account_id": _id("account_id", "account"),
            "contact_phone": _OWN_PHONE,
            "contact_digits": _OWN_PHONE.replace(
                "else contact_phone", "else contact_digits"
            ).replace("then contact_phone", "then contact_digits"),
            "closure_id": _id("closure_id", "closure"),
        },
    ),
    Table(
        "cases_standing",
        {"case_id": _id("case_id", "case"), "instance_id": _id("instance_id", "instance")},
    ),
    # Each copy's text has pairs of its own, as places and names give a real one; a third is common to all.
    Table(
        "cases_fingerprint",
        {
            "case_id": _id("case_id", "case"),
            "grams": "array(select case when nth % 3 = 0 then gram"
            " else (gram::bigint * (k + 1) % 2147483647)::integer end"
            " from unnest(grams) with ordinality as each(gram, nth))",
        },
    ),
    Table("cases_handling", {"id": _id("id", "handling"), "case_id": _id("case_id", "case")}),
    Table("cases_consent", {"id": _id("id", "consent"), "case_id": _id("case_id", "case")}),
    Table(
        "cases_closure",
        {
            "id": _id("id", "closure"),
            "case_id": _id("case_id", "case"),
            "consent_id": _id("consent_id", "consent"),
        },
    ),
    Table("cases_note", {"id": _id("id", "note"), "case_id": _id("case_id", "case")}),
    Table(
        "processes_processinstance",
        {
            "id": _id("id", "instance"),
            "subject": _ref("subject"),
            "root": _ref("root"),
            "top": _id("top", "instance"),
            "parent_token": _id("parent_token", "token"),
        },
    ),
    Table(
        "processes_token",
        {
            "id": _id("id", "token"),
            "instance_id": _id("instance_id", "instance"),
            "scope": "case when scope = 0 then 0 else scope + k * {token} end",
            "parents": "array(select one + k * {token} from unnest(parents) as one)",
            "consumed_by": _id("consumed_by", "token"),
        },
    ),
    Table(
        "clocks_clock",
        {"id": _id("id", "clock"), "owner": _ref("owner"), "root": _ref("root")},
        only="root like 'case:%'",
    ),
    Table(
        "ledger_fact",
        # In life a fact is written when it happens, so the copies lie in the month they happened in.
        {
            "id": _id("id", "fact"),
            "subject": _ref("subject"),
            "root": _ref("root"),
            "recorded_at": f"at - k * {APART}",
        },
        only="root like 'case:%' or root like 'customer:%'",
    ),
)


def multiply(conninfo: str, copies: int) -> None:
    """Make every case `copies` times as many, and let the planner know."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        _speed_up(connection)
        _make_months()
        spans = _measured(connection)
        for table in TABLES:
            connection.execute(_statement(connection, table, spans, copies))
        for name in _SPANS.values():
            _move_sequence(connection, name)
        # The dispatcher would have passed them on long ago.
        connection.execute("truncate ledger_outbox")
        connection.execute("vacuum analyze")


def _speed_up(connection: psycopg.Connection) -> None:
    connection.execute("set synchronous_commit = off")
    connection.execute("set maintenance_work_mem = '256MB'")
    try:
        # Foreign keys hold for the first rows, so they do for copies moved on together.
        connection.execute("set session_replication_role = replica")
    except psycopg.errors.InsufficientPrivilege:
        return


def _make_months() -> None:
    first = db.one("select min(at) - interval '1 day' from ledger_fact where root like 'case:%%'")
    if first and first[0]:
        ledger.ensure_partitions(at=first[0], months=8)


def _measured(connection: psycopg.Connection) -> dict[str, int]:
    """Return how far the ids of each table reach."""
    spans = {}
    for key, table in _SPANS.items():
        ask = sql.SQL("select coalesce(max(id), 0) from {}").format(sql.Identifier(table))
        row = connection.execute(ask).fetchone()
        spans[key] = row[0] if row else 0
    spans["token"] = spans["instance"] << 20
    return spans


def _statement(
    connection: psycopg.Connection, table: Table, spans: Mapping[str, int], copies: int
) -> bytes:
    ask = """select column_name, data_type from information_schema.columns
        where table_schema = current_schema() and table_name = %s order by ordinal_position"""
    columns = connection.execute(ask, (table.name,)).fetchall()
    return copy_statement(table, columns, spans, copies).encode()


def copy_statement(
    table: Table, columns: list[tuple[str, str]], spans: Mapping[str, int], copies: int
) -> str:
    """Return the statement that copies a table; moments move on unless `moved` says something else."""
    names = ", ".join(f'"{name}"' for name, _type in columns)
    wide = {key: f"{span}::bigint" for key, span in spans.items()}
    values = ", ".join(
        table.moved[name].format(**wide) if name in table.moved else _moved(name, type_)
        for name, type_ in columns
    )
    return (
        f"insert into {table.name} ({names}) overriding system value select {values} "  # noqa: S608
        f"from {table.name} cross join generate_series(1, {copies - 1}) as k where {table.only}"
    )


def _moved(name: str, type_: str) -> str:
    if type_ == "timestamp with time zone":
        return f'"{name}" - k * {APART}'
    if name == "warn_at":  # the only array of moments
        return f"array(select one - k * {APART} from unnest(warn_at) as one)"  # noqa: S608
    return f'"{name}"'


def _move_sequence(connection: psycopg.Connection, table: str) -> None:
    sequence: sql.Composable = sql.Literal("ledger_fact_id")
    if table != "ledger_fact":
        sequence = sql.SQL("pg_get_serial_sequence({}, 'id')").format(sql.Literal(table))
    connection.execute(
        sql.SQL("select setval({}, (select max(id) + 1 from {}))").format(
            sequence, sql.Identifier(table)
        )
    )
