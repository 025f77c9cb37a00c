"""Which customers may be the same as a record: found by a shared number, contact or name, never by comparing all."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from bihuan.domain.customers.ports import (
    BY_ACCOUNT,
    BY_CONTACT,
    BY_NAME,
    BY_NUMBER,
    Facets,
    Key,
)
from bihuan.kit import db

MOST_DOUBTS: Final = 5
# Many values are sent as one text: a list of thousands costs more to send than to look up.
SEPARATOR: Final = "\x1f"

# A value that more customers share says nothing of who they are: a reception desk's number.
_SHARED: Final = 40
_KINDS: Final = {
    BY_NUMBER: "numbers",
    BY_CONTACT: "contacts",
    BY_ACCOUNT: "accounts",
    BY_NAME: "names",
}
_HITS: Final = f"""
    select customer_id as id from customers_identifier
    where is_proven and value_norm = any(string_to_array(%(numbers)s, chr(31)))
    union
    select p.customer_id from unnest(string_to_array(%(contacts)s, chr(31))) as v(value), lateral (
        select customer_id from customers_contactpoint
        where value_norm = v.value and kind in ('PHONE', 'EMAIL') limit {_SHARED}) p
    union
    select customer_id from customers_account where number = any(string_to_array(%(accounts)s, chr(31)))
    union
    select c.id from unnest(string_to_array(%(names)s, chr(31))) as v(value), lateral (
        select id from customers_customer
        where match_key = v.value and match_key <> '' limit {_SHARED}) c
"""  # noqa: S608 -- our own number
_FACETS: Final = """
c.id, c.kind, c.name_norm, c.name_pinyin, c.attributes->>'birth_date', c.match_key,
    array(select kind || ':' || value_norm from customers_identifier
          where customer_id = c.id and is_proven),
    array(select kind || ':' || coalesce(parts->>'home', value_norm) from customers_contactpoint
          where customer_id = c.id),
    array(select number from customers_account where customer_id = c.id)
"""
# Every hit is looked up by its number, whatever the planner thinks: of tables that an import is filling just now it
# knows so little that it would compare every hit with every customer.
_CANDIDATES: Final = f"""
with hits as materialized ({_HITS})
select {_FACETS} from hits, lateral (
    select * from customers_customer where id = hits.id offset 0) c
where c.merged_into_id is null and c.erased_at is null and c.unit_id = any(%(units)s)
"""  # noqa: S608 -- our own columns
_OF: Final = f"select {_FACETS} from customers_customer c where c.id = any(%s)"  # noqa: S608 -- see above
_ABOUT: Final = "select reltuples from pg_class where oid = 'customers_customer'::regclass"
_OWNERS: Final = "select number, customer_id from customers_account where number = any(%s)"


def candidates(keys: Collection[Key], unit_ids: Sequence[int]) -> dict[int, Facets]:
    """Return the standing customers of some org units that share one of the values."""
    by_kind: dict[str, list[str]] = {kind: [] for kind in _KINDS}
    for key in keys:
        by_kind[key[0]].append(key[1:])
    values = {name: SEPARATOR.join(by_kind[kind]) for kind, name in _KINDS.items()}
    return _read(_CANDIDATES, {**values, "units": list(unit_ids)})


def facets_of(customer_ids: Collection[int]) -> dict[int, Facets]:
    """Return what is compared of some customers."""
    return _read(_OF, (list(customer_ids),))


def customers_about() -> int:
    """Return about how many customers there are, as the database's own statistics say."""
    return max(0, int(db.rows(_ABOUT)[0][0]))


def account_owners(numbers: Collection[str]) -> dict[str, int]:
    """Return whose account each number is, as far as it is anybody's."""
    return dict(db.rows(_OWNERS, (list(numbers),))) if numbers else {}


def _read(sql: str, values: db.Params) -> dict[int, Facets]:
    return {row[0]: _facets(row) for row in db.rows(sql, values)}


def _facets(row: tuple[Any, ...]) -> Facets:
    _id, kind, name, pinyin, birth, match_key, numbers, contacts, accounts = row
    by_kind: dict[str, set[str]] = {"PHONE": set(), "EMAIL": set(), "ADDRESS": set()}
    for contact in contacts:
        contact_kind, _, value = contact.partition(":")
        by_kind.get(contact_kind, set()).add(value)
    return Facets(
        kind=kind,
        name=name,
        pinyin=pinyin,
        identifiers=dict(number.split(":", 1) for number in numbers),
        phones=frozenset(by_kind["PHONE"]),
        mails=frozenset(by_kind["EMAIL"]),
        homes=frozenset(by_kind["ADDRESS"]),
        accounts=frozenset(accounts),
        birth=birth or "",
        match_key=match_key,
    )
