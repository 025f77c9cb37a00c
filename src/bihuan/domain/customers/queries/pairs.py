"""Pairs of files that may be one customer, for whoever decides; and what was merged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q, QuerySet

from bihuan.domain.customers.choices import PairState
from bihuan.domain.customers.models import Merge, Pair
from bihuan.domain.customers.queries.reach import reach_of
from bihuan.domain.org.ports import Access
from bihuan.kit.paging import Page, keyset
from bihuan.kit.problems import NotFound

COUNTED: Final = 100


class PairUnknown(NotFound):
    """There is no such pair, or not where the asker may merge."""

    message = "没有找到这一对，或不在您的查看范围内。"


@dataclass(frozen=True, slots=True)
class PairRow:
    """Two files and what speaks for their being one; `score` 0–1."""

    id: int
    left_id: int
    right_id: int
    left_name: str
    right_name: str
    score: float
    evidence: tuple[tuple[str, int], ...]
    state: str
    decided_by: str
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class MergeRow:
    """One file that was joined to a customer."""

    id: int
    absorbed_id: int
    absorbed_name: str
    rule: str
    reason: str
    evidence: tuple[tuple[str, int], ...]
    moved: int
    by: str
    at: datetime
    undone_by: str
    undone_at: datetime | None


def pair_queue(
    access: Access, *, after: str = "", before: str = "", size: int = 30
) -> Page[PairRow]:
    """Return the pairs to decide about where the asker may merge, the most alike first."""
    found = _open(access)
    page = keyset(found, order=("-score", "id"), after=after, before=before, size=size)
    return page.map(_row)


def pairs_waiting(access: Access) -> int:
    """Return how many pairs wait, at most a hundred are counted."""
    return _open(access)[:COUNTED].count()


def pair(access: Access, pair_id: int) -> PairRow:
    """Return one pair, decided or not, or refuse with PairUnknown."""
    found = _visible(access).filter(pk=pair_id).first()
    if found is None:
        raise PairUnknown
    return _row(found)


def pairs_of(access: Access, customer_id: int) -> Sequence[PairRow]:
    """Return the pairs to decide about one customer, the most alike first."""
    both = Q(left_id=customer_id) | Q(right_id=customer_id)
    return [_row(one) for one in _open(access).filter(both).order_by("-score", "id")[:5]]


def merges_of(customer_id: int) -> Sequence[MergeRow]:
    """Return what was joined to a customer, newest first. The caller answers for the right to see it."""
    found = Merge.objects.filter(survivor_id=customer_id).select_related("absorbed")
    return [_merge(one) for one in found.order_by("-id")[:COUNTED]]


def _open(access: Access) -> "QuerySet[Pair]":
    standing = {"left__merged_into__isnull": True, "right__merged_into__isnull": True}
    return _visible(access).filter(state=PairState.OPEN, **standing)


def _visible(access: Access) -> "QuerySet[Pair]":
    scope = access.scope("customer.merge")
    reach = reach_of(access)
    both = reach.condition("left__") & reach.condition("right__")
    found = Pair.objects.filter(both).select_related("left", "right")
    if scope.everywhere:
        return found
    return found.filter(left__unit_id__in=scope.unit_ids, right__unit_id__in=scope.unit_ids)


def _row(one: Pair) -> PairRow:
    return PairRow(
        id=one.pk,
        left_id=one.left_id,
        right_id=one.right_id,
        left_name=one.left.name,
        right_name=one.right.name,
        score=one.score,
        evidence=tuple((part[0], part[1]) for part in one.evidence),
        state=one.state,
        decided_by=one.decided_by,
        decided_at=one.decided_at,
    )


def _merge(one: Merge) -> MergeRow:
    return MergeRow(
        id=one.pk,
        absorbed_id=one.absorbed_id,
        absorbed_name=one.absorbed.name,
        rule=one.rule,
        reason=one.reason,
        evidence=tuple((part[0], part[1]) for part in one.evidence),
        moved=sum(len(rows) for name, rows in one.moved.items() if name != "primary"),
        by=one.by,
        at=one.at,
        undone_by=one.undone_by,
        undone_at=one.undone_at,
    )
