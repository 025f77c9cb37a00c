"""Rows of many customers written at once. A new customer's rows are copied straight to where they belong; what joins
a customer that is there goes by way of temporary tables, and what is there already stays as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bihuan.domain.customers.queries.profile_rules import Known, weights_for
from bihuan.domain.customers.rules import lines
from bihuan.domain.customers.rules.arrivals import Arrival
from bihuan.domain.customers.rules.matching import Likeness
from bihuan.engines.goldenrecord import completeness
from bihuan.kit import db

# What is known of a customer only here stands before what its record says (`rules.arrivals`).
_CUSTOMER: Final = (
    "customers_customer (id, tier, unit_id, state, lost_reason, pinned, completeness, missing, created_at, updated_at,"
    " kind, name, name_norm, name_pinyin, name_initials, match_key, note, attributes)"
)
_CONTACT: Final = "customers_contactpoint (customer_id, consent, created_at, kind, value, value_norm, last4, parts, is_primary)"
_IDENTIFIER: Final = "customers_identifier (customer_id, is_proven, created_at, kind, value_norm)"
_ORIGIN: Final = "customers_sourcerow (source_id, batch_id, first_seen_at, changed_at, customer_id, key, digest, line, values)"
_REJECTED: Final = "customers_rejectedrow (batch_id, state, settled_by, line, cells, problems)"


@dataclass(frozen=True, slots=True)
class _Arriving:
    """A temporary table, and what becomes of its rows."""

    table: str
    columns: str
    statement: str


_JOINING: Final[Mapping[str, _Arriving]] = {
    "contacts": _Arriving(
        "arriving_contact",
        "customer_id bigint, kind text, value text, value_norm text, last4 text, parts jsonb, is_first boolean",
        """
        insert into customers_contactpoint
            (customer_id, kind, value, value_norm, last4, parts, is_primary, consent, created_at)
        select customer_id, kind, value, value_norm, last4, parts, false, 'UNKNOWN', %(at)s::timestamptz
        from arriving_contact
        on conflict (customer_id, kind, value_norm) do nothing
        returning id
        """,
    ),
    "identifiers": _Arriving(
        "arriving_identifier",
        "customer_id bigint, kind text, value_norm text",
        """
        insert into customers_identifier (customer_id, kind, value_norm, is_proven, created_at)
        select distinct customer_id, kind, value_norm, true, %(at)s::timestamptz from arriving_identifier
        on conflict do nothing
        """,
    ),
    "accounts": _Arriving(
        "arriving_account",
        "customer_id bigint, number text",
        """
        insert into customers_account (customer_id, number, kind, address, unit_id, created_at)
        select distinct on (number) customer_id, number, '', '', %(unit)s::bigint, %(at)s::timestamptz
        from arriving_account
        on conflict do nothing
        """,
    ),
    "changes": _Arriving(
        "arriving_row",
        "id bigint, key text, digest text, line integer, said jsonb",
        """
        update customers_sourcerow r
        set values = a.said, digest = a.digest, batch_id = %(batch)s, line = a.line, changed_at = %(at)s
        from arriving_row a where a.id = r.id
        """,
    ),
    "pairs": _Arriving(
        "arriving_pair",
        "left_id bigint, right_id bigint, score float8, evidence jsonb",
        """
        insert into customers_pair
            (left_id, right_id, score, evidence, state, found_at, decided_by)
        select distinct on (left_id, right_id) left_id, right_id, score, evidence, 'OPEN', %(at)s::timestamptz, ''
        from arriving_pair on conflict do nothing
        """,
    ),
}


# The first of a kind is the primary one, where a customer had none.
_PRIMARY: Final = """
update customers_contactpoint p set is_primary = true from (
    select distinct on (c.customer_id, c.kind) c.id from customers_contactpoint c
    where c.id = any(%s) and not exists (
        select from customers_contactpoint s
        where s.customer_id = c.customer_id and s.kind = c.kind and s.is_primary)
    order by c.customer_id, c.kind, c.id
) first where p.id = first.id
"""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where rows come from, whose customers they are, and when; `batch_id` where they came with a file."""

    source_id: int
    batch_id: int | None
    unit_id: int
    at: datetime


