"""Which cases belong together, as far as the asker may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from bihuan.domain.cases.models import Burst, CaseLink, CaseMerge, ControlledClosure
from bihuan.domain.cases.queries.listing import CaseRow, rows_of, visible
from bihuan.domain.org import queries as org
from bihuan.domain.org.ports import Access
from bihuan.kit import db

MOST = 200
_SURVIVOR = """
with recursive chain as (
    select id, number, merged_into_id, 1 as depth from cases_case where number = %s
    union all
    select c.id, c.number, c.merged_into_id, depth + 1 from cases_case c
    join chain on c.id = chain.merged_into_id where depth < 100
)
select number from chain where merged_into_id is null
"""


@dataclass(frozen=True, slots=True)
class Gathered:
    """The cases around one: linked, its mass incident, its children, its survivor, what it took in."""

    linked: tuple[CaseRow, ...]
    parent: CaseRow | None
    children: tuple[CaseRow, ...]
    survivor: CaseRow | None
    merged: tuple[CaseRow, ...]


@dataclass(frozen=True, slots=True)
class BurstRow:
    """Many cases of one class at one place in a short time."""

    id: int
    cls: str
    org_unit: str
    count: int
    first_at: datetime
    last_at: datetime
    told: tuple[str, ...]
    taken_at: datetime | None
    cases: tuple[CaseRow, ...]
    can_take: bool


@dataclass(frozen=True, slots=True)
class ControlRow:
    """A controlled closure that waits for its second signature, or how it went."""

    reason: str
    signed_by: str
    signed_at: datetime
    countersigned_by: str
    countersigned_at: datetime | None
    declined_by: str
    declined_at: datetime | None
    decline_reason: str


def gathered(access: Access, case_id: int) -> Gathered:
    """Return the cases around one; those the asker may not see are left out."""
    links = CaseLink.objects.filter(removed_at=None)
    pairs = links.filter(Q(first_id=case_id) | Q(second_id=case_id))
    linked = [other for pair in pairs.values_list("first_id", "second_id") for other in pair]
    own = db.one("select parent_id, merged_into_id from cases_case where id = %s", (case_id,))
    parent_id, survivor_id = own or (None, None)
    merges = CaseMerge.objects.filter(survivor_id=case_id, undone_at=None)
    return Gathered(
        linked=_rows(access, [one for one in linked if one != case_id]),
        parent=next(iter(_rows(access, [parent_id])), None),
        children=_rows(access, _children(case_id)),
        survivor=next(iter(_rows(access, [survivor_id])), None),
        merged=_rows(access, list(merges.values_list("case_id", flat=True)[:MOST])),
    )


def survivor_number(number: str) -> str:
    """Return the number of the case one goes on in: links, mails and portals follow it."""
    row = db.one(_SURVIVOR, (number,))
    return str(row[0]) if row else number


def bursts(access: Access, *, open_only: bool = True, size: int = 20) -> list[BurstRow]:
    """Return the bursts a person was told of or may see all cases of, newest first."""
    scope = access.scope("case.view")
    own = Q(told__contains=[access.staff_id])
    found = Burst.objects.select_related("cls", "org_unit").order_by("-id")
    if not scope.everywhere:
        found = found.filter(own | Q(org_unit_id__in=scope.unit_ids))
    if open_only:
        found = found.filter(taken_at=None)
    return [_burst(access, one) for one in found[: min(size, MOST)]]


def controls_of(case_id: int) -> list[ControlRow]:
    """Return the controlled closures asked for, oldest first; the caller has checked who may see it."""
    return [
        ControlRow(
            one.reason,
            one.signed_by,
            one.signed_at,
            one.countersigned_by,
            one.countersigned_at,
            one.declined_by,
            one.declined_at,
            one.decline_reason,
        )
        for one in ControlledClosure.objects.filter(case_id=case_id).order_by("id")
    ]


def _children(case_id: int) -> list[int]:
    found = db.rows("select id from cases_case where parent_id = %s limit %s", (case_id, MOST))
    return [row[0] for row in found]


def _rows(access: Access, ids: Sequence[int | None]) -> tuple[CaseRow, ...]:
    wanted = [one for one in ids if one is not None]
    if not wanted:
        return ()
    cases = visible(access).filter(pk__in=wanted).select_related("standing").defer("description")
    return tuple(rows_of(access, cases.order_by("id")))


def _burst(access: Access, one: Burst) -> BurstRow:
    names = org.names_of(one.told)
    return BurstRow(
        id=one.pk,
        cls=one.cls.name,
        org_unit=one.org_unit.name,
        count=len(one.case_ids),
        first_at=one.first_at,
        last_at=one.last_at,
        told=tuple(names.values()),
        taken_at=one.taken_at,
        cases=_rows(access, one.case_ids[-20:]),
        can_take=one.taken_at is None and access.staff_id in one.told,
    )
