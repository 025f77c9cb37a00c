"""Whom a customer belongs to, what was agreed with them, and how they may be contacted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

from bihuan.domain.customers.choices import SEEN_BACK, Consent, RelationKind
from bihuan.domain.customers.models import ContactPoint, Contract, Customer, Relation
from bihuan.domain.customers.queries.contacting import agreed_by_all
from bihuan.domain.customers.queries.reach import NOTHING, Place, reach_of
from bihuan.domain.org.ports import Access
from bihuan.engines.contacting import Agreed, Clearance, Purpose, strictest
from bihuan.kit.masking import mask_text

_SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class RelationRow:
    """Another customer and what they are to this one."""

    id: int
    customer_id: int
    name: str
    title: str
    note: str


@dataclass(frozen=True, slots=True)
class ContractRow:
    """A contract; both days belong to it."""

    id: int
    number: str
    title: str
    starts_date: date
    ends_date: date | None
    amount: Decimal | None
    currency: str
    terms: str


@dataclass(frozen=True, slots=True)
class TermsRow:
    """How a customer agreed to be contacted one way.

    `care` is what holds for a contact of our own accord: the house's hours beside the customer's, and what others said
    who have the same number.
    """

    consent: str
    consent_title: str
    consent_at: datetime | None
    quiet_from: time | None
    quiet_until: time | None
    care: Sequence[Agreed]

    def now(self, at: datetime) -> Clearance:
        """Return whether we may contact the customer this way of our own accord."""
        return strictest(Purpose.CARE, self.care, at)


def relations_of(customer_id: int, access: Access) -> Sequence[RelationRow]:
    """Return who is related, as far as the asker may see them."""
    mine = Relation.objects.filter(other_id=customer_id).select_related("customer")
    theirs = Relation.objects.filter(customer_id=customer_id).select_related("other")
    found = [(one, one.customer, RelationKind(one.kind).label) for one in mine[:_SHOWN]]
    found += [(one, one.other, SEEN_BACK[RelationKind(one.kind)]) for one in theirs[:_SHOWN]]
    reach = reach_of(access) if found else NOTHING
    return [
        RelationRow(one.pk, other.pk, _shown(other, access), title, mask_text(one.note))
        for one, other, title in found
        if reach.holds(other.pk, Place(other.unit_id, other.owner_id))
        and other.merged_into_id is None
    ]


def contracts_of(customer_id: int, *, sees: bool) -> Sequence[ContractRow]:
    """Return a customer's contracts, the latest first; what people wrote into them is masked unless the asker `sees`."""
    found = Contract.objects.filter(customer_id=customer_id).order_by("-starts_date", "-id")
    return [
        ContractRow(
            id=one.pk,
            number=one.number,
            title=one.title if sees else mask_text(one.title),
            starts_date=one.starts_date,
            ends_date=one.ends_date,
            amount=one.amount,
            currency=one.currency,
            terms=one.terms if sees else mask_text(one.terms),
        )
        for one in found[:_SHOWN]
    ]


def contact_terms(contact_id: int) -> TermsRow:
    """Return how one contact may be used. The caller answers for the right to see the file."""
    return terms_of(ContactPoint.objects.filter(pk=contact_id))[contact_id]


def terms_of(points: Iterable[ContactPoint]) -> dict[int, TermsRow]:
    """Return how a customer agreed to be contacted, by contact."""
    points = list(points)
    care = agreed_by_all([(one.kind, one.value_norm) for one in points], Purpose.CARE)
    return {
        one.pk: TermsRow(
            one.consent,
            Consent(one.consent).label,
            one.consent_at,
            one.quiet_from,
            one.quiet_until,
            care[one.kind, one.value_norm],
        )
        for one in points
    }


def _shown(other: Customer, access: Access) -> str:
    sees = access.may("customer.see_phone", other.unit_id)
    return other.name if sees else mask_text(other.name)
