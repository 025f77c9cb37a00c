"""What a day came to, and how much the org units have in hand: the figures of desks and daily sheets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bihuan.domain.cases import events
from bihuan.domain.cases.queries.listing import unit_name
from bihuan.domain.escalations.events import ESCALATED
from bihuan.domain.org.ports import Access
from bihuan.kit import db

FIGURES: Final[Mapping[str, str]] = {
    events.OPENED: "受理",
    events.CLOSED: "办结",
    events.REWORKED: "返工",
    events.REOPENED: "重开",
    "clock.warned": "预警",
    "clock.overdue": "超期",
    ESCALATED: "升级",
    events.SUPERVISION_ISSUED: "督办",
    events.URGED: "客户催办",
    events.WITHDRAWN: "撤回",
}
_DAY = """
select f.name, count(distinct case when f.name like 'clock.%%' then f.subject else f.id::text end)
from ledger_fact f join cases_case c on c.id = split_part(f.root, ':', 2)::bigint
where f.name = any(%(names)s) and f.at >= %(since)s and f.at < %(until)s
    and f.recorded_at >= %(since)s and f.root like 'case:%%'
    and (f.name not like 'clock.%%' or f.subject like 'unit:%%')
    and (%(everywhere)s or c.involved_unit_ids && %(units)s::bigint[])
group by f.name
"""
_LOADS = """
with live as (
    select coalesce(t.unit_id, i.unit_id) as unit_id,
        count(*) as open,
        count(*) filter (where t.state = 'OPEN') as waiting,
        count(*) filter (where t.rank_at <= %(at)s) as overdue,
        count(*) filter (where t.rank_at > %(at)s and t.warn_at <= %(at)s) as warned
    from processes_token t join processes_processinstance i on i.id = t.instance_id
    where t.kind = 'USER' and t.state in ('OPEN', 'CLAIMED') and i.root like 'case:%%'
        and (%(everywhere)s or coalesce(t.unit_id, i.unit_id) = any(%(units)s))
    group by 1
), people as (
    select h.unit_id, count(distinct h.staff_id) as here
    from org_holding h join org_post p on p.id = h.post_id join org_role r on r.id = p.role_id
    join org_staff s on s.id = h.staff_id
    where r.verbs @> array['unit.work']::varchar[] and h.held_from <= %(at)s
        and (h.held_until is null or h.held_until > %(at)s)
        and (s.left_at is null or s.left_at > %(at)s)
        and not exists (select from org_leave l where l.staff_id = s.id
            and l.away_from <= %(at)s and l.away_until > %(at)s)
    group by 1
)
select live.unit_id, live.open, live.waiting, live.overdue, live.warned, coalesce(people.here, 0)
from live left join people on people.unit_id = live.unit_id
order by live.overdue desc, live.warned desc, live.open desc, live.unit_id limit %(most)s
"""
MOST_UNITS: Final = 200
_SEEN = "(%(everywhere)s or c.involved_unit_ids && %(units)s::bigint[])"
_ORDERS = f"""
select count(*), count(*) filter (where o.state = 'ISSUED' and o.due_at <= %(at)s)
from cases_supervisionorder o join cases_case c on c.id = o.case_id
where o.ended_at is null and {_SEEN}
"""  # noqa: S608 -- our own words
_REWORKS = f"""
select count(*), count(*) filter (where c.rework_count > 1) from cases_case c
where c.state in ('OPEN', 'RESOLVED') and c.rework_count > 0 and {_SEEN}
"""  # noqa: S608 -- our own words


@dataclass(frozen=True, slots=True)
class OrderCounts:
    """How many supervision orders have not ended, and how many of them nobody answered in time."""

    waiting: int
    late: int


@dataclass(frozen=True, slots=True)
class ReworkCounts:
    """How many open cases were reworked, and how many of them twice or more."""

    reworked: int
    twice: int


@dataclass(frozen=True, slots=True)
class OrgUnitLoad:
    """What an org unit has in hand: open units, of which nobody has taken, overdue and warned; who is here."""

    org_unit_id: int
    org_unit: str
    open: int
    waiting: int
    overdue: int
    warned: int
    people: int

    @property
    def each(self) -> float:
        """Return how many units that is for each person present."""
        return round(self.open / self.people, 1) if self.people else float(self.open)


def day_figures(access: Access, since: datetime, until: datetime) -> dict[str, int]:
    """Return how often each of `FIGURES` happened in a half-open period to cases a person may see.

    Warnings and limits passed are counted once for each unit.
    """
    scope = access.scope("case.view")
    return _figures(since, until, scope.unit_ids, everywhere=scope.everywhere)


def org_unit_figures(unit_ids: Sequence[int], since: datetime, until: datetime) -> dict[str, int]:
    """Return the same for cases that some org units were involved in; the caller has checked who asks."""
    return _figures(since, until, unit_ids, everywhere=False)


def org_unit_loads(access: Access, at: datetime) -> list[OrgUnitLoad]:
    """Return the load of each org unit whose cases a person may see, the most overdue first."""
    scope = access.scope("case.view")
    params = {
        "everywhere": scope.everywhere,
        "units": list(scope.unit_ids),
        "at": at,
        "most": MOST_UNITS,
    }
    return [
        OrgUnitLoad(unit_id, unit_name(access, unit_id), *counts)
        for unit_id, *counts in db.rows(_LOADS, params)
    ]


def order_counts(
    access: Access, at: datetime, unit_ids: Sequence[int] | None = None
) -> OrderCounts:
    """Count the supervision orders under way about cases a person may see, or of some org units."""
    row = db.one(_ORDERS, {**_where(access, unit_ids), "at": at})
    return OrderCounts(*row) if row else OrderCounts(0, 0)


def rework_counts(access: Access, unit_ids: Sequence[int] | None = None) -> ReworkCounts:
    """Count the open cases that were reworked, of those a person may see, or of some org units."""
    row = db.one(_REWORKS, _where(access, unit_ids))
    return ReworkCounts(*row) if row else ReworkCounts(0, 0)


def _where(access: Access, unit_ids: Sequence[int] | None) -> dict[str, object]:
    if unit_ids is not None:
        return {"everywhere": False, "units": list(unit_ids)}
    scope = access.scope("case.view")
    return {"everywhere": scope.everywhere, "units": list(scope.unit_ids)}


def _figures(
    since: datetime, until: datetime, unit_ids: Sequence[int], *, everywhere: bool
) -> dict[str, int]:
    params = {
        "names": list(FIGURES),
        "since": since,
        "until": until,
        "everywhere": everywhere,
        "units": list(unit_ids),
    }
    found = dict(db.rows(_DAY, params))
    return {name: int(found.get(name, 0)) for name in FIGURES}
