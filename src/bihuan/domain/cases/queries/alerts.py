"""What the command desk watches (MON-08): cases overdue, warned, escalated or supervised.

All that somebody may see of it is one list, the *board*: short entries, the most urgent first. People
whose permissions reach equally far have the same *eyes*, and one board serves all of them: it is read once
and kept for a moment, however many screens show it. Filters, counts and pages are cut out of it.
"""

import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from bihuan.domain.cases.choices import OrderState
from bihuan.domain.cases.queries.listing import sees_phones, unit_name
from bihuan.domain.cases.queries.viewing import involved_units
from bihuan.domain.escalations.queries import level_name
from bihuan.domain.org.ports import Access
from bihuan.domain.org.queries import names_of
from bihuan.domain.processes.choices import FAR
from bihuan.kit import db
from bihuan.kit.masking import mask_text

TRUSTED_SECONDS: Final = 1.0
"""How long a process shows a board without reading it again."""
MOST: Final = 2000
"""The longest board; beyond it stands only what is least urgent."""
OVERDUE, WARN, ESCALATED, SUPERVISED = "overdue", "warn", "escalated", "supervised"
TIERS: Final = (OVERDUE, WARN, ESCALATED, SUPERVISED)
SOON: Final = timedelta(hours=1)
_KEPT: Final = 200
_VERBS: Final = ("case.view", "customer.see_phone", "case.supervise", "unit.urge", "unit.assign")

_OPEN = "t.kind = 'USER' and t.state in ('OPEN', 'CLAIMED')"
_MARKED = f"""
select split_part(i.root, ':', 2)::bigint as id from processes_token t
join processes_processinstance i on i.id = t.instance_id
where {_OPEN} and least(t.warn_at, t.rank_at) <= %(at)s and i.root like 'case:%%'
union
select split_part(subject, ':', 2)::bigint from escalations_escalation
where needs_answer and acknowledged_at is null and subject like 'case:%%'
union
select case_id from cases_supervisionorder where ended_at is null
"""  # noqa: S608 -- our own words
_NAMED = "select unnest(%(ids)s::bigint[]) as id"
_BOARD = f"""
with marked as ({{marked}})
select c.id, u.id, u.rank_at, u.warn_at, coalesce(u.unit_id, c.responsible_unit_id, c.org_unit_id),
    coalesce(u.key, ''), c.level, c.rework_count, c.opened_at,
    exists (select from escalations_escalation e where e.subject = 'case:' || c.id
        and e.needs_answer and e.acknowledged_at is null),
    exists (select from cases_supervisionorder o where o.case_id = c.id and o.ended_at is null)
from marked join cases_case c on c.id = marked.id
left join lateral (
    select t.id, t.rank_at, t.warn_at, t.unit_id, d.key
    from processes_processinstance i
    join processes_token t on t.instance_id = i.id and {_OPEN}
    join packs_definition d on d.id = i.definition_id
    where i.root = 'case:' || c.id and i.ended_at is null
    order by t.rank_at, t.id limit 1
) as u on true
where c.closure_id is null and c.merged_into_id is null
    and (%(everywhere)s or c.involved_unit_ids && %(units)s::bigint[])
order by u.rank_at nulls last, c.id limit %(most)s
"""  # noqa: S608 -- our own words
_SHOWN = """
select c.id, c.number, c.title, k.request_type, k.name, c.grade, c.pack, c.level, c.rework_count,
    c.urge_count, c.org_unit_id, c.responsible_unit_id, s.current_units, t.id, t.title,
    t.assignee_id, t.unit_id, t.due_at, orders.total, orders.waiting, orders.late
from cases_case c
join cases_caseclass k on k.id = c.cls_id
join cases_standing s on s.case_id = c.id
join unnest(%(ids)s::bigint[], %(tokens)s::bigint[]) as wanted (case_id, token_id)
    on wanted.case_id = c.id
left join processes_token t on t.id = wanted.token_id
cross join lateral (
    select count(*) as total, count(*) filter (where ended_at is null) as waiting,
        count(*) filter (where state = %(issued)s and due_at <= %(at)s) as late
    from cases_supervisionorder where case_id = c.id
) as orders
"""


