"""Segments are kept, shared, changed, forgotten, and taken away as a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from bihuan.domain.customers.models import Segment
from bihuan.domain.customers.queries import segments as queries
from bihuan.domain.customers.queries.segments import SegmentUnknown
from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org import queries as org
from bihuan.domain.org.ports import Access
from bihuan.kit.problems import Invalid, NotAllowed, Refused

LONGEST: Final = 64


class SegmentTitleMissing(Invalid):
    """A segment is found again by its title."""

    message = "给分群起个名字，最多 64 个字。"


class SegmentTitleTaken(Refused):
    """One's own segments have different titles."""

    message = "您已有一个同名的分群。"


@dataclass(frozen=True, slots=True)
class SegmentDraft:
    """A segment as typed. `condition` is what `engines.segments.read` reads."""

    title: str
    condition: Mapping[str, Any]
    is_shared: bool = False


@transaction.atomic
def save_segment(
    *, access: Access, draft: SegmentDraft, segment_id: int | None = None, by: Actor, at: datetime
) -> int:
    """Keep a new segment, or change one's own; it is counted now, among those its owner sees."""
    org.authorise(by, "customer.segment", at=at)
    title = draft.title.strip()
    if not 0 < len(title) <= LONGEST:
        raise SegmentTitleMissing(fields={"title": SegmentTitleMissing.message})
    found = _own(segment_id, access) if segment_id else None
    same = Segment.objects.filter(owner_id=access.staff_id, title=title)
    if same.exclude(pk=segment_id or 0).exists():
        raise SegmentTitleTaken(fields={"title": SegmentTitleTaken.message})
    one = found or Segment(owner_id=access.staff_id, created_at=at)
    one.title, one.condition, one.is_shared = title, dict(draft.condition), draft.is_shared
    one.count, one.counted_at, one.updated_at = (
        queries.count(access, draft.condition, at=at),
        at,
        at,
    )
    one.save()
    data = {"title": title, "shared": draft.is_shared, "count": one.count}
    _record("segment.changed" if found else "segment.made", one.pk, by, at, data)
    return one.pk


@transaction.atomic
def remove_segment(*, access: Access, segment_id: int, by: Actor, at: datetime) -> None:
    """Forget one's own segment."""
    org.authorise(by, "customer.segment", at=at)
    one = _own(segment_id, access)
    _record("segment.removed", segment_id, by, at, {"title": one.title})
    one.delete()


@transaction.atomic
def record_export(*, access: Access, segment_id: int, by: Actor, at: datetime) -> None:
    """Leave a fact that somebody takes a segment's customers away as a file (SEC-01)."""
    org.authorise(by, "export.run", at=at)
    row = queries.segment(access, segment_id)
    rows = queries.count(access, row.condition, at=at)
    _record("segment.exported", segment_id, by, at, {"title": row.title, "rows": rows})


def _own(segment_id: int, access: Access) -> Segment:
    one = Segment.objects.select_for_update().filter(pk=segment_id).first()
    if one is None or (one.owner_id != access.staff_id and not one.is_shared):
        raise SegmentUnknown
    if one.owner_id != access.staff_id:
        raise NotAllowed
    return one


def _record(fact: str, segment_id: int, by: Actor, at: datetime, data: dict[str, Any], /) -> None:
    ref = f"segment:{segment_id}"
    ledger.record(Fact(fact, ref, ref, at, by, data=data))
