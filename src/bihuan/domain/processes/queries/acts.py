"""How a unit stands in a few words, and who did something to it last: for pages that may be old (decision 0221)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bihuan.domain.org.queries import names_of
from bihuan.kit import db

_STANDING = """
select t.state, coalesce(t.assignee_id, 0), coalesce(t.unit_id, 0), i.state,
    coalesce(t.delegation ->> 'to', '')
from processes_token t join processes_processinstance i on i.id = t.instance_id where t.id = %s
"""
_LATEST = """
select f.name, f.actor, f.at from processes_token t
join processes_processinstance i on i.id = t.instance_id
join ledger_fact f on f.root = i.root and f.name ~ '^(unit|process)[.]'
    and f.name <> 'unit.drafted' and f.subject in ('unit:' || t.id, 'process:' || i.id)
where t.id = %s order by f.id desc limit 1
"""
_WORDS: Final = {
    "unit.assigned": "指派",
    "unit.claimed": "取单",
    "unit.released": "退还",
    "unit.submitted": "提交",
    "unit.returned": "退回",
    "unit.transferred": "转办",
    "unit.delegated": "委派",
    "process.suspended": "停表",
    "process.resumed": "走表",
    "process.terminated": "终止流程",
}


@dataclass(frozen=True, slots=True)
class UnitAct:
    """Who did what to a unit last."""

    what: str
    who: str
    at: datetime


def unit_standing(unit_id: int) -> str:
    """Return how a unit stands: its state, who has it where, whether its process rests; drafts aside."""
    row = db.one(_STANDING, (unit_id,))
    return ".".join(str(part) for part in row) if row else ""


def latest_unit_act(unit_id: int) -> UnitAct | None:
    """Return who did what to a unit, or to its process, last."""
    row = db.one(_LATEST, (unit_id,))
    if row is None:
        return None
    name, actor, at = row
    staff_id = int(actor.partition(":")[2]) if actor.startswith("staff:") else 0
    return UnitAct(_WORDS.get(name, "处理"), names_of([staff_id]).get(staff_id, "系统"), at)
