"""One customer from all sides: who, from which sources, with whom, under which contracts, and what is missing."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bihuan.domain.customers.choices import (
    CustomerKind,
    IdentifierKind,
    LifeState,
    LostReason,
)
from bihuan.domain.customers.models import Customer, Identifier, SourceRow
from bihuan.domain.customers.ports import MONEY, NUMBER
from bihuan.domain.customers.queries.bonds import (
    ContractRow,
    RelationRow,
    TermsRow,
    contracts_of,
    relations_of,
    terms_of,
)
from bihuan.domain.customers.queries.customers import CustomerCard, customer_card
from bihuan.domain.customers.queries.details import Detail, details_of, worded
from bihuan.domain.customers.queries.profile_rules import Known, field_title, weights_for
from bihuan.domain.org.ports import Access
from bihuan.engines.goldenrecord import Said, believed, completeness
from bihuan.engines.goldenrecord.survivorship import WHY
from bihuan.kit.masking import mask_text

DESK: Final = "人工录入"
_SHOWN: Final = 50
_NAMED: Final = {"name": "名称", "kind": "类别", "note": "备注"}


@dataclass(frozen=True, slots=True)
class Choice:
    """What another source says of a field."""

    row_id: int
    source: str
    value: str


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field of the golden record: believed value, whose, why, who agrees, what else is said."""

    key: str
    title: str
    value: str
    sources: tuple[str, ...]
    why: str
    others: tuple[Choice, ...]
    is_disputed: bool


@dataclass(frozen=True, slots=True)
class IdentifierRow:
    """A number, its middle hidden from everybody."""

    title: str
    masked: str
    is_proven: bool
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OriginRow:
    """One source row: the source, its own number for the customer, the line it came with."""

    source: str
    key: str
    line: int | None
    batch_id: int | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class CustomerProfile:
    """Everything of one customer that this asker may see; numbers are masked in it for everybody."""

    card: CustomerCard
    state: str
    state_title: str
    lost_title: str
    owner_id: int | None
    share: int
    missing: tuple[str, ...]
    fields: tuple[FieldRow, ...]
    identifiers: tuple[IdentifierRow, ...]
    contact_sources: Mapping[int, tuple[str, ...]]
    terms: Mapping[int, TermsRow]
    relations: tuple[RelationRow, ...]
    contracts: tuple[ContractRow, ...]
    origins: tuple[OriginRow, ...]


def customer_profile(access: Access, customer_id: int) -> CustomerProfile:
    """Return one customer from all sides, or refuse with CustomerUnknown."""
    card = customer_card(access, customer_id)
    customer = Customer.objects.prefetch_related("contacts").get(pk=card.id)
    rows = list(_rows(card.id))
    numbers = list(Identifier.objects.filter(customer_id=card.id).order_by("kind", "id"))
    known = {one.kind for one in numbers} | {one.kind for one in card.contacts}
    known |= {"ACCOUNT"} if card.accounts else set()
    attributes = frozenset(key for key, value in customer.attributes.items() if value)
    whole = completeness(Known(frozenset(known), attributes).fields, weights_for(customer.kind))
    return CustomerProfile(
        card=card,
        state=customer.state,
        state_title=LifeState(customer.state).label,
        lost_title=LostReason(customer.lost_reason).label if customer.lost_reason else "",
        owner_id=customer.owner_id,
        share=whole.share,
        missing=tuple(field_title(key) for key in whole.missing),
        fields=tuple(_fields(customer, rows, sees=card.sees_phone)),
        identifiers=tuple(_identifier(one, rows) for one in numbers),
        contact_sources=_contact_sources(customer, rows),
        terms=terms_of(customer.contacts.all()),
        relations=tuple(relations_of(card.id, access)),
        contracts=tuple(contracts_of(card.id, sees=card.sees_phone)),
        origins=tuple(_origin(row) for row in rows),
    )


def attributes_of(customer_id: int, *, sees: bool) -> dict[str, str]:
    """Return soft attributes and pack fields, numbers masked unless the asker `sees`; the caller asks for the right."""
    kept = Customer.objects.values_list("attributes", flat=True).get(pk=customer_id)
    said = {key: str(value) for key, value in kept.items()}
    return said if sees else {key: mask_text(value) for key, value in said.items()}


def _rows(customer_id: int) -> Sequence[SourceRow]:
    found = SourceRow.objects.filter(customer_id=customer_id).select_related("source")
    return list(found.order_by("-source__trust", "id")[:_SHOWN])


def _fields(customer: Customer, rows: Sequence[SourceRow], *, sees: bool) -> Sequence[FieldRow]:
    titles = {row.pk: row.source.title for row in rows}
    details = {f"attributes.{one.key}": one for one in details_of(customer.kind)}
    said = [Said(r.pk, r.source.trust, r.changed_at, _flat(r.values)) for r in rows]
    if not said:
        said = [Said(0, 100, customer.updated_at, _typed(customer))]
        titles = {0: DESK}
    found = believed(said, customer.pinned)
    names = [*(n for n in _NAMED if n in found), *(n for n in found if n not in _NAMED)]
    shown = []
    for name in names:
        one = found[name]
        agree = tuple(titles[s.row] for s in said if s.fields.get(name) == one.value)
        shown.append(
            FieldRow(
                key=name,
                title=_title(name),
                value=_words(name, one.value, details, sees=sees),
                sources=tuple(dict.fromkeys((titles[one.row], *agree))),
                why=WHY[one.why],
                others=tuple(
                    Choice(row, titles[row], _words(name, value, details, sees=sees))
                    for row, value in one.others
                ),
                is_disputed=one.is_disputed,
            )
        )
    return shown


def _typed(customer: Customer) -> dict[str, str]:
    soft = {f"attributes.{key}": str(value) for key, value in customer.attributes.items()}
    return {"name": customer.name, "kind": customer.kind, "note": customer.note} | soft


def _flat(values: Mapping[str, Any]) -> dict[str, str]:
    soft = values.get("attributes") or {}
    plain = {name: str(values.get(name) or "") for name in _NAMED}
    return plain | {f"attributes.{key}": str(value) for key, value in soft.items()}


def _title(name: str) -> str:
    return _NAMED.get(name) or field_title(name.removeprefix("attributes."))


def _words(name: str, value: str, details: Mapping[str, Detail], *, sees: bool) -> str:
    if name == "kind":
        return CustomerKind(value).label
    if name in details and details[name].type in (NUMBER, MONEY):
        return worded(details[name], value)
    return value if sees else mask_text(value)


def _identifier(one: Identifier, rows: Sequence[SourceRow]) -> IdentifierRow:
    named = [one.kind, one.value_norm]
    sources = (r.source.title for r in rows if named in r.values.get("identifiers", []))
    return IdentifierRow(
        title=IdentifierKind(one.kind).label,
        masked=f"{one.value_norm[:4]}********{one.value_norm[-4:]}",
        is_proven=one.is_proven,
        sources=tuple(dict.fromkeys(sources)),
    )


def _contact_sources(
    customer: Customer, rows: Sequence[SourceRow]
) -> Mapping[int, tuple[str, ...]]:
    said: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        for contact in row.values.get("contacts", []):
            said[contact[0], contact[2]].append(row.source.title)
    points = customer.contacts.all()
    found = {one.pk: said.get((one.kind, one.value_norm), [DESK]) for one in points}
    return {pk: tuple(dict.fromkeys(titles)) for pk, titles in found.items()}


def _origin(row: SourceRow) -> OriginRow:
    key = "" if row.key.startswith("#") else row.key
    return OriginRow(row.source.title, key, row.line, row.batch_id, row.changed_at)
