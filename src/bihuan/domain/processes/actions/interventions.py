"""Verbs that change the route or stop it (流程干预): return, withdraw, jump, suspend, resume, terminate.

Each names its reason where it changes the route, and leaves one fact of its own beside those of the units it
cancels and opens.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from bihuan.domain.ledger.events import Actor
from bihuan.domain.processes.actions import charging, people, refusals, store, units
from bihuan.domain.processes.actions.guard import engine_refusals
from bihuan.domain.processes.actions.in_hand import follow_lead
from bihuan.domain.processes.actions.step import Step, When
from bihuan.domain.processes.choices import ENDED, CloseKind, InstanceState, Then, TokenKind
from bihuan.domain.processes.models import permission
from bihuan.domain.processes.ports import InstanceChange
from bihuan.domain.processes.queries.rows import UnitMissing
from bihuan.engines.bpmn import run_marks, run_routes
from bihuan.engines.bpmn.run_state import Token


@transaction.atomic
def return_unit(
    unit_id: int,
    to_node: str = permission.PREVIOUS,
    *,
    reason: str,
    then: str = Then.FORWARD,
    by: Actor,
    at: datetime,
) -> InstanceChange:
    """Give a unit back to an earlier one: `previous`, `initiator` or a node id, as `bh:returnTo` allows.

    Who did the earlier unit gets it again with what they had filled in, if they still hold its post. Needs
    to be the unit's worker; with the verb `unit.return` any earlier unit may be named.

    `then="forward"`: the flow goes on from there, and everything after it is done again.
    `then="straight_back"`: this unit waits; once the earlier one is submitted it opens again for who gave it
    back, and nothing between is done again. Either way the unit's clock stops and the new ones begin anew.
    """
    if then not in set(Then):
        raise refusals.ThenUnknown
    step, when = running(store.instance_of(unit_id), by, at, history=True)
    token, _ = step.unit(unit_id)
    when, allowed = _may_return(step, token, when)
    need(reason)
    work = step.run.work
    target = permission.return_target(
        to_node,
        nearest=run_routes.nearest(work, token),
        ancestors=run_routes.ancestors(work, token),
        allowed=allowed,
    )
    if target is None:
        raise refusals.ReturnNotPossible
    step.told.add(unit_id)
    with engine_refusals():
        if then == Then.STRAIGHT_BACK:
            opened = run_routes.return_straight(work, token, target)
            _wait_for(step, opened, token, when)
        else:
            opened = run_routes.return_to(work, token, target)
        data = {"to": target.node, "new": f"unit:{opened.id}", "then": then}
        step.unit_fact("unit.returned", token, when, reason, **data)
        step.go(when)
    charging.undo_superseded(step, when, reason)
    _hand_back(step, opened, target, when)
    return store.save(step, when)


@transaction.atomic
def withdraw(unit_id: int, *, by: Actor, at: datetime) -> InstanceChange:
    """Take back a unit one has submitted, while nobody has touched what followed (撤回).

    What followed may lie behind a join: the other branches then wait again. One of several signers or
    co-handlers may take theirs back as long as others of them are at work. The unit's clock begins anew.
    """
    step, when = running(store.instance_of(unit_id), by, at, history=True)
    token = step.tokens.get(unit_id)
    if token is None or token.close_kind is not CloseKind.SUBMITTED:
        raise UnitMissing
    when = people.submitter(step, token, when)
    with engine_refusals():
        opened = run_routes.withdraw(step.run.work, token)
        step.unit_fact("unit.withdrawn", token, when, new=f"unit:{opened.id}")
        step.go(when)
    charging.undo_superseded(step, when, "撤回")
    _hand_back(step, opened, token, when)
    return store.save(step, when)


@transaction.atomic
def jump(
    instance_id: int,
    to_node: str,
    *,
    reason: str,
    token_id: int | None = None,
    by: Actor,
    at: datetime,
) -> InstanceChange:
    """Open `to_node` instead of one unit, or of everything open. Needs the verb `unit.jump`."""
    step, when = running(instance_id, by, at)
    people.require(step, "unit.jump", step.instance.unit_id, when)
    need(reason)
    node = step.graph.nodes.get(to_node)
    if node is None or node.unit is None:
        raise refusals.JumpNotPossible
    source = step.unit(token_id)[0] if token_id is not None else None
    with engine_refusals():
        opened = run_routes.jump(step.run.work, to_node, source)
        data: dict[str, Any] = {"to": to_node, "new": f"unit:{opened.id}"}
        if source is not None:
            data["from"] = f"unit:{source.id}"
        step.fact("process.jumped", step.instance.ref, when, data, reason)
        step.go(when)
    return store.save(step, when)


@transaction.atomic
def suspend(
    instance_id: int, *, reason: str, until: datetime | None = None, by: Actor, at: datetime
) -> InstanceChange:
    """Stop an instance and all its clocks, until `until` or until resumed. Needs the verb `unit.suspend`."""
    step, when = running(instance_id, by, at)
    people.require(step, "unit.suspend", step.instance.unit_id, when)
    need(reason)
    if until is not None and until <= when.at:
        raise refusals.SuspensionOver
    step.suspend(when, until, reason)
    return store.save(step, when)


@transaction.atomic
def resume(instance_id: int, *, by: Actor, at: datetime) -> InstanceChange:
    """Let a suspended instance go on with the time its clocks have left. Needs `unit.suspend`."""
    step = store.open_step(instance_id)
    when = step.begin(by, at)
    people.require(step, "unit.suspend", step.instance.unit_id, when)
    if step.instance.state is not InstanceState.SUSPENDED:
        raise refusals.ProcessNotSuspended
    if step.tree.waits_for_caller(step):
        raise refusals.CallerSuspended
    step.resume(when)
    return store.save(step, when)


@transaction.atomic
def terminate(
    instance_id: int, *, reason: str, verb: str = "unit.terminate", by: Actor, at: datetime
) -> InstanceChange:
    """End an instance at once and cancel all that is open. Needs `verb` at its org unit.

    What it has called ends with it. When it was called itself, its caller goes on behind the call activity.
    """
    step, when = _even_if_stuck(instance_id, by, at)
    people.require(step, verb, step.instance.unit_id, when)
    need(reason)
    if step.instance.state in ENDED:
        raise refusals.ProcessNotRunning
    step.instance.state = InstanceState.TERMINATED
    step.instance.suspended_until = None
    step.clocks.stop(step.wake_owner, when.at)
    step.fact("process.terminated", step.instance.ref, when, {}, reason)
    step.run.terminate()
    with engine_refusals():  # a caller goes on behind the call activity
        step.go(when)
    charging.undo_all(step, when, reason)
    return store.save(step, when)


def running(
    instance_id: int, by: Actor, at: datetime, *, history: bool = False
) -> tuple[Step, When]:
    """Open an instance that runs, brought up to the moment; refuse one that does not."""
    step = store.open_step(instance_id, history=history)
    when = step.begin(by, at)
    if step.instance.state is not InstanceState.RUNNING:
        raise refusals.ProcessNotRunning
    return step, when


def _even_if_stuck(instance_id: int, by: Actor, at: datetime) -> tuple[Step, When]:
    """Open an instance also when a timer that is due leads nowhere: ending it is the way out."""
    try:
        with transaction.atomic():
            step = store.open_step(instance_id)
            return step, step.begin(by, at)
    except refusals.STUCK:
        step = store.open_step(instance_id)
        return step, When(by, max(at, step.instance.last_at or at))


def need(reason: str) -> None:
    """Refuse without a reason: whoever changes the route says why (FLW-04)."""
    if not reason.strip():
        raise refusals.ReasonMissing


def _may_return(step: Step, token: Token, when: When) -> tuple[When, tuple[str, ...]]:
    """Return the actor, and where they may return the unit to."""
    found = people.access(step, when)
    if found is None or found.may("unit.return", step.extras[token.id].unit_id):
        return when, (permission.ANY,)
    unit_rules = step.graph.nodes[token.node].unit
    people.decides(step, token, when)
    return people.worker(step, token, when), unit_rules.return_to if unit_rules else ()


def _wait_for(step: Step, opened: Token, token: Token, when: When) -> None:
    """Remember who gets a unit that waits for a correction: its assignee, else who gave it back."""
    who = units.who_holds(step.extras[token.id], token.id)
    if who["assignee"] is None:
        who["assignee"] = who["owner"] = when.by.staff_id
    back = opened.local[run_marks.BACK]
    opened.local = {run_marks.BACK: {**back, "local": {**back["local"], units.WHO: who}}}


def _hand_back(step: Step, opened: Token, target: Token, when: When) -> None:
    """Give a unit that opens again to who did it, with what they had filled in last."""
    if opened.kind is not TokenKind.USER or not opened.live:
        return
    latest = max((target, *_corrections(step, target)), key=lambda token: token.id)
    who = units.who_holds(step.extras[target.id], latest.id)
    revision = step.instance.org_revision
    units.hand_back(step.extras[opened.id], opened, who, revision=revision, at=when.at)
    follow_lead(step, opened, when.at)


def _corrections(step: Step, target: Token) -> list[Token]:
    """Return the runs in which a unit was submitted once more, straight back."""
    return [
        token
        for token in step.tokens.values()
        if token.close_kind is CloseKind.SUBMITTED
        and run_marks.is_stand_in(token)
        and token.local[run_marks.BACK]["of"] == target.id
    ]
