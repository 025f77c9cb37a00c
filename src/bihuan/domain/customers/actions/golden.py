"""The record made of all that sources say: worked out anew whenever a source row comes, goes or changes."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

import orjson

from bihuan.domain.customers.choices import CustomerKind
from bihuan.domain.customers.models import Customer, Source, SourceRow
from bihuan.domain.customers.queries.profile_rules import Known, weights_for
from bihuan.domain.customers.rules.records import digest, match_key, searched_by
from bihuan.engines.goldenrecord import Said, believed, completeness
from bihuan.kit import db
from bihuan.kit.notation import name_norm

DESK: Final = "desk"
DESK_TITLE: Final = "人工录入"
# What a person of ours typed is believed before what systems say.
DESK_TRUST: Final = 80

_KNOWN = """
select c.id,
    array(select distinct kind from customers_contactpoint where customer_id = c.id)
    || array(select distinct kind from customers_identifier where customer_id = c.id)
    || case when exists (select from customers_account where customer_id = c.id)
       then array['ACCOUNT'] else '{}' end
from customers_customer c where id = any(%s)
"""


_SAID = """
select r.customer_id, r.id, s.trust, r.changed_at, r.values
from customers_sourcerow r join customers_source s on s.id = r.source_id
where r.customer_id = any(%s) order by r.id
"""
_SETTLED: Final[Mapping[str, str]] = {
    "id": "bigint",
    **dict.fromkeys(("name", "name_norm", "name_pinyin", "name_initials", "match_key"), "text"),
    **dict.fromkeys(("kind", "note"), "text"),
    "attributes": "jsonb",
    "completeness": "smallint",
    "missing": "text",
    "updated_at": "timestamptz",
}
# A column is one parameter, however many customers there are.
_UPDATE: Final = f"""
update customers_customer c
set {", ".join(f"{name} = n.{name}" for name in _SETTLED if name not in ("id", "missing"))},
    missing = string_to_array(n.missing, ',')
from unnest({", ".join(f"%s::{kind}[]" for kind in _SETTLED.values())}) as n({", ".join(_SETTLED)})
where c.id = n.id
"""  # noqa: S608 -- our own columns


def desk_source(at: datetime) -> Source:
    """Return the source of what our own people type."""
    found, _ = Source.objects.get_or_create(
        code=DESK, defaults={"title": DESK_TITLE, "trust": DESK_TRUST, "created_at": at}
    )
    return found


def keep_what_was_typed(customer_ids: Collection[int], *, at: datetime) -> None:
    """Give customers that have no source row one that says what our people typed."""
    having = SourceRow.objects.filter(customer_id__in=customer_ids).values("customer_id")
    bare = Customer.objects.filter(pk__in=customer_ids).exclude(pk__in=having)
    rows = [_typed(one) for one in bare]
    if rows:
        source = desk_source(at)
        for row in rows:
            row.source = source
        SourceRow.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)


def note_typed(customer: Customer, *, at: datetime) -> None:
    """Keep what our people typed over, where a customer's values come from sources."""
    if not SourceRow.objects.filter(customer=customer).exists():
        return
    row = _typed(customer)
    said = {"values": row.values, "digest": row.digest, "changed_at": at}
    found = SourceRow.objects.filter(source=desk_source(at), key=row.key)
    if not found.update(**said, customer=customer):
        row.source, row.first_seen_at, row.changed_at = desk_source(at), at, at
        row.save(force_insert=True)


def _typed(customer: Customer) -> SourceRow:
    said = {
        "name": customer.name,
        "kind": customer.kind,
        "note": customer.note,
        "attributes": customer.attributes,
    }
    return SourceRow(
        key=str(customer.pk),
        customer=customer,
        values=said,
        digest=digest(said),
        first_seen_at=customer.created_at,
        changed_at=customer.updated_at,
    )


def refresh(customer_ids: Collection[int], *, at: datetime) -> None:
    """Work out the records of some customers anew from their source rows, and how complete they are."""
    if not customer_ids:
        return
    said: dict[int, list[Said]] = defaultdict(list)
    for customer_id, row, trust, changed_at, values in db.rows(_SAID, (list(customer_ids),)):
        fields = fields_of(orjson.loads(values))
        said[customer_id].append(Said(row, trust, changed_at, fields))
    known = _known(customer_ids)
    weights = {kind.value: weights_for(kind) for kind in CustomerKind}
    customers = list(Customer.objects.filter(pk__in=customer_ids))
    for customer in customers:
        _believe(customer, said.get(customer.pk, []), at)
        _complete(customer, known.get(customer.pk, set()), weights)
    lines = [[_column(one, name) for name in _SETTLED] for one in customers]
    db.run(_UPDATE, [list(column) for column in zip(*lines, strict=True)])


def fields_of(values: Mapping[str, Any]) -> dict[str, str]:
    """Return what a source row says, flat: `attributes.gender` beside `name`."""
    plain = {name: str(values.get(name) or "") for name in ("name", "kind", "note")}
    soft = values.get("attributes") or {}
    return plain | {f"attributes.{key}": str(value) for key, value in soft.items()}


def _believe(customer: Customer, said: list[Said], at: datetime) -> None:
    if said:
        chosen = believed(said, customer.pinned)
        customer.name = chosen["name"].value
        customer.name_norm = name_norm(customer.name)
        customer.kind = chosen["kind"].value
        customer.note = chosen["note"].value if "note" in chosen else ""
        customer.attributes = {
            name.removeprefix("attributes."): one.value
            for name, one in chosen.items()
            if name.startswith("attributes.")
        }
        customer.updated_at = at
    customer.name_pinyin, customer.name_initials = searched_by(customer.name)
    birth = str(customer.attributes.get("birth_date", ""))
    customer.match_key = match_key(customer.kind, customer.name, birth)


def _complete(
    customer: Customer, known: set[str], weights: Mapping[str, Mapping[str, int]]
) -> None:
    facets = Known(frozenset(known), frozenset(k for k, v in customer.attributes.items() if v))
    whole = completeness(facets.fields, weights[customer.kind])
    customer.completeness, customer.missing = whole.share, list(whole.missing)


def _column(customer: Customer, name: str) -> object:
    value = getattr(customer, name)
    if name == "attributes":
        return orjson.dumps(value).decode()
    return ",".join(value) if name == "missing" else value


def _known(customer_ids: Collection[int]) -> dict[int, set[str]]:
    return {one: set(kinds) for one, kinds in db.rows(_KNOWN, (list(customer_ids),))}