@dataclass(frozen=True, slots=True)
class AlertEntry:
    """One case on the board: just enough to filter, count and sort it.

    `unit_id` is its most urgent open unit, `org_unit_id` where that is; `rank_at` when that is due, None
    when no clock runs.
    """

    case_id: int
    unit_id: int | None
    rank_at: datetime | None
    warn_at: datetime | None
    org_unit_id: int
    process: str
    level: int
    rework_count: int
    opened_at: datetime
    is_escalated: bool
    is_supervised: bool

    def tiers(self, at: datetime) -> tuple[str, ...]:
        """Return why the case is on the board at a moment; nothing when it should leave it."""
        late = self.rank_at is not None and self.rank_at <= at
        warned = not late and self.warn_at is not None and self.warn_at <= at
        named = zip(TIERS, (late, warned, self.is_escalated, self.is_supervised), strict=True)
        return tuple(tier for tier, holds in named if holds)


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """What the board is narrowed to; empty means everything. An org unit includes all below it."""

    tier: str = ""
    org_unit_id: int | None = None
    process: str = ""
    level: int = 0


@dataclass(frozen=True, slots=True)
class AlertCounts:
    """The figures above the board. `soon` falls due within an hour, `again` was reworked twice or more."""

    all: int
    tiers: Mapping[str, int]
    soon: int
    reworked: int
    again: int
    levels: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One line of the board as a screen shows it; numbers in its title are masked as the eyes require.

    `org_path` are the ids of its org unit and all above it; `rank` is the moment it is sorted by, as
    seconds since 1970 (0: no clock runs, at the end).
    """

    case_id: int
    number: str
    title: str
    request_type: str
    class_name: str
    grade: str
    level: int
    level_name: str
    rework_count: int
    urge_count: int
    unit_id: int | None
    unit: str
    assignee: str
    org_unit: str
    org_path: tuple[int, ...]
    process: str
    tiers: tuple[str, ...]
    rank: float
    due_at: datetime | None
    orders: int
    orders_open: int
    orders_late: int
    may_supervise: bool
    may_urge: bool
    may_assign: bool


Eyes = tuple[tuple[str, ...], ...]
_boards: dict[Eyes, tuple[list[AlertEntry], float]] = {}


def eyes_of(access: Access) -> Eyes:
    """Return how far a person's permissions reach: who has the same eyes sees the same board."""
    revision = (str(access.tree.revision),)
    return (revision, *(access.grants.get(verb, ()) for verb in _VERBS))


def alert_board(access: Access, at: datetime, *, fresh: bool = False) -> list[AlertEntry]:
    """Return the board of a person, at most a second old unless `fresh` is asked for."""
    eyes, now = eyes_of(access), time.monotonic()
    kept = _boards.get(eyes)
    if kept is not None and not fresh and now - kept[1] < TRUSTED_SECONDS:
        return kept[0]
    scope = access.scope("case.view")
    mine = {"everywhere": scope.everywhere, "units": list(scope.unit_ids)}
    found = [one for one in _entries(_MARKED, at, mine) if one.tiers(at)]
    if len(_boards) >= _KEPT:
        _boards.clear()
    _boards[eyes] = (found, now)
    return found


def alerts_in(unit_ids: Sequence[int], at: datetime) -> list[AlertEntry]:
    """Return the board of some org units, whoever asks: what was ever theirs to see."""
    mine = {"everywhere": False, "units": list(unit_ids)}
    return [one for one in _entries(_MARKED, at, mine) if one.tiers(at)]


def narrowed(
    board: Sequence[AlertEntry], wanted: AlertFilter, access: Access, at: datetime
) -> list[AlertEntry]:
    """Cut what a filter asks for out of a board."""
    below = frozenset(access.tree.under(wanted.org_unit_id)) if wanted.org_unit_id else None
    return [
        one
        for one in board
        if (below is None or one.org_unit_id in below)
        and (not wanted.process or one.process == wanted.process)
        and (not wanted.level or one.level >= wanted.level)
        and (not wanted.tier or wanted.tier in one.tiers(at))
    ]


def alert_counts(entries: Sequence[AlertEntry], at: datetime) -> AlertCounts:
    """Count a board, or what a filter left of it."""
    tiers: Counter[str] = Counter(tier for one in entries for tier in one.tiers(at))
    risen = Counter(one.level for one in entries if one.is_escalated)
    return AlertCounts(
        all=len(entries),
        tiers={tier: tiers[tier] for tier in TIERS},
        soon=sum(one.rank_at is not None and at < one.rank_at <= at + SOON for one in entries),
        reworked=sum(one.rework_count > 0 for one in entries),
        again=sum(one.rework_count > 1 for one in entries),
        levels=dict(risen),
    )


