"""Corrections: what waits for a manager, what an archivist has to write right, what became of one's own reports."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from bihuan.domain.customers.queries.profile_rules import field_title
from bihuan.domain.customers.queries.reach import SIGN, reach_of
from bihuan.domain.org import queries as org
from bihuan.domain.org.ports import Access
from bihuan.domain.portfolios.choices import CorrectionKind, CorrectionState
from bihuan.domain.portfolios.models import Correction
from bihuan.kit.masking import mask_text
from bihuan.kit.paging import Page, keyset

_PLAIN = {"name": "名称", "note": "备注"}
UNDER_WAY = (CorrectionState.REPORTED, CorrectionState.ASSIGNED)


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """One correction; `customer` is there for who sees the file only, values are masked."""

    id: int
    customer_id: int
    customer: str
    field: str
    said: str
    kind_title: str
    sender: str
    state: str
    state_title: str
    reported_by: str
    reported_at: datetime
    archivist: str
    before: str
    after: str
    answer: str
    may_assign: bool
    may_correct: bool


def corrections(
    access: Access, *, done: bool = False, after: str = "", before: str = ""
) -> Page[CorrectionRow]:
    """Return the corrections one signs for, works on or reported: under way, or done; newest first."""
    found = Correction.objects.select_related("customer").filter(_mine(access))
    states = Q(state__in=UNDER_WAY)
    found = found.exclude(states) if done else found.filter(states)
    page = keyset(found, order=("-id",), after=after, before=before, size=30)
    return _page(page, access)


def correction(access: Access, correction_id: int) -> CorrectionRow | None:
    """Return one correction, or None where the asker has nothing to do with it."""
    found = Correction.objects.select_related("customer").filter(_mine(access), pk=correction_id)
    rows = _page(Page(list(found)), access).rows
    return rows[0] if rows else None


def _mine(access: Access) -> Q:
    scope = access.scope(SIGN)
    signed = Q(pk__gt=0) if scope.everywhere else Q(customer__unit_id__in=scope.unit_ids)
    return signed | Q(reported_by_id=access.staff_id) | Q(archivist_id=access.staff_id)


def _page(page: Page[Correction], access: Access) -> Page[CorrectionRow]:
    ids = [row.pk for row in page.rows]
    seen = set(
        Correction.objects.filter(reach_of(access).condition("customer__"), pk__in=ids).values_list(
            "pk", flat=True
        )
    )
    people = org.names_of(
        {row.reported_by_id for row in page.rows}
        | {row.archivist_id for row in page.rows if row.archivist_id}
    )
    return page.map(lambda row: _row(row, access, people, sees=row.pk in seen))


def _row(row: Correction, access: Access, people: dict[int, str], *, sees: bool) -> CorrectionRow:
    signs = row.customer.unit_id in access.scope(SIGN)
    return CorrectionRow(
        id=row.pk,
        customer_id=row.customer_id,
        customer=mask_text(row.customer.name) if sees else "",
        field=_PLAIN.get(row.field) or field_title(row.field),
        said=mask_text(row.said),
        kind_title=CorrectionKind(row.kind).label,
        sender=row.sender,
        state=row.state,
        state_title=CorrectionState(row.state).label,
        reported_by=people.get(row.reported_by_id, ""),
        reported_at=row.reported_at,
        archivist=people.get(row.archivist_id or 0, ""),
        before=row.before if sees else "",
        after=row.after if sees else "",
        answer=row.answer,
        may_assign=signs and row.state in UNDER_WAY,
        may_correct=row.archivist_id == access.staff_id and row.state == CorrectionState.ASSIGNED,
    )
