"""Count what a replay came to: rows by script, and shares from the facts alone."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from bihuan.integrations.incident_log.script import Script
from bihuan.kit import db

# Each opened case's facts are read once, whatever the database knows of a ledger that has just grown.
_SHARES = """
with told as (
    select bool_or(name = 'unit.transferred') as moved, count(*) as facts,
        bool_or(name in ('case.reworked', 'case.reopened')) as back
    from ledger_fact where root in (
        select root from ledger_fact
        where name = 'case.opened' and data ->> 'source' like %(source)s
    )
    group by root
)
select count(*), count(*) filter (where moved), count(*) filter (where back),
    coalesce(sum(facts), 0)::bigint
from told
"""
_DIGEST = """
with opened as (
    select root, data ->> 'number' as number from ledger_fact
    where name = 'case.opened' and data ->> 'source' like %(source)s
), told as (
    select o.number, f.at, f.name, split_part(f.subject, ':', 1) as kind, f.actor, f.reason,
        coalesce((select login_name from org_staff
            where id = substring(f.on_behalf_of from '^staff:([0-9]+)$')::bigint),
            f.on_behalf_of) as behalf,
        coalesce((select login_name from org_staff
            where id = substring(f.data ->> 'to' from '^staff:([0-9]+)$')::bigint),
            (select code from org_orgunit
            where id = substring(f.data ->> 'to' from '^unit:([0-9]+)$')::bigint)) as receiver,
        f.data - %(ids)s::text[] as data
    from opened o join ledger_fact f on f.root = o.root
)
select number, md5(string_agg(row_to_json(told)::text, '' order by at, name, row_to_json(told)::text
    collate "C"))
from told group by number order by number collate "C"
"""
# How cases, their processes, units and clocks stand: what the facts led to.
_STATES = """
with opened as (
    select root, split_part(root, ':', 2)::bigint as id, data ->> 'number' as number
    from ledger_fact where name = 'case.opened' and data ->> 'source' like %(source)s
), stands as (
    select o.number, row_to_json(x)::text as said from opened o cross join lateral (
        select c.state, c.grade, k.code, c.round, c.rework_count, c.reopen_count, c.opened_at,
            c.promised_at, c.resolved_at, c.closed_at, s.process_state, s.current_units, s.next_due_at
        from cases_case c join cases_standing s on s.case_id = c.id
        join cases_caseclass k on k.id = c.cls_id where c.id = o.id) x
    union all
    select o.number, row_to_json(x)::text from opened o cross join lateral (
        select i.state as process, i.rev, t.node, t.kind, t.state, t.close_kind, t.origin, t.loop_no,
            t.opened_at, t.claimed_at, t.closed_at, t.due_at, t.form
        from processes_processinstance i join processes_token t on t.instance_id = i.id
        where i.subject = o.root) x
    union all
    select o.number, row_to_json(x)::text from opened o cross join lateral (
        select split_part(c.owner, ':', 1) as owner, c.kind, c.state, c.level, c.budget_us, c.used_us,
            c.started_at, c.due_at, c.overdue_at, c.stopped_at
        from clocks_clock c where c.root = o.root) x
)
select number, md5(string_agg(said, '' order by said collate "C"))
from stands group by number order by number collate "C"
"""
# Ids that the database gives out differ from one run to the next; what they name does not.
IDS = ["case", "clock", "from", "instance", "new", "org_unit", "process", "to", "unit"]


@dataclass(slots=True)
class Tally:
    """How many incidents and rows were seen, and which rows no step expresses, by reason.

    `silent` incidents have no row that can be expressed, so they are no cases.
    """

    incidents: int = 0
    events: int = 0
    applied: int = 0
    refused: int = 0
    silent: int = 0
    left: Counter[str] = field(default_factory=Counter)

    def add(self, script: Script) -> None:
        """Count a script that was played, now or earlier."""
        self.incidents += 1
        self.silent += not script.steps
        self.events += len(script.incident.events)
        self.applied += script.applied
        self.left.update({str(why): len(lines) for why, lines in script.left.items()})

    def refuse(self, script: Script, reason: str) -> None:
        """Count an incident that the product refused as a whole."""
        self.incidents += 1
        self.refused += 1
        self.events += len(script.incident.events)
        self.left[reason] += len(script.incident.events)

    def join(self, others: "Iterable[Tally]") -> "Tally":
        """Return this and the others together."""
        for other in others:
            self.incidents += other.incidents
            self.events += other.events
            self.applied += other.applied
            self.refused += other.refused
            self.silent += other.silent
            self.left.update(other.left)
        return self

    @property
    def inexpressible(self) -> int:
        """Return how many rows no step expresses."""
        return sum(self.left.values())


@dataclass(frozen=True, slots=True)
class Shares:
    """What the facts say of the replayed incidents."""

    incidents: int
    reassigned: float
    reopened: float
    facts: int


def shares(pack: str) -> Shares:
    """Count, from the facts alone, how many incidents were reassigned and reopened."""
    row = db.one(_SHARES, {"source": f"{pack}:incident:%"})
    total, reassigned, reopened, facts = row or (0, 0, 0, 0)
    whole = total or 1
    return Shares(total, round(reassigned / whole, 4), round(reopened / whole, 4), facts)


def digest(pack: str) -> str:
    """Return a hash over the facts of all replayed incidents and how they stand; equal for equal histories.

    Ids and the moment of recording do not count; the order within one moment does not either.
    """
    values: dict[str, Any] = {"source": f"{pack}:incident:%", "ids": IDS}
    whole = hashlib.sha256()
    for statement in (_DIGEST, _STATES):
        for number, one in db.rows(statement, values):
            whole.update(f"{number} {one}\n".encode())
    return whole.hexdigest()
