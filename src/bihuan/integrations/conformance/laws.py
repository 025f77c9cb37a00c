"""What must hold of an instance's rows, and those of what it called, whatever was done to it, read by statements of their own."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from bihuan.domain.clocks import queries as calendars
from bihuan.domain.clocks.queries import SELECT_CLOCK
from bihuan.domain.clocks.rules import row_from, used_micros
from bihuan.domain.ledger.models import Fact
from bihuan.engines.bpmn.fuzz.calling import Member
from bihuan.engines.bpmn.fuzz.marking import hold, told
from bihuan.engines.bpmn.fuzz.versions import canonical
from bihuan.engines.bpmn.model import Process
from bihuan.engines.bpmn.run_state import (
    SEQUENCE_BITS,
    CloseKind,
    Origin,
    Token,
    TokenKind,
    TokenState,
)
from bihuan.engines.worktime import parse_limit, worktime
from bihuan.kit import db

Span = tuple[datetime, datetime]
Members = Callable[[str, str], frozenset[str]]
"""Which units a limit group of a process has, as the first version calls them."""

_TOKENS = """
    select t.id, t.node, t.kind, t.state, t.scope, t.flow_in, t.parents, t.consumed_by, t.origin, t.local,
        t.assignee_id, t.due_at, t.closed_at, t.owner_id, t.delegation is not null,
        t.delegation ->> 'until' is not null, t.close_kind
    from processes_token t join processes_processinstance i on i.id = t.instance_id where i.root = %s
"""
_LIVE = _TOKENS + " and t.state in ('OPEN', 'CLAIMED', 'PARKED') order by t.id"
_ALL = _TOKENS + " order by t.id"
_CLOCKS = (
    "select owner, state, due_at, next_moment_at from clocks_clock where root = %s order by id"
)
_HEADS = """
    select i.id, d.key, d.version, i.parent_token, i.state, i.suspended_until,
        exists (select from processes_token r where r.instance_id = i.id and r.origin = 'REOPEN'),
        exists (select from processes_migratedinstance m where m.instance_id = i.id and m.state = 'MIGRATED')
    from processes_processinstance i join packs_definition d on d.id = i.definition_id
    where i.root = %s order by i.id
"""
# A row that is written again, even with the same values, is another version of it.
_VERSIONS = """
    select md5(concat(
        (select string_agg(concat(i.xmin, i.ctid), ',' order by i.id)
         from processes_processinstance i where i.root = %(root)s),
        (select string_agg(concat(t.xmin, t.ctid), ',' order by t.id)
         from processes_token t join processes_processinstance i on i.id = t.instance_id where i.root = %(root)s),
        (select string_agg(concat(c.xmin, c.ctid), ',' order by c.id)
         from clocks_clock c where c.root = %(root)s),
        (select count(*) from ledger_fact f where f.root = %(root)s)))
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
    """An instance as it is in the tables now: the version of which process it runs by, its live tokens, its clocks."""

    id: int
    key: str
    version: int
    parent_token: int | None
    state: str
    suspended_until: datetime | None
    reopened: bool
    migrated: bool
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

    @property
    def member(self) -> Member:
        """The instance as one of those that call each other."""
        above = self.parent_token
        caller = (above >> SEQUENCE_BITS, above) if above is not None else None
        calls = tuple(t.id for t in self.live if t.kind is TokenKind.CALL)
        return Member(self.id, caller, self.ended, calls)


@dataclass(frozen=True, slots=True)
class Family:
    """An instance with all it has called, as they are in the tables now. `versions` changes with every row written."""

    root: str
    members: tuple[Snapshot, ...]
    versions: str

    @property
    def main(self) -> Snapshot:
        """The instance that was started."""
        return self.members[0]

    @property
    def ended(self) -> bool:
        """Whether the instance that was started is over."""
        return self.main.ended

    @property
    def units(self) -> list[Row]:
        """The open units of all, oldest first in each."""
        return [row for member in self.members for row in member.units]

    def of(self, token_id: int) -> Snapshot:
        """Return the instance a token belongs to."""
        return next(one for one in self.members if one.id == token_id >> SEQUENCE_BITS)

    def next_moment(self) -> datetime | None:
        """Return the next moment of any of its clocks."""
        moments = [
            clock.next_moment_at
            for member in self.members
            for clock in member.clocks.values()
            if clock.state == "RUNNING"
        ]
        return min((moment for moment in moments if moment is not None), default=None)


