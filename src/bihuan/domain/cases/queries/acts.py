"""The latest thing done about a case: what a page shows it was drawn from, and later compares (decision 0221)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bihuan.domain.cases import events
from bihuan.domain.org.queries import names_of
from bihuan.kit import db

# Said often and changing nothing that a decision about the case would rest on.
_IDLE: Final = ("unit.drafted", "case.escalation_repeated", events.TOUCHED, events.PHONE_SEEN)
_LATEST = """
select id, name, actor, at from ledger_fact
where root = %(root)s and name ~ '^(case|unit|process)[.]' and name <> all(%(idle)s)
order by id desc limit 1
"""
_WORDS: Final = {
    events.SUPERVISION_ISSUED: "发出督办",
    events.SUPERVISION_ANSWERED: "答复督办",
    events.SUPERVISION_CONFIRMED: "督办销号",
    events.SUPERVISION_RETURNED: "退回督办答复",
    events.SUPERVISION_WITHDRAWN: "撤回督办",
    events.URGED: "登记客户催办",
    events.CLOSED: "办结",
    events.REWORKED: "转返工",
    events.MERGED: "并入别的工单",
    events.LEVEL_RAISED: "升级",
    "case.escalation_acknowledged": "确认升级",
    "unit.assigned": "指派",
    "unit.claimed": "取单",
    "unit.submitted": "提交环节",
    "unit.returned": "退回",
    "unit.transferred": "转办",
    "unit.urged": "催办",
    "process.suspended": "停表",
    "process.resumed": "走表",
}


@dataclass(frozen=True, slots=True)
class Act:
    """What was done last about a case; `id` grows with every act, 0 before the first."""

    id: int = 0
    what: str = ""
    who: str = ""
    at: datetime | None = None


def latest_act(case_id: int) -> Act:
    """Return the latest act about a case, drafts and reminders left out."""
    row = db.one(_LATEST, {"root": events.case_ref(case_id), "idle": list(_IDLE)})
    if row is None:
        return Act()
    key, name, actor, at = row
    staff_id = int(actor.partition(":")[2]) if actor.startswith("staff:") else 0
    who = names_of([staff_id]).get(staff_id, "") if staff_id else ""
    return Act(key, _WORDS.get(name, "处理"), who or "系统", at)
