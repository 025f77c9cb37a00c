"""How cases came in: the register of visits and calls, who handed a case on, who stands behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from bihuan.domain.cases.models import Case, Participant, Petition, Referral
from bihuan.domain.cases.queries.listing import CaseRow, rows_of, visible
from bihuan.domain.interactions import queries as interactions
from bihuan.domain.interactions.queries import RegisterFilter, RegisterRow
from bihuan.domain.org.ports import Access
from bihuan.kit.masking import mask_phone, mask_text
from bihuan.kit.paging import Page
from bihuan.kit.problems import NotFound

HISTORY = 50


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One of the people behind a petition; the number is masked for everybody."""

    name: str
    phone: str
    customer_id: int | None
    is_representative: bool


@dataclass(frozen=True, slots=True)
class PetitionView:
    """A petition with its people and what they have raised before, as far as the asker may see it."""

    headcount: int
    raised_before: int
    first_raised_on: date | None
    note: str
    people: tuple[PersonRow, ...]
    history: tuple[CaseRow, ...]


@dataclass(frozen=True, slots=True)
class ReferralView:
    """Who handed a case on to us."""

    sender: str
    reference: str
    reply_due_at: datetime | None


def register(
    access: Access, wanted: RegisterFilter, *, after: str = "", before: str = "", size: int = 50
) -> Page[RegisterRow]:
    """Return one page of the register where the asker may see cases; numbers are masked."""
    scope = access.scope("case.view")
    if not scope.everywhere:
        wanted = replace(wanted, unit_ids=tuple(scope.unit_ids))
    page = interactions.register(wanted, after=after, before=before, size=size)
    return page.map(lambda row: _line(access, row))


def refused_entry(access: Access, entry_id: int) -> Mapping[str, Any]:
    """Return a request that was refused as it was sent, to go on with; its number only for who may see it."""
    entry = interactions.refused(entry_id)
    if entry is None or not access.may("case.open", entry.org_unit_id):
        raise NotFound
    sent = dict(entry.sent or {})
    if not access.may("customer.see_phone", entry.org_unit_id):
        sent.pop("contact_phone", None)
    return sent


def numbers_of(case_ids: set[int]) -> dict[int, str]:
    """Return the numbers of some cases."""
    return dict(Case.objects.filter(pk__in=case_ids).values_list("pk", "number"))


def referral_of(case_id: int) -> ReferralView | None:
    """Return who handed a case on to us; the caller has checked who may see it."""
    found = Referral.objects.filter(pk=case_id).first()
    return ReferralView(found.sender, found.reference, found.reply_due_at) if found else None


def petition_of(access: Access, case_id: int) -> PetitionView | None:
    """Return the people behind a case and their earlier cases, newest first; None when it is no petition."""
    petition = Petition.objects.filter(pk=case_id).first()
    if petition is None:
        return None
    people = list(Participant.objects.filter(case_id=case_id).order_by("-is_representative", "id"))
    return PetitionView(
        headcount=petition.headcount,
        raised_before=petition.raised_before,
        first_raised_on=petition.first_raised_on,
        note=petition.note,
        people=tuple(_person(one) for one in people),
        history=tuple(_history(access, case_id, people)),
    )


def _history(access: Access, case_id: int, people: list[Participant]) -> list[CaseRow]:
    """Return the other cases these people opened or stood behind."""
    digits = {one.digits for one in people if one.digits}
    known = {one.customer_id for one in people if one.customer_id}
    same = Participant.objects.filter(Q(digits__in=digits) | Q(customer_id__in=known))
    stood_behind = set(same.values_list("case_id", flat=True)[:1000])
    theirs = (
        Q(pk__in=stood_behind)
        | Q(customer_id__in=known)
        | Q(contact_digits__in=digits) & ~Q(contact_digits="")
    )
    found = visible(access).filter(theirs).exclude(pk=case_id).select_related("standing")
    return rows_of(access, found.defer("description").order_by("-opened_at", "-id")[:HISTORY])


def _person(one: Participant) -> PersonRow:
    phone = mask_phone(one.phone) if one.phone else ""
    return PersonRow(one.name, phone, one.customer_id, one.is_representative)


def _line(access: Access, row: RegisterRow) -> RegisterRow:
    open_ = access.may("customer.see_phone", row.org_unit_id)
    shown = mask_phone(row.party_address) if row.party_address else ""
    if open_:
        return replace(row, party_address=shown, sent=None)
    return replace(
        row,
        party_address=shown,
        sent=None,
        subject=mask_text(row.subject),
        text=mask_text(row.text),
        remark=mask_text(row.remark),
    )
