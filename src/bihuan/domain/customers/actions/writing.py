"""Rows of many customers written at once: copied, joined set by set; what is there already stays as it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson

from bihuan.domain.customers.queries.profile_rules import Known, weights_for
from bihuan.domain.customers.rules.arrivals import Arrival
from bihuan.domain.customers.rules.matching import Likeness
from bihuan.domain.customers.rules.records import Record
from bihuan.engines.goldenrecord import Completeness, completeness
from bihuan.kit import db

Line = tuple[Any, ...]

_CUSTOMER: Final = (
    "id, kind, name, name_norm, name_pinyin, name_initials, match_key, tier, unit_id, note, state, lost_reason,"
    " attributes, pinned, completeness, missing, created_at, updated_at"
)
_STATEMENTS: Final = (
    # The first of a kind is the primary one, where a customer had none.
    """
    insert into customers_contactpoint
        (customer_id, kind, value, value_norm, last4, parts, is_primary, consent, created_at)
    select s.customer_id, s.kind, s.value, s.value_norm, s.last4, s.parts,
        row_number() over (partition by s.customer_id, s.kind order by s.nth) = 1
        and not exists (select from customers_contactpoint p
                        where p.customer_id = s.customer_id and p.kind = s.kind and p.is_primary),
        'UNKNOWN', %(at)s
    from (select distinct on (customer_id, kind, value_norm) * from arriving_contact
          order by customer_id, kind, value_norm, nth) s
    where not exists (select from customers_contactpoint p
        where p.customer_id = s.customer_id and p.kind = s.kind and p.value_norm = s.value_norm)
    """,
    """
    insert into customers_identifier (customer_id, kind, value_norm, is_proven, created_at)
    select distinct customer_id, kind, value_norm, true, %(at)s from arriving_identifier
    on conflict do nothing
    """,
    """
    insert into customers_account (customer_id, number, kind, address, unit_id, created_at)
    select distinct on (number) customer_id, number, '', '', %(unit)s, %(at)s from arriving_account
    on conflict do nothing
    """,
    """
    insert into customers_sourcerow
        (source_id, key, customer_id, values, digest, batch_id, line, first_seen_at, changed_at)
    select %(source)s, key, customer_id, said, digest, %(batch)s, line, %(at)s, %(at)s
    from arriving_row where id is null
    """,
    """
    update customers_sourcerow r
    set values = a.said, digest = a.digest, batch_id = %(batch)s, line = a.line, changed_at = %(at)s
    from arriving_row a where a.id = r.id
    """,
    """
    insert into customers_pair
        (left_id, right_id, score, evidence, state, found_at, decided_by)
    select distinct on (left_id, right_id) left_id, right_id, score, evidence, 'OPEN', %(at)s, ''
    from arriving_pair on conflict do nothing
    """,
)
_TABLES: Final[Mapping[str, str]] = {
    "arriving_contact": "nth integer, customer_id bigint, kind text, value text, value_norm text,"
    " last4 text, parts jsonb",
    "arriving_identifier": "customer_id bigint, kind text, value_norm text",
    "arriving_account": "customer_id bigint, number text",
    "arriving_row": "id bigint, key text, customer_id bigint, said jsonb, digest text, line integer",
    "arriving_pair": "left_id bigint, right_id bigint, score float8, evidence jsonb",
}


@dataclass(slots=True)
class Rows:
    """What is to be written of one portion, gathered table by table."""

    batch_id: int | None
    source_id: int
    unit_id: int
    at: datetime
    made: set[int] = field(default_factory=set)
    customers: list[Line] = field(default_factory=list)
    contacts: list[Line] = field(default_factory=list)
    identifiers: list[Line] = field(default_factory=list)
    accounts: list[Line] = field(default_factory=list)
    rows: list[Line] = field(default_factory=list)
    pairs: list[Line] = field(default_factory=list)
    _weights: dict[str, Mapping[str, int]] = field(default_factory=dict)
    _whole: dict[tuple[str, frozenset[str]], Completeness] = field(default_factory=dict)

    def create(self, customer_id: int, record: Record) -> None:
        """Write a new customer down, with everything its record says."""
        whole = self._completeness(record)
        self.made.add(customer_id)
        names = (record.name, record.name_norm, record.pinyin, record.initials, record.match_key)
        self.customers.append(
            (
                *(customer_id, record.kind, *names, "NORMAL", self.unit_id, record.note),
                *("CUSTOMER", "", _json(dict(record.attributes)), "{}"),
                *(whole.share, f"{{{','.join(whole.missing)}}}", self.at, self.at),
            )
        )
        self.add_children(customer_id, record)

    def add_children(self, customer_id: int, record: Record) -> None:
        """Join contacts, numbers and accounts to a customer."""
        for point in record.points:
            line = (point.kind, point.value, point.norm, point.last4, _json(dict(point.parts)))
            self.contacts.append((len(self.contacts), customer_id, *line))
        self.identifiers.extend((customer_id, *one) for one in record.identifiers)
        self.accounts.extend((customer_id, number) for number in record.accounts)

    def origin(self, key: str, customer_id: int, one: Arrival) -> None:
        """Keep what the source said."""
        self.rows.append((None, key, customer_id, one.said, one.digest, one.line))

    def change(self, row_id: int, one: Arrival) -> None:
        """Keep what the source says now."""
        self.rows.append((row_id, None, None, one.said, one.digest, one.line))

    def doubt(self, one: int, other: int, likeness: Likeness) -> None:
        """Let somebody decide about two customers."""
        if one != other:
            evidence = _json([list(part) for part in likeness.evidence])
            self.pairs.append((min(one, other), max(one, other), likeness.score, evidence))

    def _completeness(self, record: Record) -> Completeness:
        kinds = {point.kind for point in record.points} | {kind for kind, _ in record.identifiers}
        kinds |= {"ACCOUNT"} if record.accounts else set()
        fields = Known(frozenset(kinds), frozenset(record.attributes)).fields
        found = self._whole.get((record.kind, fields))
        if found is None:
            if record.kind not in self._weights:
                self._weights[record.kind] = weights_for(record.kind)
            found = completeness(fields, self._weights[record.kind])
            self._whole[record.kind, fields] = found
        return found


def new_ids(count: int) -> list[int]:
    """Return ids for so many new customers."""
    sql = "select nextval('customers_customer_id_seq') from generate_series(1, %s)"
    return [row[0] for row in db.rows(sql, (count,))] if count else []


def write(rows: Rows) -> None:
    """Write everything that was gathered, in one copy and one statement a table."""
    _copy("customers_customer", _CUSTOMER, rows.customers)
    gathered = (rows.contacts, rows.identifiers, rows.accounts, rows.rows, rows.pairs)
    for (table, columns), lines in zip(_TABLES.items(), gathered, strict=True):
        db.run(f"create temp table if not exists {table} ({columns}) on commit delete rows")
        db.run(f"truncate {table}")
        names = ", ".join(part.split()[0] for part in columns.split(", "))
        _copy(table, names, lines)
    values = {
        "at": rows.at,
        "unit": rows.unit_id,
        "source": rows.source_id,
        "batch": rows.batch_id,
    }
    for statement in _STATEMENTS:
        db.run(statement, values)


def _copy(table: str, columns: str, lines: Sequence[Line] | Iterable[Line]) -> None:
    if not lines:
        return
    statement = f"copy {table} ({columns}) from stdin"
    with db.hot() as cursor, cursor.copy(statement.encode()) as copy:
        for line in lines:
            copy.write_row(line)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
