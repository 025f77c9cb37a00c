"""Which operations that change the route are open to a person now: the answers the actions themselves would give."""

import json
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bihuan.domain.org import queries as org
from bihuan.domain.org.ports import Access
from bihuan.domain.processes.choices import ENDED, InstanceState, Operation, TokenKind, TokenState
from bihuan.domain.processes.models import permission
from bihuan.domain.processes.queries import blueprints, rows
from bihuan.domain.processes.queries.inbox import UnitRow
from bihuan.engines import expressions
from bihuan.engines.bpmn import run_marks, run_multi, run_routes, run_together
from bihuan.engines.bpmn.model import Node
from bihuan.engines.bpmn.run_state import SEQUENCE_BITS, RunRefused
from bihuan.engines.bpmn.run_work import Work

# Mark in `Token.local` of an added unit: who added it, and so may take it away again.
ADDED_BY = "@by"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is noted at a unit, and how many instances the countersign has that it is one of."""

    local: dict[str, Any]
    countersign: int = 0

    @classmethod
    def read(cls, local: str, kind: str | None, body: str | None) -> "Surroundings":
        """Return the surroundings from a unit's notes and those of the token it lies in."""
        if kind != TokenKind.MULTI or body is None:
            return cls(json.loads(local))
        counted = json.loads(body)
        return cls(
            json.loads(local), run_multi.planned(counted["items"]) - int(counted.get("removed", 0))
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """A unit and the person who looks at it, `at` a moment."""

    access: Access
    row: UnitRow
    standing: permission.Standing
    instance_unit: int
    plan: blueprints.Blueprint
    around: Surroundings
    at: datetime

    @property
    def node(self) -> Node:
        """Return the unit's node in the drawing."""
        return self.plan.graph.nodes[self.row.node]


def route_operations(seen: Seen) -> set[Operation]:
    """Return those of skip, co-handlers, withdraw and reopen that this person could do now."""
    row, access = seen.row, seen.access
    if row.instance_state in ENDED:
        may_reopen = access.may("process.reopen", seen.instance_unit)
        return {Operation.REOPEN} if may_reopen else set()
    if row.instance_state != InstanceState.RUNNING:
        return set()
    if row.state not in {TokenState.OPEN, TokenState.CLAIMED}:
        return {Operation.WITHDRAW} if _may_withdraw(seen) else set()
    found = _with_others(seen)
    if access.may("unit.skip", row.unit_id):
        found.add(Operation.SKIP)
    return found


def is_kept_from(seen: Seen) -> bool:
    """Tell whether the unit names its operators and this person is none of them."""
    rules = seen.node.unit
    if rules is None or not rules.operators:
        return False
    staff = [one for one in (seen.access.staff_id, seen.standing.on_behalf_of) if one is not None]
    values = rows.variables_of(seen.row.instance_id)
    try:
        named = expressions.resolve(rules.operators, values)
    except expressions.CannotDecide:
        return False
    return not may_operate(named, staff, seen.at)


def may_operate(operators: object, staff: Sequence[int], at: datetime) -> bool:
    """Tell whether one of these people is among those `bh:operators` names."""
    return any(
        permission.is_operator(operators, org.access_of(one, at), org.staff(one).login_name)
        for one in staff
    )


def instance_work(row: UnitRow, plan: blueprints.Blueprint) -> Work:
    """Return the whole history of a unit's instance, to try a route on."""
    return Work(
        plan.graph,
        instance_id=row.id >> SEQUENCE_BITS,
        next_seq=(1 << SEQUENCE_BITS) - 1024,
        tokens=[copy(token) for token, _ in rows.tokens_of(row.instance_id)],
        variables=rows.variables_of(row.instance_id),
    )


def _with_others(seen: Seen) -> set[Operation]:
    access, row = seen.access, seen.row
    assigns = access.may("unit.assign", row.unit_id)
    local, countersign = seen.around.local, seen.around.countersign
    found = set()
    if (assigns or seen.standing.may_work) and run_marks.BACK not in local:
        found.add(Operation.ADD_CO_HANDLER)
    removable = countersign > 1 or run_together.SIGNER in local
    if removable and (assigns or local.get(ADDED_BY) == access.ref):
        found.add(Operation.REMOVE_CO_HANDLER)
    return found


def _may_withdraw(seen: Seen) -> bool:
    row = seen.row
    if row.state != TokenState.DONE or row.assignee_id != seen.access.staff_id:
        return False
    place = permission.Place(row.post, row.unit_id, None)
    if not permission.by_post(seen.access, place).may_work:
        return False
    work = instance_work(row, seen.plan)
    try:
        run_routes.withdraw(work, work.tokens[row.id])
    except (RunRefused, expressions.CannotDecide):
        return False
    return True
