"""The same problem again and again within a short time: noticed at once and reported upwards (TKT-19).

A class says how many within how long (`burst: 5 in PT2H`); what counts as the same place is the org unit
that took the cases in.
"""

import re
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from bihuan.domain.cases import events
from bihuan.domain.cases.events import case_ref
from bihuan.domain.cases.models import Burst
from bihuan.domain.ledger.actions import record
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.notifications import actions as notifications
from bihuan.domain.notifications.choices import Topic
from bihuan.domain.notifications.events import Notice
from bihuan.domain.org import queries as org
from bihuan.engines.worktime import parse_limit
from bihuan.kit import db
from bihuan.kit.problems import NotAllowed, NotFound, Refused

VERB = "case.supervise"
PATTERN: Final = re.compile(r"(?P<count>[1-9]\d{0,3}) in (?P<within>PT?\S+)")
BY = Actor("system:bursts")
_RECENT = """
select array_agg(id order by id), min(opened_at) from (
    select id, opened_at from cases_case
    where cls_id = %(cls)s and org_unit_id = %(unit)s and opened_at > %(since)s
      and opened_at <= %(at)s order by opened_at desc limit 1000) as recent
"""


class BurstMissing(NotFound):
    """No such burst."""

    message = "没有这条集中出现的报告。"


class BurstTaken(Refused):
    """Somebody has taken it in hand already."""

    message = "已有人接手处理。"


@dataclass(frozen=True, slots=True)
class _Place:
    """One class at one org unit within one stretch of time."""

    cls: int
    unit: int
    since: datetime
    at: datetime


def watch_for_burst(
    case_id: int, class_id: int, org_unit_id: int, *, rule: str, at: datetime
) -> None:
    """Look whether a new case makes a burst; the first time, and each time it doubles, tell the superiors."""
    found = PATTERN.fullmatch(rule)
    if found is None:
        return
    within = timedelta(microseconds=parse_limit(found["within"]).micros)
    place = _Place(class_id, org_unit_id, at - within, at)
    ids, first_at = db.one(_RECENT, asdict(place)) or (None, None)
    if ids is None or len(ids) < int(found["count"]):
        return
    _grow_or_begin(case_id, place, sorted({*ids, case_id}), first_at)


def _grow_or_begin(case_id: int, place: _Place, ids: list[int], first_at: datetime) -> None:
    at, class_id, unit_id = place.at, place.cls, place.unit
    burst = (
        Burst.objects.select_for_update(of=("self",))
        .filter(cls_id=class_id, org_unit_id=unit_id, last_at__gt=place.since)
        .order_by("-last_at")
        .first()
    )
    if burst is None:
        burst = Burst(cls_id=class_id, org_unit_id=unit_id, case_ids=[], first_at=first_at)
        burst.detected_at, burst.told_at_count = at, 0
    burst.case_ids, burst.last_at = sorted({*burst.case_ids, *ids}), at
    count = len(burst.case_ids)
    must_tell = count >= 2 * burst.told_at_count
    if must_tell:
        burst.told_at_count = count
        burst.told = sorted({*burst.told, *_superiors(burst.org_unit_id, burst.last_at)})
    burst.save()
    if must_tell:
        _report(burst, case_id)


def _report(burst: Burst, case_id: int) -> None:
    ref = case_ref(case_id)
    count = len(burst.case_ids)
    data = {
        "burst": burst.pk,
        "count": count,
        "cls": burst.cls.code,
        "org_unit": burst.org_unit_id,
        "cases": burst.case_ids[-50:],
        "told": [f"staff:{one}" for one in burst.told],
    }
    record(Fact(events.BURST, ref, ref, burst.last_at, BY, data=data))
    notice = Notice(
        topic=Topic.BURST,
        title=f"{burst.org_unit.name}“{burst.cls.name}”短时间内出现 {count} 件",
        root=ref,
        key=f"burst:{burst.pk}:{count}",
        urgent=True,
    )
    notifications.notify(notice, burst.told, by=BY, at=burst.last_at)


def _superiors(unit_id: int, at: datetime) -> list[int]:
    """Return who may supervise at the unit or the nearest above: the report cannot be switched off."""
    units = org.tree().units
    place: int | None = unit_id
    while place is not None and place in units:
        found = org.staff_who_may(VERB, place, at)
        if found:
            return found
        place = units[place].parent_id
    return []


@transaction.atomic
def take_burst(*, burst_id: int, note: str = "", by: Actor, at: datetime) -> None:
    """Say that one takes a burst in hand, as one of those told."""
    burst = Burst.objects.select_for_update().filter(pk=burst_id).first()
    if burst is None:
        raise BurstMissing
    if by.staff_id is None or by.staff_id not in burst.told:
        raise NotAllowed
    if burst.taken_at is not None:
        raise BurstTaken
    burst.taken_by, burst.taken_at, burst.note = by.ref, at, note.strip()
    burst.save()
    ref = case_ref(burst.case_ids[-1])
    record(Fact(events.BURST_TAKEN, ref, ref, at, by, note.strip(), {"burst": burst.pk}))
