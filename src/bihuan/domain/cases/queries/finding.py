"""Search by number, name, phone or words of the title."""

from typing import Any

from django.db.models import Count, Q, QuerySet, Sum, Value
from django.db.models.functions import Right
from django.db.models.lookups import Exact

from bihuan.domain.cases.models import Case
from bihuan.domain.cases.queries import wording
from bihuan.domain.cases.queries.listing import CaseRow, rows_of, visible
from bihuan.domain.org.ports import Access
from bihuan.kit.planning import planned_by_value

TAIL = 4


def search(access: Access, text: str, *, size: int = 20) -> list[CaseRow]:
    """Return cases by (the beginning of) a number, a phone, whole or masked or its last four digits,
    (the beginning of) a contact's name, or words of the title; newest first.
    """
    text = text.strip()
    if len(text) < 2:
        return []
    found = _matching(visible(access), text).select_related("standing").defer("description")
    with planned_by_value():
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
