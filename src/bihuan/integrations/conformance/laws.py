"""What must hold of an instance's rows whatever was done to it, read by statements of their own."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from bihuan.domain.clocks import queries as calendars
from bihuan.domain.clocks.queries import SELECT_CLOCK
from bihuan.domain.clocks.rules import row_from, used_micros
from bihuan.domain.ledger.models import Fact
from bihuan.engines.bpmn.fuzz.marking import hold, told
from bihuan.engines.bpmn.model import Process
from bihuan.engines.bpmn.run_state import CloseKind, Origin, Token, TokenKind, TokenState
from bihuan.engines.worktime import parse_limit, worktime
from bihuan.kit import db

Span = tuple[datetime, datetime]

_TOKENS = """
    select id, node, kind, state, scope, flow_in, parents, consumed_by, origin, local, assignee_id,
        due_at, closed_at, owner_id, delegation is not null, delegation ->> 'until' is not null, close_kind
    from processes_token where instance_id = %s
"""
_LIVE = _TOKENS + " and state in ('OPEN', 'CLAIMED', 'PARKED') order by id"
_ALL = _TOKENS + " order by id"
_CLOCKS = (
    "select owner, state, due_at, next_moment_at from clocks_clock where root = %s order by id"
)
# A row that is written again, even with the same values, is another version of it.
_VERSIONS = """
    select i.state, i.suspended_until,
        exists (select from processes_token r where r.instance_id = i.id and r.origin = 'REOPEN'),
        md5(concat(
        i.xmin, i.ctid,
        (select string_agg(concat(t.xmin, t.ctid), ',' order by t.id)
         from processes_token t where t.instance_id = i.id),
        (select string_agg(concat(c.xmin, c.ctid), ',' order by c.id)
         from clocks_clock c where c.root = i.root),
        (select count(*) from ledger_fact f where f.root = i.root)))
    from processes_processinstance i where i.id = %s