def alert_rows(access: Access, entries: Sequence[AlertEntry], at: datetime) -> list[AlertRow]:
    """Return the lines of some entries, in their order; one query for all."""
    return _read(entries, at).rows(access)


@dataclass(frozen=True, slots=True)
class AlertChanges:
    """How some cases stand now, read once for everybody who watches; each gets only what they may see."""

    case_ids: frozenset[int]
    entries: Sequence[AlertEntry]
    found: Mapping[int, Sequence[Any]]
    people: Mapping[int, str]
    at: datetime
    involved: Mapping[int, frozenset[int]] = field(default_factory=dict)

    def seen_by(self, access: Access) -> "tuple[list[AlertRow], list[int]]":
        """Return the lines that a person's board has now, and the cases that are not on it (any more)."""
        scope = access.scope("case.view")
        mine = {
            one
            for one in self.case_ids
            if scope.everywhere
            or not self.involved.get(one, frozenset()).isdisjoint(scope.unit_ids)
        }
        rows = self.rows(access, mine)
        return rows, sorted(mine - {one.case_id for one in rows})

    def rows(self, access: Access, among: Collection[int] | None = None) -> list[AlertRow]:
        """Return the lines of those cases, the most urgent first."""
        return [
            _row(access, one, self.found[one.case_id], self.people, self.at)
            for one in self.entries
            if one.case_id in self.found and (among is None or one.case_id in among)
        ]


def alert_changes(case_ids: Collection[int], at: datetime) -> AlertChanges:
    """Read how some cases stand, whoever may see them: three queries, however many people watch."""
    everything = {"everywhere": True, "units": [], "ids": list(case_ids)}
    entries = [one for one in _entries(_NAMED, at, everything) if one.tiers(at)]
    involved = involved_units(case_ids)
    return replace(_read(entries, at), case_ids=frozenset(case_ids), involved=involved)


def _read(entries: Sequence[AlertEntry], at: datetime) -> AlertChanges:
    params: dict[str, Any] = {
        "ids": [one.case_id for one in entries],
        "tokens": [one.unit_id for one in entries],
        "issued": OrderState.ISSUED,
        "at": at,
    }
    found = {row[0]: row for row in db.rows(_SHOWN, params)} if entries else {}
    people = names_of({row[15] for row in found.values() if row[15]})
    return AlertChanges(frozenset(params["ids"]), entries, found, people, at)


def _entries(marked: str, at: datetime, params: Mapping[str, Any]) -> list[AlertEntry]:
    sql = _BOARD.replace("{marked}", marked)
    return [
        AlertEntry(row[0], row[1], row[2] if row[2] and row[2] < FAR else None, *row[3:])
        for row in db.rows(sql, {**params, "most": MOST, "at": at})
    ]


def _row(
    access: Access, one: AlertEntry, found: Sequence[Any], people: Mapping[int, str], at: datetime
) -> AlertRow:
    case_id, number, title, request_type, class_name, grade, pack, level, rework, urges = found[:10]
    accepted, responsible, units, token_id, unit, assignee_id, _, due_at, *orders = found[10:]
    open_ = sees_phones(access, accepted, responsible)
    place = access.tree.units.get(one.org_unit_id)
    where = (accepted, responsible, one.org_unit_id)
    return AlertRow(
        case_id=case_id,
        number=number,
        title=title if open_ else mask_text(title),
        request_type=request_type,
        class_name=class_name,
        grade=grade,
        level=level,
        level_name=level_name(pack, level) if level > 1 else "",
        rework_count=rework,
        urge_count=urges,
        unit_id=token_id,
        unit=unit or units,
        assignee=people.get(assignee_id or 0, ""),
        org_unit=unit_name(access, one.org_unit_id),
        org_path=tuple(int(step) for step in place.path.strip("/").split("/")) if place else (),
        process=one.process,
        tiers=one.tiers(at),
        rank=one.rank_at.timestamp() if one.rank_at else 0.0,
        due_at=due_at if one.rank_at else None,
        orders=orders[0],
        orders_open=orders[1],
        orders_late=orders[2],
        may_supervise=access.may_in_any("case.supervise", *where),
        may_urge=access.may_in_any("unit.urge", *where),
        may_assign=access.may_in_any("unit.assign", *where),
    )
