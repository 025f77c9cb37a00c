"""Letters that wait or were withheld, and why: for whoever may see the case or the file they are about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import BigIntegerField, Exists, F, Func, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast

from bihuan.domain.cases.queries.intake import numbers_of
from bihuan.domain.cases.queries.listing import visible
from bihuan.domain.customers.models import Customer
from bihuan.domain.customers.queries.reach import reach_of
from bihuan.domain.notifications.choices import Channel, Unsent
from bihuan.domain.notifications.models import Letter
from bihuan.domain.notifications.queries import how_unsent, unsent
from bihuan.domain.org.ports import Access
from bihuan.engines.contacting import Purpose
from bihuan.kit.masking import mask_mail, mask_phone, mask_text
from bihuan.kit.paging import Page, Place, keyset

_ABOUT_CASE: Final = r"^case:(\d+)$"
_ABOUT_FILE: Final = r"^customer:(\d+)$"
_PHONES: Final = frozenset({Channel.SMS.value})


@dataclass(frozen=True, slots=True)
class UnsentLetter:
    """A letter that has not gone out: to whom, what for, why not, and when it is tried next (None: never).

    Address and numbers are masked for everybody. `case_number` or `customer_id` say what it is about.
    """

    id: int
    written_at: datetime
    name: str
    address: str
    channel: str
    purpose: Purpose
    title: str
    how: Unsent
    why: str
    due_at: datetime | None
    attempts: int
    case_number: str
    customer_id: int | None


def unsent_letters(
    access: Access, *, how: Unsent | None = None, at: Place | None = None
) -> Page[UnsentLetter]:
    """Return one page of what wait or was withheld, newest first, about cases and files this person may see."""
    place = at or Place()
    found = _seen(access, unsent(how).annotate(case=_id(_ABOUT_CASE), file=_id(_ABOUT_FILE)))
    page = keyset(found, order=("-id",), after=place.after, before=place.before, size=place.size)
    numbers = numbers_of({one.case for one in page.rows if one.case})  # type: ignore[attr-defined]
    return page.map(lambda one: _row(one, numbers))


def _seen(access: Access, letters: "QuerySet[Letter]") -> "QuerySet[Letter]":
    """Narrow letters to those about what a person sees; what is about nothing is seen by who sees everything."""
    files = Customer.objects.filter(reach_of(access).condition(), pk=OuterRef("file"))
    if access.scope("case.view").everywhere:
        return letters.filter(Q(file__isnull=True) | Exists(files))
    cases = visible(access).filter(pk=OuterRef("case")).order_by()
    return letters.filter(Q(Exists(cases)) | Exists(files))


def _id(pattern: str) -> "Cast":
    """Return what a letter is about, where its root says so in this form."""
    return Cast(Func(F("root"), Value(pattern), function="substring"), BigIntegerField())


def _row(one: Letter, numbers: Mapping[int, str]) -> UnsentLetter:
    how = how_unsent(one)
    return UnsentLetter(
        id=one.pk,
        written_at=one.written_at,
        name=mask_text(one.name),
        address=mask_phone(one.address) if one.channel in _PHONES else mask_mail(one.address),
        channel=one.channel,
        purpose=Purpose(one.purpose),
        title=mask_text(one.title),
        how=how,
        why=mask_text(one.last_error),
        due_at=None if how == Unsent.WITHHELD else one.due_at,
        attempts=one.attempts,
        case_number=numbers.get(one.case, ""),  # type: ignore[attr-defined]
        customer_id=one.file,  # type: ignore[attr-defined]
    )