"""
_CLOSING: Final = frozenset(
    {"unit.submitted", "unit.cancelled", "unit.returned", "unit.skipped", "unit.co_handler_removed"}
)


@dataclass(frozen=True, slots=True)
class Row:
    """A token with the columns the engine does not know."""

    token: Token
    assignee_id: int | None
    due_at: datetime | None
    closed_at: datetime | None
    owner_id: int | None
    lent: bool
    lent_until: bool


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock as far as the laws look at it."""

    owner: str
    state: str
    due_at: datetime | None
    next_moment_at: datetime | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An instance as it is in the tables now. `versions` changes with every row written."""

    id: int
    root: str
    state: str
    suspended_until: datetime | None
    reopened: bool
    versions: str
    rows: tuple[Row, ...]
    clocks: Mapping[str, Clock]

    @property
    def ended(self) -> bool:
        """Whether the instance is over."""
        return self.state in {"DONE", "TERMINATED"}

    @property
    def live(self) -> list[Token]:
        """The live tokens, oldest first."""
        return [row.token for row in self.rows]

    @property
    def units(self) -> list[Row]:
        """The open units, oldest first."""
        return [row for row in self.rows if row.token.kind is TokenKind.USER]

    def next_moment(self) -> datetime | None:
        """Return the next moment of any of its clocks."""
        moments = [
            clock.next_moment_at for clock in self.clocks.values() if clock.state == "RUNNING"
        ]
        return min((moment for moment in moments if moment is not None), default=None)


def snapshot(instance_id: int, root: str) -> Snapshot:
    """Read an instance."""
    state, until, reopened, written = _head(instance_id)
    return Snapshot(
        instance_id,
        root,
        state,
        until,
        reopened,
        written,
        tuple(_row(values) for values in db.rows(_LIVE, (instance_id,))),
        {values[0]: Clock(*values) for values in db.rows(_CLOCKS, (root,))},
    )


def versions(instance_id: int) -> str:
    """Return what changes with every row of an instance that is written, its facts and clocks too."""
    return str(_head(instance_id)[3])


def _head(instance_id: int) -> tuple[Any, ...]:
    return db.one(_VERSIONS, (instance_id,)) or ("", None, False, "")


def history(instance_id: int) -> dict[int, Row]:
    """Read every token an instance ever had."""
    rows = [_row(values) for values in db.rows(_ALL, (instance_id,))]
    return {row.token.id: row for row in rows}


def _row(values: tuple[Any, ...]) -> Row:
    id_, node, kind, state, scope, flow_in, parents, consumed_by, origin, local, *rest = values
    *rest, close_kind = rest
    token = Token(
        id=id_,
        node=node,
        kind=TokenKind(kind),
        state=TokenState(state),
        scope=scope,
        flow_in=flow_in,
        parents=tuple(parents),
        consumed_by=consumed_by,
        origin=Origin(origin),
        local=json.loads(local),
        close_kind=CloseKind(close_kind),
    )
    return Row(token, *rest)


# -------------------------------------------------------------------- clocks


def check_clocks(found: Snapshot, process: Process) -> None:
    """A clock runs exactly while a member unit is open, or its timer waits, and the instance runs."""
    wanted = _wanted(found, process)
    for owner, clock in found.clocks.items():
        # A reopened instance has a new clock for a group from its first member on.
        unborn = found.reopened and wanted.get(owner) == "PAUSED" and owner.startswith("group:")
        if clock.state == "STOPPED" and unborn:
            continue
        if clock.state == "STOPPED":
            hold(owner not in wanted, f"{owner} is stopped, and its unit or timer is open")
        else:
            expected = wanted.get(owner, "STOPPED")
            hold(clock.state == expected, f"{owner} is {clock.state}, and should be {expected}")
    missing = [
        owner for owner, state in wanted.items() if state == "RUNNING" and owner not in found.clocks
    ]
    hold(not missing, f"no clock for {missing}")
    for row in found.units:
        clock_of = found.clocks.get(f"unit:{row.token.id}")
        due_at = clock_of.due_at if clock_of and clock_of.state == "RUNNING" else None
        hold(row.due_at == due_at, f"{told([row.token])} says due {row.due_at}, its clock {due_at}")


def _wanted(found: Snapshot, process: Process) -> dict[str, str]:
    """Return the state each clock must have; those not named must be stopped or absent."""
    going = "RUNNING" if found.state == "RUNNING" else "PAUSED"
    wanted: dict[str, str] = {}
    for row in found.rows:
        token = row.token
        rules = process.nodes[token.node].unit
        if token.kind is TokenKind.TIMER:
            wanted[f"timer:{token.id}"] = going
        elif token.kind is TokenKind.USER and rules is not None and rules.limit:
            wanted[f"unit:{token.id}"] = going
        if row.lent_until:
            wanted[f"delegation:{token.id}"] = "RUNNING"
    if found.ended:
        return wanted
    open_nodes = {row.token.node for row in found.units}
    for group in process.limit_groups:
        member = not open_nodes.isdisjoint(group.units)
        running = member and found.state == "RUNNING"
        wanted[f"group:{found.id}:{group.id}"] = "RUNNING" if running else "PAUSED"
    if found.suspended_until is not None:
        wanted[f"resume:{found.id}"] = "RUNNING"
    return wanted


def check_times(found: Snapshot, process: Process, at: datetime) -> None:
    """What every clock has used is what the facts say was worked."""
    facts = list(Fact.objects.filter(root=found.root).order_by("id"))
    spans = _unit_spans(facts, at)
    pauses = _suspensions(facts, at)
    members = {group.id: group.units for group in process.limit_groups}
    for values in db.rows(SELECT_CLOCK + "where root = %s", (found.root,)):
        row = row_from(values)
        kind, _, key = row.owner.partition(":")
        if kind == "unit":
            worked = [spans[int(key)][1]]
        elif kind == "group":
            # A reopened instance has a new clock for each group.
            nodes = members[key.partition(":")[2]]
            worked = _within(
                [span for node, span in spans.values() if node in nodes],
                (row.started_at or at, row.stopped_at or at),
            )
        else:
            continue
        calendar = calendars.calendar(row.calendar)
        measure = parse_limit(row.limit_text).measure
        expected = sum(
            (worktime(calendar, a, b, measure) for a, b in _without(_merged(worked), pauses)),
            timedelta(),
        )
        used = timedelta(microseconds=used_micros(row, calendar, at))
        hold(used == expected, f"{row.owner} has used {used}, the facts say {expected}")


def _unit_spans(facts: Iterable[Fact], at: datetime) -> dict[int, tuple[str, Span]]:
    spans: dict[int, tuple[str, Span]] = {}
    for fact in facts:
        unit_id = int(fact.subject.partition(":")[2]) if fact.subject.startswith("unit:") else 0
        if fact.name == "unit.opened":
            spans[unit_id] = (fact.data["node"], (fact.at, at))
        elif fact.name in _CLOSING:
            node, (since, _) = spans[unit_id]
            spans[unit_id] = (node, (since, fact.at))
    return spans


def _suspensions(facts: Iterable[Fact], at: datetime) -> list[Span]:
    found: list[Span] = []
    since: datetime | None = None
    for fact in facts:
        if fact.name == "process.suspended":
            since = fact.at
        elif since is not None and fact.name in {"process.resumed", "process.terminated"}:
            found.append((since, fact.at))
            since = None
    return [*found, (since, at)] if since else found


def _merged(spans: list[Span]) -> list[Span]:
    found: list[Span] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def _within(spans: list[Span], lasted: Span) -> list[Span]:
    cut = [(max(begin, lasted[0]), min(end, lasted[1])) for begin, end in spans]
    return [(begin, end) for begin, end in cut if begin < end]


def _without(spans: list[Span], gaps: list[Span]) -> list[Span]:
    for gap_begin, gap_end in gaps:
        cut = []
        for begin, end in spans:
            if begin < gap_begin:
                cut.append((begin, min(end, gap_begin)))
            if end > gap_end:
                cut.append((max(begin, gap_end), end))
        spans = [(a, b) for a, b in cut if a < b]
    return spans


# -------------------------------------------------------------------- history


def story(instance_id: int, root: str) -> dict[Any, int]:
    """Return the facts of an instance with what differs between two lives taken out: the ids."""
    base = instance_id << 20
    counted: dict[Any, int] = defaultdict(int)
    for fact in Fact.objects.filter(root=root):
        kind, _, key = fact.subject.partition(":")
        own = int(key) - base if kind in {"unit", "timer"} else key.partition(":")[2]
        counted[fact.at, fact.name, kind, own, fact.reason, fact.actor] += 1
    return dict(counted)