class Rows:
    """What is to be written of one portion, gathered table by table as text for COPY."""

    def __init__(self, origin: Origin) -> None:
        self.made: set[int] = set()
        at, batch = origin.at.isoformat(), origin.batch_id
        self._origin = origin
        self._contact = f"\tUNKNOWN\t{at}\t"
        self._identifier = f"\tt\t{at}\t"
        self._row = f"{origin.source_id}\t{lines.NOTHING if batch is None else batch}\t{at}\t{at}\t"
        self._fronts: dict[tuple[str, str, str], str] = {}
        self._weights: dict[str, Mapping[str, int]] = {}
        self._new: dict[str, list[str]] = {
            name: [] for name in (_CUSTOMER, _CONTACT, _IDENTIFIER, _ORIGIN)
        }
        self._joining: dict[str, list[str]] = {name: [] for name in _JOINING}

    def create(self, customer_id: int, one: Arrival) -> None:
        """Write a new customer down, with everything its record says."""
        self.made.add(customer_id)
        front = self._fronts.get(one.knows)
        if front is None:
            front = self._fronts[one.knows] = self._front(*one.knows)
        number, new = str(customer_id), self._new
        new[_CUSTOMER].append(lines.put(number + front, one.file))
        if one.contacts:
            new[_CONTACT].append(lines.put(number + self._contact, one.contacts))
        if one.identifiers:
            new[_IDENTIFIER].append(lines.put(number + self._identifier, one.identifiers))
        self._add_accounts(number, one.accounts)

    def join(self, customer_id: int, one: Arrival) -> None:
        """Join contacts, numbers and accounts to a customer."""
        number = str(customer_id)
        self._joining["contacts"].append(lines.put(f"{number}\t", one.contacts))
        self._joining["identifiers"].append(lines.put(f"{number}\t", one.identifiers))
        self._add_accounts(number, one.accounts)

    def origin(self, customer_id: int, one: Arrival) -> None:
        """Keep what the source said."""
        self._new[_ORIGIN].append(lines.put(f"{self._row}{customer_id}\t", one.origin))

    def change(self, row_id: int, one: Arrival) -> None:
        """Keep what the source says now."""
        self._joining["changes"].append(lines.put(f"{row_id}\t", one.origin))

    def doubt(self, one: int, other: int, likeness: Likeness) -> None:
        """Let somebody decide about two customers."""
        if one != other:
            evidence = lines.packed([list(part) for part in likeness.evidence])
            pair = (str(min(one, other)), str(max(one, other)))
            self._joining["pairs"].append("\t".join((*pair, str(likeness.score), evidence)) + "\n")

    def write(self) -> None:
        """Write everything that was gathered: in one copy a table what is new, in two statements what joins."""
        for table, rows in self._new.items():
            _copy(table, rows)
        origin = self._origin
        values = {
            "at": origin.at,
            "unit": origin.unit_id,
            "batch": origin.batch_id,
        }
        for name, arriving in _JOINING.items():
            if any(rows := self._joining[name]):
                db.run(
                    f"create temp table if not exists {arriving.table} ({arriving.columns}) on commit delete rows"
                )
                db.run(f"truncate {arriving.table}")
                _copy(arriving.table, rows)
                made = db.rows(arriving.statement, values)
                if name == "contacts" and made:
                    db.run(_PRIMARY, ([row[0] for row in made],))

    def _add_accounts(self, number: str, accounts: Sequence[str]) -> None:
        if accounts:
            self._joining["accounts"].extend([f"{number}\t{account}\n" for account in accounts])

    def _front(self, kind: str, kinds: str, attributes: str) -> str:
        """Return what stands before a new customer's own columns, but for its number."""
        known = Known(frozenset(_words(kinds)), frozenset(_words(attributes)))
        if kind not in self._weights:
            self._weights[kind] = weights_for(kind)
        whole = completeness(known.fields, self._weights[kind])
        missing = lines.cell(f"{{{','.join(whole.missing)}}}")
        at = self._origin.at.isoformat()
        columns = ("", "NORMAL", str(self._origin.unit_id), "CUSTOMER", "", "{}")
        return "\t".join((*columns, str(whole.share), missing, at, at, ""))


def new_ids(count: int) -> list[int]:
    """Return ids for so many new customers."""
    sql = "select nextval('customers_customer_id_seq') from generate_series(1, %s)"
    return [row[0] for row in db.rows(sql, (count,))] if count else []


def keep_rejected(batch_id: int, rejected: str) -> None:
    """Keep lines that were not taken in, to be mended."""
    _copy(_REJECTED, [lines.put(f"{batch_id}\tOPEN\t\t", rejected)])


def _words(joined: str) -> Sequence[str]:
    return joined.split(",") if joined else ()


def _copy(table: str, rows: Sequence[str]) -> None:
    if text := "".join(rows):
        with db.hot() as cursor, cursor.copy(f"copy {table} from stdin".encode()) as copy:
            copy.write(text.encode())