def family(root: str) -> Family:
    """Read an instance and all it has called."""
    written = versions(root)
    rows: dict[int, list[Row]] = defaultdict(list)
    for values in db.rows(_LIVE, (root,)):
        row = _row(values)
        rows[row.token.id >> SEQUENCE_BITS].append(row)
    clocks: dict[int, dict[str, Clock]] = defaultdict(dict)
    for values in db.rows(_CLOCKS, (root,)):
        clocks[instance_of(values[0])][values[0]] = Clock(*values)
    members = tuple(
        Snapshot(*(*head, tuple(rows[head[0]]), clocks[head[0]]))
        for head in db.rows(_HEADS, (root,))
    )
    return Family(root, members, written)


def instance_of(ref: str) -> int:
    """Return the instance that a clock's owner or a fact's subject belongs to."""
    kind, _, key = ref.partition(":")
    number = int(key.partition(":")[0])
    return number if kind in _OF_INSTANCE else number >> SEQUENCE_BITS


_OF_INSTANCE: Final = frozenset({"group", "resume", "process"})


def instances(root: str) -> list[int]:
    """Return the instances of a root in the order they were started."""
    return [head[0] for head in db.rows(_HEADS, (root,))]


def check_suspensions(found: Family) -> None:
    """What a suspended instance has called rests with it."""
    for member in found.members:
        above = member.parent_token
        if above is None or member.ended or found.of(above).state != "SUSPENDED":
            continue
        hold(member.state == "SUSPENDED", f"{member.key} goes on while its caller rests")


def versions(root: str) -> str:
    """Return what changes with every row of a root that is written, its facts and clocks too."""
    return str((db.one(_VERSIONS, {"root": root}) or ("",))[0])


def history(root: str) -> dict[int, dict[int, Row]]:
    """Read every token that the instances of a root ever had, by instance."""
    found: dict[int, dict[int, Row]] = defaultdict(dict)
    for values in db.rows(_ALL, (root,)):
        row = _row(values)
        found[row.token.id >> SEQUENCE_BITS][row.token.id] = row
    return found


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


def check_times(found: Family, members: Members, at: datetime) -> None:
    """What every clock has used is what the facts say was worked."""
    facts = list(Fact.objects.filter(root=found.root).order_by("id"))
    spans = _unit_spans(facts, at)
    for values in db.rows(SELECT_CLOCK + "where root = %s", (found.root,)):
        row = row_from(values)
        kind, _, key = row.owner.partition(":")
        if kind not in {"unit", "group"}:
            continue
        if kind == "unit":
            worked = [spans[int(key)][1]]
        else:
            nodes = members(
                found.of(int(key.partition(":")[0]) << SEQUENCE_BITS).key, key.partition(":")[2]
            )
            number = instance_of(row.owner)
            worked = [
                span for unit, (node, span) in spans.items()
                if unit >> SEQUENCE_BITS == number and canonical(node) in nodes
            ]  # fmt: skip
        # A reopened instance has a new clock for each group, one that changed its version may have new limits.
        worked = _within(worked, (row.started_at or at, row.stopped_at or at))
        pauses = _suspensions(facts, f"process:{instance_of(row.owner)}", at)
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


_GOES_ON: Final = frozenset({"process.resumed", "process.terminated", "process.cancelled"})


def _suspensions(facts: Iterable[Fact], instance: str, at: datetime) -> list[Span]:
    found: list[Span] = []
    since: datetime | None = None
    for fact in facts:
        if fact.subject != instance:
            continue
        if fact.name == "process.suspended":
            since = since or fact.at
        elif since is not None and fact.name in _GOES_ON:
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


def story(found: Family) -> dict[Any, int]:
    """Return the facts of a root with what differs between two lives taken out: the ids."""
    order = {member.id: number for number, member in enumerate(found.members)}
    counted: dict[Any, int] = defaultdict(int)
    for fact in Fact.objects.filter(root=found.root):
        kind, _, key = fact.subject.partition(":")
        instance = instance_of(fact.subject)
        own = int(key) - (instance << SEQUENCE_BITS) if kind in _OF_TOKEN else key.partition(":")[2]
        counted[fact.at, fact.name, kind, order[instance], own, fact.reason, fact.actor] += 1
    return dict(counted)


_OF_TOKEN: Final = frozenset({"unit", "timer"})
