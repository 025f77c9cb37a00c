"""Hand-overs: what waits for a signature, what was handed over, whom the new owner has called, and how many in time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, F, Q, QuerySet

from bihuan.domain.customers.queries import segments
from bihuan.domain.customers.queries.contacting import may_contact
from bihuan.domain.customers.queries.profile_rules import Selection, selections
from bihuan.domain.customers.queries.reach import SIGN, reach_of
from bihuan.domain.org import queries as org
from bihuan.domain.org.ports import Access
from bihuan.domain.portfolios.choices import MOST_HANDED_OVER, CallOutcome, HandoverState
from bihuan.domain.portfolios.models import Handover, HandoverLine
from bihuan.engines.contacting import Clearance, Purpose
from bihuan.kit import db
from bihuan.kit.masking import mask_text
from bihuan.kit.paging import Page, keyset

SEGMENT: Final = "segment-"
BY_PACK, BY_SEGMENT = "行业条件", "分群"
MONTH: Final = timedelta(days=30.4375)
_FOUND: Final = """
select c.id, c.name, c.owner_id from customers_customer c
where c.merged_into_id is null and c.state <> 'LOST' and {reach} and c.owner_id = any(%(from)s)
  and c.created_at <= %(made_before)s {where}
order by c.name_norm, c.id limit %(most)s
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer who may be handed over."""

    id: int
    name: str
    owner_id: int


@dataclass(frozen=True, slots=True)
class HandoverRow:
    """One hand-over. `called` of `count` customers were called, `late` of them after `due_at`."""

    id: int
    number: str
    state: str
    state_title: str
    unit: str
    asked_by: str
    asked_at: datetime
    reason: str
    condition: str
    owner: str
    decided_by: str
    decided_at: datetime | None
    said: str
    due_at: datetime | None
    count: int
    called: int
    late: int
    may_sign: bool
    may_undo: bool
    is_mine: bool

    @property
    def in_time(self) -> int:
        """Return per cent of the customers that were called in time (CBK-05); of all, not of those called."""
        return (self.called - self.late) * 100 // self.count if self.count else 0


@dataclass(frozen=True, slots=True)
class LineRow:
    """One customer of a hand-over; the name is there for who sees the file only."""

    id: int
    customer_id: int
    name: str
    former: str
    called_at: datetime | None
    outcome: str
    note: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """A way to choose whom to hand over: a selection of a pack, or a kept segment; `group` says which."""

    code: str
    title: str
    group: str


def offered(access: Access) -> Sequence[Offer]:
    """Return the selections that packs offer, and the segments that this person may use."""
    found = [Offer(one.code, one.title, BY_PACK) for one in selections()]
    kept = segments.segment_list(access).rows if access.may("customer.segment") else ()
    return [
        *found,
        *(Offer(f"{SEGMENT}{one.id}", one.title, BY_SEGMENT) for one in kept if one.told),
    ]


def candidates(
    access: Access, *, owner_ids: Sequence[int], code: str = "", at: datetime
) -> list[Candidate]:
    """Return the customers of some owners that a selection or a segment finds among those the asker sees; none lost."""
    chosen = next((one for one in selections() if one.code == code), None)
    reach, values = reach_of(access).sql("c")
    where, more = _in_segment(access, code, at) if code.startswith(SEGMENT) else _where(chosen)
    made_before = at - MONTH * chosen.months if chosen else at
    params = {
        **values,
        **more,
        "from": list(owner_ids),
        "made_before": made_before,
        "most": MOST_HANDED_OVER + 1,
    }
    sql = _FOUND.format(reach=reach, where=where)
    found = segments.bounded(lambda: db.rows(sql, params))
    return [Candidate(key, mask_text(name), owner) for key, name, owner in found]


def handovers(
    access: Access, *, mine: bool = False, after: str = "", before: str = ""
) -> Page[HandoverRow]:
    """Return the hand-overs one signs for, asked for or got, newest first."""
    page = keyset(_visible(access, mine=mine), order=("-id",), after=after, before=before, size=30)
    return _page(page, access)


def handover(access: Access, handover_id: int) -> HandoverRow | None:
    """Return one hand-over, or None where the asker has nothing to do with it."""
    found = list(_visible(access).filter(pk=handover_id))
    return _page(Page(found), access).rows[0] if found else None


def lines(access: Access, handover_id: int, *, after: str = "") -> Page[LineRow]:
    """Return the customers of a hand-over, those not called first; the caller has asked for the hand-over."""
    found = HandoverLine.objects.filter(handover_id=handover_id).select_related("customer")
    page = keyset(found, order=("id",), after=after, size=50)
    due = Handover.objects.filter(pk=handover_id).values_list("due_at", flat=True).first()
    ids = [row.customer_id for row in page.rows]
    seen = set(
        HandoverLine.objects.filter(
            reach_of(access).condition("customer__"), handover_id=handover_id, customer_id__in=ids
        ).values_list("customer_id", flat=True)
    )
    people = org.names_of(row.former_id for row in page.rows if row.former_id)
    return page.map(
        lambda row: LineRow(
            id=row.pk,
            customer_id=row.customer_id,
            name=mask_text(row.customer.name) if row.customer_id in seen else "",
            former=people.get(row.former_id or 0, ""),
            called_at=row.called_at,
            outcome=CallOutcome(row.outcome).label if row.outcome else "",
            note=row.note,
            is_late=bool(row.called_at and due and row.called_at > due),
        )
    )


def may_call(line_ids: Collection[int], *, at: datetime) -> dict[int, Clearance]:
    """Return of some lines whose customers wait for their first call whether they may be called now."""
    waiting = HandoverLine.objects.filter(pk__in=line_ids, called_at__isnull=True)
    customer_of = dict(waiting.values_list("id", "customer_id"))
    found = may_contact(customer_of.values(), "PHONE", Purpose.CARE, at=at)
    return {line_id: found[customer_id] for line_id, customer_id in customer_of.items()}


def to_sign(access: Access) -> int:
    """Return how many hand-overs wait for one's signature; counting stops at 99."""
    if not access.may(SIGN):
        return 0
    found = _signed_by(access).filter(state=HandoverState.ASKED)
    return found.exclude(asked_by_id=access.staff_id)[:99].count()


