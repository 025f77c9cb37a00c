"""Follow the process: what a list shows of it, written once per transaction of the process."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bihuan.domain.cases.actions import steps
from bihuan.domain.cases.actions.new_case import NewCase
from bihuan.domain.cases.choices import ClosureKind
from bihuan.domain.cases.events import case_id_of, case_ref
from bihuan.domain.escalations import actions as escalations
from bihuan.domain.ledger.actions import announcing
from bihuan.domain.ledger.events import Actor
from bihuan.domain.notifications import actions as notifications
from bihuan.domain.notifications.choices import Topic
from bihuan.domain.notifications.events import Notice
from bihuan.domain.processes.ports import InstanceChange
from bihuan.kit import db
from bihuan.kit.json_text import to_json
from bihuan.kit.problems import Refused

_FOLLOW = """
with shown as materialized (
    select * from json_to_recordset(%(shown)s::json) as x ("case" bigint, instance bigint, state text,
        units text, places bigint[], assignee bigint, due timestamptz)
), moved as (
    update cases_standing set instance_id = s.instance, process_state = s.state,
        current_units = s.units, org_unit_ids = s.places, assignee_id = s.assignee,
        next_due_at = s.due
    from shown s where case_id = s."case"
), widened as (
    update cases_case set involved_unit_ids = array(
        select distinct unnest(involved_unit_ids || s.places) order by 1)
    from shown s where id = s."case" and not involved_unit_ids @> s.places
)
select exists (select from shown s join cases_case c on c.id = s."case"
    where c.merged_into_id is not null and s.state = 'RUNNING'),
    -- as it stood before this statement: who has something new in hand
    (select json_agg(json_build_array(s."case", s.assignee)) from shown s
    join cases_standing st on st.case_id = s."case"
    where s.assignee is not null and s.assignee is distinct from st.assignee_id)
"""
_SIGNED = """
select x.reason, x.signed_by, x.countersigned_by from cases_controlledclosure x
join cases_case c on c.id = x.case_id and c.round = x.round
where c.id = %s and x.countersigned_at is not null
"""
_DUE_MOVED = """
update cases_standing set next_due_at = %(due)s
where case_id = %(case)s and instance_id = %(instance)s
"""
_TERMINATED = """
select c.closure_id is null, coalesce((
    select reason from ledger_fact where root = %(root)s and name = 'process.terminated'
    order by id desc limit 1), '')
from cases_case c where c.id = %(case)s
"""
_IS_CLOSED = "select closure_id is not null from cases_case where id = %s"
_NAMED = "select number, title from cases_case where id = %s"
_OWN_WORD = "select was_complaint, customer_id from cases_case where id = %s"
IMPORT = "system:import"


class ReopenTheCase(Refused):
    """The process of a closed case is not opened again: the case is."""

    message = "工单已关闭，请重开工单，不要重开它的流程。"


class CaseSubject:
    """What processes ask of the cases they run for."""

    def changed(self, *changes: InstanceChange) -> None:
        """Repeat the processes' states beside their cases; a terminated process ends its case."""
        latest = {change.subject: change for change in changes}
        given = _write(list(latest.values()))
        if given and announcing():
            _tell_assignees(given, latest)
        for change in changes:
            _refuse_reopening(change)
            if change.state == "TERMINATED":
                _end(case_id_of(change.subject), change)
        escalations.follow(*changes)

    def due_moved(self, subject: str, instance_id: int, due_at: datetime | None) -> None:
        """Repeat when the process is due next."""
        case_id = case_id_of(subject)
        db.run(_DUE_MOVED, {"case": case_id, "instance": instance_id, "due": due_at})


def _write(changes: list[InstanceChange]) -> list[list[int]]:
    """Repeat the processes' states, opening the cases that wait for it; return who has something new in hand."""
    given: list[list[int]] = []
    known = []
    for change in changes:
        shown, opening = _shown(change), change.opening
        if not isinstance(opening, NewCase) or opening.is_written:
            known.append(shown)
            continue
        opening.write(shown)
        if shown["assignee"] is not None:
            given.append([shown["case"], shown["assignee"]])
    if known:
        merged, found = db.one(_FOLLOW, {"shown": to_json(known)}) or (False, None)
        if merged:
            raise steps.CaseIsMerged
        given += json.loads(found) if isinstance(found, str) else found or []
    return given


def _refuse_reopening(change: InstanceChange) -> None:
    """A closed case begins another round by being reopened itself; its old process stays ended."""
    if not any(unit.origin == "REOPEN" for unit in change.opened):
        return
    row = db.one(_IS_CLOSED, (case_id_of(change.subject),))
    if row is not None and row[0]:
        raise ReopenTheCase


def _tell_assignees(given: list[list[int]], latest: Mapping[str, InstanceChange]) -> None:
    """Tell people what others have put into their hands (派给我); what they took they know of."""
    for case_id, staff_id in given:
        ref = case_ref(case_id)
        change = latest[ref]
        if change.by.staff_id == staff_id:
            continue
        unit = next(one for one in change.units if one.assignee_id == staff_id)
        number, title = db.one(_NAMED, (case_id,)) or ("", "")
        notice = Notice(
            topic=Topic.DISPATCH,
            title=f"{number} {unit.title}派给您：{title}",
            root=ref,
            key=f"unit:{unit.id}:{change.rev}:given",
        )
        notifications.notify(notice, [staff_id], by=change.by, at=change.at)


def _shown(change: InstanceChange) -> dict[str, Any]:
    units = change.units
    return {
        "case": case_id_of(change.subject),
        "instance": change.instance_id,
        "state": change.state,
        "units": "、".join(dict.fromkeys(unit.title for unit in units))[:400],
        "places": sorted({unit.unit_id for unit in units if unit.unit_id is not None}),
        "assignee": next((unit.assignee_id for unit in units if unit.assignee_id), None),
        "due": change.due_at,
    }


def _end(case_id: int, change: InstanceChange) -> None:
    row = db.one(_TERMINATED, {"case": case_id, "root": change.root})
    if row is None or not row[0]:
        return
    step = steps.Step(case_id, by=change.by, at=change.at)
    signed = db.one(_SIGNED, (case_id,))
    if signed is not None:
        reason, first, second = signed
        steps.close_controlled(step, first, second, reason=reason)
        return
    if change.by.ref != IMPORT:
        _refuse_a_complaint(case_id, change.by)
    kind = ClosureKind.IMPORTED if change.by.ref == IMPORT else ClosureKind.WITHDRAWN
    steps.close_apart(step, kind, reason=row[1] or "流程终止")


def _refuse_a_complaint(case_id: int, by: Actor) -> None:
    """A complaint ends by consent, on two signatures, or because its own customer takes it back."""
    row = db.one(_OWN_WORD, (case_id,))
    if row is None or not row[0]:
        return
    own = row[1] is not None and f"customer:{row[1]}" in (by.ref, by.on_behalf_of)
    if not own:
        raise steps.ComplaintNeedsTheCustomer
