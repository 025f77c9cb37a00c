"""What the owner of a subject is told of a call tree: as if it were one instance, the top one."""

import json
from datetime import datetime
from typing import Any

from bihuan.domain.processes.actions.step import Step, When
from bihuan.domain.processes.ports import InstanceChange, UnitState
from bihuan.domain.processes.queries.statements import SQL
from bihuan.engines.bpmn.run_state import TokenKind
from bihuan.kit import db


def change_of(step: Step, when: When) -> InstanceChange:
    """Return what an operation did to a call tree; its open units are those of all members."""
    members = list(step.tree.steps.values())
    top = step.tree.steps.get(step.instance.top)
    instance = top.instance if top is not None else step.tree.top
    written = not instance.is_new and top is not None and (top is step or top.has_acted)
    return InstanceChange(
        instance_id=instance.id,
        subject=instance.subject,
        root=instance.root,
        state=instance.state.value,
        opened=tuple(_state(one, unit) for one in members for unit in one.opened),
        closed=tuple(_state(one, unit) for one in members for unit in one.closed),
        by=when.by,
        at=when.at,
        look=lambda: _look(step, members),
        rev=instance.rev + (1 if written else 0),
        opening=step.tree.opening,
    )


def _look(step: Step, members: list[Step]) -> tuple[tuple[UnitState, ...], datetime | None]:
    """Return all open units of a call tree, and when the first of them or of its limit groups is due."""
    units, due = _elsewhere(step)
    for one in members:
        due += [found] if (found := one.clocks.earliest_due()) is not None else []
        known = [token for token in one.known.values() if token.kind is TokenKind.USER]
        units += [_state(one, token.id) for token in known if token.live]
        if one.run.work.rest is not None:
            left = _left_out(one, [token.id for token in known])
            units += left
            due += [unit.due_at for unit in left if unit.due_at is not None]
    return tuple(units), min(due, default=None)


def _left_out(step: Step, known: list[int]) -> list[UnitState]:
    row = db.one(SQL["shown_rest"], (step.instance.id, known))
    return [_unread(one) for one in _parsed(row[0] if row is not None else None)]


def _parsed(rows: Any) -> list[list[Any]]:
    found: list[list[Any]] = json.loads(rows) if isinstance(rows, str) else rows or []
    return found


def _elsewhere(step: Step) -> tuple[list[UnitState], list[datetime]]:
    """Return the open units of members not at hand, and when they and their limit groups are due."""
    if step.tree.is_alone:
        return [], []
    params = {"top": step.instance.top, "root": step.instance.root, "known": list(step.tree.steps)}
    rows, group_due = db.one(SQL["shown_elsewhere"], params) or (None, None)
    units = [_unread(row) for row in _parsed(rows)]
    due = [unit.due_at for unit in units if unit.due_at is not None]
    return units, due + ([group_due] if group_due is not None else [])


def _unread(row: list[Any]) -> UnitState:
    moment = datetime.fromisoformat(row[7]) if row[7] is not None else None
    values = [*row[:7], moment, *row[8:]]
    return UnitState(*values)


def _state(step: Step, token_id: int) -> UnitState:
    token, extra = step.known[token_id], step.extras[token_id]
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