def _where(chosen: Selection | None) -> tuple[str, dict[str, Any]]:
    parts, values = "", {}
    for number, one in enumerate(chosen.where if chosen else ()):
        values[f"field{number}"] = one["field"]
        text = f"c.attributes->>%(field{number})s"
        if "least" in one:
            values[f"least{number}"] = one["least"]
            digits = f"{text} ~ '^[0-9]+([.][0-9]+)?$'"
            parts += f" and case when {digits} then ({text})::numeric >= %(least{number})s else false end"
        if "is" in one:
            values[f"is{number}"] = str(one["is"])
            parts += f" and {text} = %(is{number})s"
    return parts, values


def _in_segment(access: Access, code: str, at: datetime) -> tuple[str, dict[str, Any]]:
    if not access.may("customer.segment"):
        raise segments.SegmentUnknown
    number = code.removeprefix(SEGMENT)
    kept = segments.segment(access, int(number) if number.isdecimal() else 0)
    sql, values = segments.fitting(access, kept.condition, at=at)
    return f" and c.id in ({sql})", dict(values)


def _signed_by(access: Access) -> "QuerySet[Handover]":
    scope = access.scope(SIGN)
    found = Handover.objects.all()
    return found if scope.everywhere else found.filter(unit_id__in=scope.unit_ids)


def _visible(access: Access, *, mine: bool = False) -> "QuerySet[Handover]":
    me = Q(asked_by_id=access.staff_id) | Q(owner_id=access.staff_id)
    former = HandoverLine.objects.filter(former_id=access.staff_id).values("handover_id")
    involved = me | Q(pk__in=former, state__in=(HandoverState.SIGNED, HandoverState.UNDONE))
    if mine:
        return Handover.objects.filter(involved)
    return Handover.objects.filter(Q(pk__in=_signed_by(access).values("pk")) | involved)


def _page(page: Page[Handover], access: Access) -> Page[HandoverRow]:
    ids = [row.pk for row in page.rows]
    late = Q(called_at__gt=F("handover__due_at"))
    counted = (
        HandoverLine.objects.filter(handover_id__in=ids)
        .values_list("handover_id")
        .annotate(count=Count("id"), called=Count("called_at"), late=Count("id", filter=late))
    )
    counts = {key: rest for key, *rest in counted}
    by = {row.decided_by for row in page.rows if row.decided_by.startswith("staff:")}
    people = org.names_of(
        {int(ref.partition(":")[2]) for ref in by}
        | {row.asked_by_id for row in page.rows}
        | {row.owner_id for row in page.rows if row.owner_id}
    )
    return page.map(lambda row: _row(row, access, people, counts.get(row.pk, [0, 0, 0])))


def _row(
    row: Handover, access: Access, people: dict[int, str], counts: Sequence[int]
) -> HandoverRow:
    unit = access.tree.units.get(row.unit_id)
    signs = row.unit_id in access.scope(SIGN)
    decider = int(row.decided_by.partition(":")[2]) if row.decided_by.startswith("staff:") else 0
    count, called, late = counts
    return HandoverRow(
        id=row.pk,
        number=f"H{row.pk}",
        state=row.state,
        state_title=HandoverState(row.state).label,
        unit=unit.name if unit else "",
        asked_by=people.get(row.asked_by_id, ""),
        asked_at=row.asked_at,
        reason=row.reason,
        condition=row.condition,
        owner=people.get(row.owner_id or 0, ""),
        decided_by=people.get(decider, ""),
        decided_at=row.decided_at,
        said=row.said,
        due_at=row.due_at,
        count=count,
        called=called,
        late=late,
        may_sign=signs and row.state == HandoverState.ASKED and row.asked_by_id != access.staff_id,
        may_undo=signs and row.state == HandoverState.SIGNED and not called,
        is_mine=row.owner_id == access.staff_id and row.state == HandoverState.SIGNED,
    )
