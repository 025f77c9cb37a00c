"""The record made of all that sources say: worked out anew whenever a source row comes, goes or changes."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from bihuan.domain.customers.choices import CustomerKind
from bihuan.domain.customers.models import Customer, Source, SourceRow
from bihuan.domain.customers.queries.profile_rules import Known, weights_for
from bihuan.domain.customers.rules.records import digest, match_key, searched_by
from bihuan.engines.goldenrecord import Said, completeness, settled
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
_FILES: Final = """
select id, name, kind, note, attributes, pinned, updated_at, name_norm, name_pinyin, name_initials, match_key
from customers_customer where id = any(%s)
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
_SOFT: Final = "attributes."
# All customers are one parameter: a list of thousands costs more to send than to write.
_UPDATE: Final = f"""
update customers_customer c
set {", ".join(f"{name} = n.{name}" for name in _SETTLED if name not in ("id", "missing"))},
    missing = string_to_array(n.missing, ',')
from jsonb_to_recordset(%s::jsonb) as n({", ".join(f"{name} {kind}" for name, kind in _SETTLED.items())})
where c.id = n.id
"""  # noqa: S608 -- our own columns
_BARE: Final = """
select id from customers_customer c where id = any(%s)
and not exists (select from customers_sourcerow r where r.customer_id = c.id)
"""


@dataclass(slots=True)
class _File:
    """What of a customer is worked out from its source rows."""

    id: int
    name: str
    kind: str
    note: str
    attributes: dict[str, Any]
    pinned: dict[str, int]
    updated_at: datetime
    found_by: tuple[str, str, str, str]

    def compared(self) -> tuple[str, str, str]:
        """Return what `found_by` depends on."""
        return self.name, self.kind, str(self.attributes.get("birth_date", ""))


def desk_source(at: datetime) -> Source:
    """Return the source of what our own people type."""
    found, _ = Source.objects.get_or_create(
        code=DESK, defaults={"title": DESK_TITLE, "trust": DESK_TRUST, "created_at": at}
    )
    return found


def keep_what_was_typed(customer_ids: Collection[int], *, at: datetime) -> None:
    """Give customers that have no source row one that says what our people typed."""
    bare = [row[0] for row in db.rows(_BARE, (list(customer_ids),))]
    rows = [_typed(one) for one in Customer.objects.filter(pk__in=bare)] if bare else []
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


def refresh(customer_ids: Collection[int], *, at: datetime, is_only_sources: bool = False) -> None:
    """Work out the records of some customers anew from their source rows, and how complete they are.

    Where `is_only_sources` changed and not the files themselves, a name that stays is found by what it was found by.
    """
    if not customer_ids:
        return
    said: dict[int, list[Said]] = defaultdict(list)
    for customer_id, row, trust, changed_at, values in db.rows(_SAID, (list(customer_ids),)):
        fields = fields_of(orjson.loads(values))
        said[customer_id].append(Said(row, trust, changed_at, fields))
    known = _known(customer_ids)
    weights = {kind.value: weights_for(kind) for kind in CustomerKind}
    files = [_file(row) for row in db.rows(_FILES, (list(customer_ids),))]
    settled = []
    for file in files:
        before = file.compared() if is_only_sources else None
        _believe(file, said.get(file.id, []), at)
        if file.compared() != before:
            file.found_by = _found_by(*file.compared())
        settled.append(_settled(file, known.get(file.id, set()), weights[file.kind]))
    db.run(_UPDATE, (orjson.dumps(settled).decode(),))


def fields_of(values: Mapping[str, Any]) -> dict[str, str]:
    """Return what a source row says, flat: `attributes.gender` beside `name`."""
    plain = {name: str(values.get(name) or "") for name in ("name", "kind", "note")}
    soft = values.get("attributes") or {}
    return plain | {f"attributes.{key}": str(value) for key, value in soft.items()}


def _file(row: tuple[Any, ...]) -> _File:
    one, name, kind, note, attributes, pinned, updated_at, *found_by = row
    norm, pinyin, initials, key = found_by
    soft, chosen = orjson.loads(attributes), orjson.loads(pinned)
    return _File(one, name, kind, note, soft, chosen, updated_at, (norm, pinyin, initials, key))


def _believe(file: _File, said: list[Said], at: datetime) -> None:
    if said:
        chosen = settled(said, file.pinned)
        file.name, file.kind, file.note = chosen["name"], chosen["kind"], chosen.get("note", "")
        file.attributes = {
            name.removeprefix(_SOFT): value
            for name, value in chosen.items()
            if name.startswith(_SOFT)
        }
        file.updated_at = at


def _found_by(name: str, kind: str, birth: str) -> tuple[str, str, str, str]:
    return name_norm(name), *searched_by(name), match_key(kind, name, birth)


def _settled(file: _File, known: set[str], weights: Mapping[str, int]) -> dict[str, Any]:
    facets = Known(frozenset(known), frozenset(k for k, v in file.attributes.items() if v))
    whole = completeness(facets.fields, weights)
    norm, pinyin, initials, key = file.found_by
    return {
        "id": file.id,
        "name": file.name,
        "name_norm": norm,
        "name_pinyin": pinyin,
        "name_initials": initials,
        "match_key": key,
        "kind": file.kind,
        "note": file.note,
        "attributes": file.attributes,
        "completeness": whole.share,
        "missing": ",".join(whole.missing),
        "updated_at": file.updated_at,
    }


def _known(customer_ids: Collection[int]) -> dict[int, set[str]]:
    return {one: set(kinds) for one, kinds in db.rows(_KNOWN, (list(customer_ids),))}
