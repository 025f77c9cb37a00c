"""What the owner of a subject is told of a call tree: as if it were one instance, the top one."""

import json
from datetime import datetime
from typing import Any

from bihuan.domain.processes.actions.step import Step, When
from bihuan.domain.processes.ports import InstanceChange, UnitState
from bihuan.domain.processes.queries.statements import SQL
from bihuan.kit import db


def change_of(step: Step, when: When) -> InstanceChange:
    """Return what an operation did to a call tree; its open units are those of all members."""
    members = list(step.tree.steps.values())
    top = step.tree.steps.get(step.instance.top)
    instance = top.instance if top is not None else step.tree.top
    units, due = _elsewhere(step)
    units += [_state(one, token.id) for one in members for token in one.open_units()]
    due += [found for one in members if (found := one.clocks.earliest_due()) is not None]
    written = not instance.is_new and top is not None and (top is step or top.has_acted)
    return InstanceChange(
        instance_id=instance.id,
        subject=instance.subject,
        root=instance.root,
        state=instance.state.value,
        units=tuple(units),
        opened=tuple(_state(one, unit) for one in members for unit in one.opened),
        closed=tuple(_state(one, unit) for one in members for unit in one.closed),
        due_at=min(due, default=None),
        by=when.by,
        at=when.at,
        rev=instance.rev + (1 if written else 0),
    )


def _elsewhere(step: Step) -> tuple[list[UnitState], list[datetime]]:
    """Return the open units of members not at hand, and when they and their limit groups are due."""
    if step.tree.is_alone:
        return [], []
    params = {"top": step.instance.top, "root": step.instance.root, "known": list(step.tree.steps)}
    rows, group_due = db.one(SQL["shown_elsewhere"], params) or (None, None)
    found = json.loads(rows) if isinstance(rows, str) else rows or []
    units = [_unread(row) for row in found]
    due = [unit.due_at for unit in units if unit.due_at is not None]
    return units, due + ([group_due] if group_due is not None else [])


def _unread(row: list[Any]) -> UnitState:
    moment = datetime.fromisoformat(row[7]) if row[7] is not None else None
    values = [*row[:7], moment, *row[8:]]
    return UnitState(*values)


def _state(step: Step, token_id: int) -> UnitState:
    token, extra = step.tokens[token_id], step.extras[token_id]
    return UnitState(
        id=token.id,
        node=token.node,
        title=extra.title,
        state=token.state.value,
        post=extra.post,
        unit_id=extra.unit_id,
        assignee_id=extra.assignee_id,
        due_at=extra.due_at,
        close_kind=token.close_kind.value,
        origin=token.origin.value,
    )
