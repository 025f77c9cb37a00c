"""Co-handlers (加签 / 减签): one more person who must sign a unit, or one fewer.

On a plain unit the new one is a unit of its own beside it, and the flow goes on when all have submitted. On one of
several instances of a countersign another instance is added, and its completion condition counts anew.
"""

from datetime import datetime

from django.db import transaction

from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import queries as org
from bihuan.domain.processes.actions import people, refusals, store
from bihuan.domain.processes.actions.guard import engine_refusals
from bihuan.domain.processes.actions.interventions import running
from bihuan.domain.processes.actions.step import Step, When
from bihuan.domain.processes.choices import TokenKind, TokenState
from bihuan.domain.processes.ports import InstanceChange
from bihuan.domain.processes.queries.routes import ADDED_BY
from bihuan.engines.bpmn import run_multi, run_together
from bihuan.engines.bpmn.run_state import Token


@transaction.atomic
def add_co_handler(
    unit_id: int, *, staff_id: int, reason: str = "", by: Actor, at: datetime
) -> InstanceChange:
    """Let one more person sign an open unit. Its worker may, and who may assign units there.

    The person gets a unit of their own, with a clock of its own that begins now; of a sequential
    countersign when their turn comes. They need not hold the unit's post unless it is a countersign's.
    """
    step, when = running(store.instance_of(unit_id), by, at)
    token, _ = step.unit(unit_id)
    when = people.worker_or(step, token, "unit.assign", when)
    _refuse_twice(step, token, staff_id)
    body = run_multi.body_of(step.run.work, token)
    with engine_refusals():
        if body is None:
            added: Token | None = run_together.add(step.run.work, token)
        else:
            added = run_multi.add(step.run.work, body, f"staff:{staff_id}")
        step.go(when)
    if added is not None:
        _give(step, added, staff_id, when, anywhere=body is None)
    data = {"to": f"staff:{staff_id}", "to_name": org.names_of([staff_id]).get(staff_id, "")}
    step.unit_fact(
        "unit.co_handler_added", added or token, when, reason, beside=f"unit:{unit_id}", **data
    )
    return store.save(step, when)


@transaction.atomic
def remove_co_handler(unit_id: int, *, reason: str = "", by: Actor, at: datetime) -> InstanceChange:
    """Let a person who was to sign not sign after all. Who added them may, and who may assign units there.

    Their unit is cancelled and its clock stops. When all others have signed, the flow goes on.
    """
    step, when = running(store.instance_of(unit_id), by, at)
    token, extra = step.unit(unit_id)
    if token.local.get(ADDED_BY) != when.by.ref:
        people.require(step, "unit.assign", extra.unit_id, when)
    staff_id = extra.owner_id or extra.assignee_id
    name = org.names_of([staff_id]).get(staff_id, "") if staff_id else ""
    step.told.add(unit_id)
    with engine_refusals():
        if run_multi.body_of(step.run.work, token) is not None:
            run_multi.remove(step.run.work, token)
        else:
            run_together.remove(step.run.work, token)
        who = f"staff:{staff_id}" if staff_id else ""
        step.unit_fact("unit.co_handler_removed", token, when, reason, to=who, to_name=name)
        step.go(when)
    return store.save(step, when)


def _refuse_twice(step: Step, token: Token, staff_id: int) -> None:
    beside = run_together.others(step.run.work, token)
    body = run_multi.body_of(step.run.work, token)
    if body is not None:
        beside = [one for one in step.run.work.inside(body.id) if one.kind is TokenKind.USER]
    for one in (token, *beside):
        extra = step.extras[one.id]
        if staff_id in {extra.assignee_id, extra.owner_id}:
            raise refusals.AlreadyCoHandler


def _give(step: Step, added: Token, staff_id: int, when: When, *, anywhere: bool) -> None:
    added.local = {**added.local, ADDED_BY: when.by.ref}
    if added.state is TokenState.CLAIMED:  # the diagram named them
        return
    extra = step.extras[added.id]
    try:
        extra.unit_id = people.place_for(step, added, staff_id, when)
    except refusals.ReceiverNotOnPost:
        own = org.access_of(staff_id, when.at).own_posts
        if not anywhere or not own:
            raise
        extra.post, extra.unit_id = own[0]
    people.give(step, added, staff_id, when)
