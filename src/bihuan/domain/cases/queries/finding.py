"""Search by number, name, phone or account, and cases that may be about the same thing (TKT-19)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum, Value
from django.db.models.functions import Right
from django.db.models.lookups import Exact

from bihuan.domain.cases.models import Case
from bihuan.domain.cases.queries import wording
from bihuan.domain.cases.queries.listing import CaseRow, rows_of, visible
from bihuan.domain.org.ports import Access

LOOKS_AT = 300
TAIL = 4
ALIKE_ENOUGH = 0.5


@dataclass(frozen=True, slots=True)
class Probe:
    """What is known of a request that may have come in before."""

    pack: str
    title: str
    class_id: int | None = None
    customer_id: int | None = None
    contact_phone: str = ""
    account_id: int | None = None
    org_unit_id: int | None = None
    not_case_id: int | None = None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A case that may be the same request: why, and how alike the titles are (0 to 1)."""

    row: CaseRow
    why: str
    likeness: float


def search(access: Access, text: str, *, size: int = 20) -> list[CaseRow]:
    """Return cases by (the beginning of) a number, a phone, whole or masked or its last four digits,
    (the beginning of) a contact's name, or words of the title; newest first.
    """
    text = text.strip()
    if len(text) < 2:
        return []
    found = _matching(visible(access), text).select_related("standing").defer("description")
    return rows_of(access, found.order_by("-opened_at", "-id")[:size])


def cases_of_customer(access: Access, customer_id: int, *, size: int = 20) -> list[CaseRow]:
    """Return a customer's newest cases, as far as the asker may see them."""
    found = visible(access).filter(customer_id=customer_id).select_related("standing")
    return rows_of(access, found.defer("description").order_by("-opened_at", "-id")[:size])


def customer_tally(access: Access, customer_id: int) -> tuple[int, int]:
    """Return how many cases of a customer the asker may see, and how often they were reworked."""
    found = visible(access).filter(customer_id=customer_id)
    tally = found.aggregate(cases=Count("id"), reworks=Sum("rework_count"))
    return tally["cases"], tally["reworks"] or 0


def find_duplicates(
    access: Access, probe: Probe, *, at: datetime, days: int = 7, size: int = 5
) -> list[Duplicate]:
    """Return recent cases that may be the same request, most alike first.

    Those of the same customer, phone or account count whatever they say when they are of the same
    class; the rest of the unit's recent cases only when the titles are alike.
    """
    recent = visible(access).filter(
        pack=probe.pack, opened_at__gte=at - timedelta(days=days), opened_at__lte=at
    )
    if probe.not_case_id:
        recent = recent.exclude(pk=probe.not_case_id)
    own = recent.filter(_same_person(probe)).order_by()
    near = recent.filter(org_unit_id=probe.org_unit_id).order_by("-opened_at", "-id")
    found = _likely(probe, _known(own), _known(near) if probe.org_unit_id else [])[:size]
    cases = visible(access).select_related("standing").defer("description")
    by_id = cases.in_bulk([one.case_id for one in found]) if found else {}
    rows = rows_of(access, [by_id[one.case_id] for one in found])
    return [
        Duplicate(row, one.why, round(one.likeness, 2))
        for row, one in zip(rows, found, strict=True)
    ]


def _matching(cases: QuerySet[Case], text: str) -> QuerySet[Case]:
    parts = wording.masked_phone_parts(text)
    if parts:
        cases = cases.filter(_ending(parts[1])) if len(parts[1]) == TAIL else cases
        both = {"contact_digits__startswith": parts[0], "contact_digits__endswith": parts[1]}
        return cases.filter(**both).exclude(contact_digits="")
    if wording.looks_like_number(text):
        digits = wording.digits_of(text)
        if len(digits) == TAIL and text.isdigit():
            return cases.filter(_ending(digits))
        by_phone = Q(contact_digits=digits) & ~Q(contact_digits="")
        return cases.filter(Q(number__startswith=text.upper()) | by_phone)
    by_name = Q(contact_name__startswith=text) & ~Q(contact_name="")
    return cases.filter(by_name | Q(title__contains=text) if len(text) > 2 else by_name)


def _ending(tail: str) -> Any:
    """Return the condition "the phone ends in these four digits", as the index has it."""
    return Exact(Right("contact_digits", TAIL), Value(tail)) & ~Q(contact_digits="")


def _same_person(probe: Probe) -> Q:
    same = Q(pk__in=[])
    if probe.customer_id:
        same |= Q(customer_id=probe.customer_id)
    if probe.account_id:
        same |= Q(account_id=probe.account_id)
    digits = wording.digits_of(probe.contact_phone)
    return same | Q(contact_digits=digits) & ~Q(contact_digits="") if digits else same


def _known(cases: QuerySet[Case]) -> list[tuple[int, str, int]]:
    """Return just what is compared: of hundreds of cases a handful is shown."""
    return list(cases.values_list("pk", "title", "cls_id")[:LOOKS_AT])


@dataclass(frozen=True, slots=True)
class _Likely:
    case_id: int
    why: str
    likeness: float


def _likely(
    probe: Probe, own: list[tuple[int, str, int]], others: list[tuple[int, str, int]]
) -> list[_Likely]:
    """Return the cases that count as duplicates, most alike first."""
    alike = wording.likeness_to(probe.title)
    known = {case_id for case_id, _title, _class in own}
    found = [
        _Likely(case_id, "同一客户", score)
        for case_id, title, class_id in own
        if (score := alike(title)) >= ALIKE_ENOUGH or class_id == probe.class_id
    ]
    found += [
        _Likely(case_id, "内容相近", score)
        for case_id, title, _class in others
        if case_id not in known and (score := alike(title)) >= ALIKE_ENOUGH
    ]
    return sorted(found, key=lambda one: one.likeness, reverse=True)
