"""Requests for files, broken glass, and what is open to whom: for who signs there, and for who asked."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from bihuan.domain.customers.choices import GrantKind
from bihuan.domain.customers.models import FileGrant
from bihuan.domain.customers.queries.reach import SIGN
from bihuan.domain.org import queries as org
from bihuan.domain.org.ports import Access
from bihuan.domain.portfolios.choices import Purpose, RequestState, Verdict
from bihuan.domain.portfolios.models import BrokenGlass, FileRequest
from bihuan.kit.masking import mask_text
from bihuan.kit.paging import Page, keyset

MOST_COUNTED = 99


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request. The customer's name is there for who signs only."""

    id: int
    customer_id: int
    customer: str
    unit: str
    who: str
    purpose: str
    why: str
    hours: int
    state: str
    state_title: str
    asked_at: datetime
    decided_by: str
    said: str
    open_until: datetime | None
    may_sign: bool
    is_mine: bool


@dataclass(frozen=True, slots=True)
class GlassRow:
    """One emergency and what its review found."""

    id: int
    customer_id: int
    customer: str
    unit: str
    who: str
    why: str
    at: datetime
    verdict: str
    verdict_title: str
    reviewed_by: str
    said: str
    may_review: bool


@dataclass(frozen=True, slots=True)
class GrantRow:
    """One file open to one person now."""

    id: int
    customer_id: int
    customer: str
    who: str
    kind_title: str
    purpose: str
    until: datetime
    request_id: int | None


def requests(access: Access, *, mine: bool, after: str = "", before: str = "") -> Page[RequestRow]:
    """Return one's own requests, or those that wait for one's signature, newest first."""
    found = FileRequest.objects.select_related("customer", "grant")
    if mine:
        found = found.filter(staff_id=access.staff_id)
    else:
        found = found.filter(_signed_by(access), state=RequestState.ASKED)
        found = found.exclude(staff_id=access.staff_id)
    page = keyset(found, order=("-id",), after=after, before=before, size=30)
    names = _names([r.staff_id for r in page.rows], [r.decided_by for r in page.rows])
    return page.map(lambda row: _request(row, access, names))


def request_row(access: Access, request_id: int) -> RequestRow | None:
    """Return one request that is one's own or that one may sign."""
    found = FileRequest.objects.select_related("customer", "grant").filter(pk=request_id)
    row = found.filter(_signed_by(access) | Q(staff_id=access.staff_id)).first()
    names = _names([row.staff_id], [row.decided_by]) if row else {}
    return _request(row, access, names) if row else None


def broken_glass(access: Access, *, after: str = "", before: str = "") -> Page[GlassRow]:
    """Return the emergencies where one signs, and one's own; those to review first."""
    found = BrokenGlass.objects.select_related("customer")
    found = found.filter(_signed_by(access) | Q(staff_id=access.staff_id))
    page = keyset(found, order=("-id",), after=after, before=before, size=30)
    names = _names([r.staff_id for r in page.rows], [r.reviewed_by for r in page.rows])
    return page.map(lambda row: _glass(row, access, names))


def glass_row(access: Access, glass_id: int) -> GlassRow | None:
    """Return one emergency that one may review, or caused."""
    found = BrokenGlass.objects.select_related("customer").filter(pk=glass_id)
    row = found.filter(_signed_by(access) | Q(staff_id=access.staff_id)).first()
    names = _names([row.staff_id], [row.reviewed_by]) if row else {}
    return _glass(row, access, names) if row else None


def running_grants(access: Access, at: datetime) -> list[GrantRow]:
    """Return what is open now where one signs, and to oneself, what ends soonest first."""
    found = FileGrant.objects.filter(
        ended_at__isnull=True, granted_from__lte=at, granted_until__gt=at
    ).select_related("customer")
    rows = list(
        found.filter(_signed_by(access) | Q(staff_id=access.staff_id)).order_by("granted_until")[
            :MOST_COUNTED
        ]
    )
    asked = FileRequest.objects.filter(grant__in=rows).values_list("grant_id", "id")
    requests_by_grant = dict(asked)
    people = org.names_of(row.staff_id for row in rows)
    return [
        GrantRow(
            id=row.pk,
            customer_id=row.customer_id,
            customer=mask_text(row.customer.name),
            who=people.get(row.staff_id, ""),
            kind_title=GrantKind(row.kind).label,
            purpose=row.purpose,
            until=row.granted_until,
            request_id=requests_by_grant.get(row.pk),
        )
        for row in rows
    ]


def waiting_for(access: Access) -> int:
    """Return how many requests and emergencies wait for one's signature or review; counting stops at 99."""
    if not access.may(SIGN):
        return 0
    mine = Q(staff_id=access.staff_id)
    asked = FileRequest.objects.filter(_signed_by(access), state=RequestState.ASKED).exclude(mine)
    glass = BrokenGlass.objects.filter(_signed_by(access), verdict=Verdict.OPEN).exclude(mine)
    return min(MOST_COUNTED, asked[:MOST_COUNTED].count() + glass[:MOST_COUNTED].count())


def _signed_by(access: Access) -> Q:
    """Return what one signs for; nothing for who signs nowhere."""
    scope = access.scope(SIGN)
    return Q() if scope.everywhere else Q(customer__unit_id__in=scope.unit_ids)


def _names(staff_ids: list[int], refs: list[str]) -> dict[int, str]:
    by = {int(ref.partition(":")[2]) for ref in refs if ref.startswith("staff:")}
    return org.names_of({*staff_ids, *by})


def _named(ref: str, names: dict[int, str]) -> str:
    kind, _, key = ref.partition(":")
    return names.get(int(key), "") if kind == "staff" else ""


def _shown(row: FileRequest | BrokenGlass, access: Access) -> str:
    """Return the customer's name for who signs; others know the number they asked by."""
    return mask_text(row.customer.name) if row.customer.unit_id in access.scope(SIGN) else ""


def _request(row: FileRequest, access: Access, names: dict[int, str]) -> RequestRow:
    unit = access.tree.units.get(row.customer.unit_id)
    open_until = row.grant.granted_until if row.grant and row.grant.ended_at is None else None
    return RequestRow(
        id=row.pk,
        customer_id=row.customer_id,
        customer=_shown(row, access),
        unit=unit.name if unit else "",
        who=names.get(row.staff_id, ""),
        purpose=Purpose(row.purpose).label,
        why=row.why,
        hours=row.hours,
        state=row.state,
        state_title=RequestState(row.state).label,
        asked_at=row.asked_at,
        decided_by=_named(row.decided_by, names),
        said=row.said,
        open_until=open_until,
        may_sign=row.customer.unit_id in access.scope(SIGN) and row.staff_id != access.staff_id,
        is_mine=row.staff_id == access.staff_id,
    )


def _glass(row: BrokenGlass, access: Access, names: dict[int, str]) -> GlassRow:
    unit = access.tree.units.get(row.customer.unit_id)
    return GlassRow(
        id=row.pk,
        customer_id=row.customer_id,
        customer=_shown(row, access),
        unit=unit.name if unit else "",
        who=names.get(row.staff_id, ""),
        why=row.why,
        at=row.at,
        verdict=row.verdict,
        verdict_title=Verdict(row.verdict).label,
        reviewed_by=_named(row.reviewed_by, names),
        said=row.said,
        may_review=row.customer.unit_id in access.scope(SIGN)
        and row.staff_id != access.staff_id
        and row.verdict == Verdict.OPEN,
    )
