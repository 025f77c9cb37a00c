"""The everyday verbs on one unit: claim, release, save a draft, submit, assign, transfer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import queries as org
from bihuan.domain.processes.actions import charging, form_values, in_hand, people, refusals, store
from bihuan.domain.processes.actions.guard import engine_refusals
from bihuan.domain.processes.actions.in_hand import follow_lead
from bihuan.domain.processes.actions.step import Step, When
from bihuan.domain.processes.choices import InstanceState, TokenState
from bihuan.domain.processes.ports import InstanceChange
from bihuan.engines.bpmn.run_state import Token


@dataclass(frozen=True, slots=True)
class _Unit:
    step: Step
    token: Token
    when: When


@transaction.atomic
def claim(unit_id: int, *, by: Actor, at: datetime) -> InstanceChange:
    """Take an open unit into one's own hands. Claiming it again oneself changes nothing."""
    unit = _open(unit_id, by=by, at=at)
    when = people.worker(unit.step, unit.token, unit.when)
    if unit.token.state is TokenState.OPEN:
        people.take(unit.step, unit.token, when)
    return store.save(unit.step, when)


@transaction.atomic
def release(unit_id: int, *, by: Actor, at: datetime) -> InstanceChange:
    """Give a claimed unit back to its post. Its assignee may, and who may assign units there."""
    unit = _open(unit_id, by=by, at=at)
    step, token = unit.step, unit.token
    if token.state is not TokenState.CLAIMED:
        raise refusals.NotYourUnit
    when = people.worker_or(step, token, "unit.assign", unit.when)
    people.decides(step, token, when)
    in_hand.end(step, token, when.at)
    extra = step.extras[unit_id]
    token.state = TokenState.OPEN
    extra.assignee_id = extra.owner_id = extra.delegate_of = extra.claimed_at = None
    step.changed.add(unit_id)
    follow_lead(step, token, when.at)
    step.unit_fact("unit.released", token, when)
    return store.save(step, when)


@transaction.atomic
def save_draft(unit_id: int, values: dict[str, Any], *, by: Actor, at: datetime) -> InstanceChange:
    """Keep what is filled in so far (暂存), unchecked. An open unit is claimed first."""
    unit = _open(unit_id, by=by, at=at)
    when = people.worker(unit.step, unit.token, unit.when)
    if unit.token.state is TokenState.OPEN:
        people.take(unit.step, unit.token, when)
    unit.step.extras[unit_id].draft = form_values.restored(unit_id, values)
    unit.step.changed.add(unit_id)
    unit.step.unit_fact("unit.drafted", unit.token, when)
    return store.save(unit.step, when)


@transaction.atomic
def submit(
    unit_id: int, values: dict[str, Any], *, rev: int | None = None, by: Actor, at: datetime
) -> InstanceChange:
    """Finish a unit with its form and move the process on. An open unit is claimed first.

    `rev` is the instance's revision the page was drawn from; if it has changed since, nothing is done.
    """
    unit = _open(unit_id, by=by, at=at)
    step, token = unit.step, unit.token
    if rev is not None and rev != step.instance.rev:
        raise refusals.StalePage
    when = people.worker(step, token, unit.when)
    people.decides(step, token, when)
    if token.state is TokenState.OPEN:
        people.take(step, token, when)
    else:
        stand_in(step, token, when)
    whole = form_values.restored(unit_id, values)
    clean, variables = form_values.checked(step, token, whole, when.at)
    step.form = clean
    step.extras[unit_id].form = clean
    charging.charge(step, token, when)
    with engine_refusals():
        step.run.complete(unit_id, variables)
        step.go(when)
    return store.save(step, when)


@transaction.atomic
def assign(
    unit_id: int, *, to_staff_id: int, reason: str = "", by: Actor, at: datetime
) -> InstanceChange:
    """Put a unit into the hands of somebody on its post. Needs the verb `unit.assign` there."""
    unit = _open(unit_id, by=by, at=at, also_suspended=True)
    step, token = unit.step, unit.token
    people.require(step, "unit.assign", step.extras[unit_id].unit_id, unit.when)
    step.extras[unit_id].unit_id = people.place_for(step, token, to_staff_id, unit.when)
    people.give(step, token, to_staff_id, unit.when)
    step.unit_fact("unit.assigned", token, unit.when, reason, to=f"staff:{to_staff_id}")
    return store.save(step, unit.when)


@transaction.atomic
def transfer(
    unit_id: int,
    *,
    to_staff_id: int | None = None,
    to_org_unit_id: int | None = None,
    reason: str = "",
    by: Actor,
    at: datetime,
) -> InstanceChange:
    """Hand a unit over (转办), to a person on its post or to the post in another org unit.

    Whoever works on it may, and who may assign units there.
    """
    unit = _open(unit_id, by=by, at=at, also_suspended=True)
    step, token = unit.step, unit.token
    when = people.worker_or(step, token, "unit.assign", unit.when)
    people.decides(step, token, when)
    extra = step.extras[unit_id]
    if to_staff_id is not None:
        extra.unit_id = people.place_for(step, token, to_staff_id, when)
        people.give(step, token, to_staff_id, when)
        step.unit_fact("unit.transferred", token, when, reason, to=f"staff:{to_staff_id}")
    elif to_org_unit_id is not None:
        if to_org_unit_id not in org.tree(step.instance.org_revision).units:
            raise refusals.PlaceUnknown
        in_hand.end(step, token, when.at)
        token.state = TokenState.OPEN
        extra.assignee_id = extra.owner_id = extra.delegate_of = extra.claimed_at = None
        extra.unit_id = to_org_unit_id
        step.changed.add(unit_id)
        follow_lead(step, token, when.at)
        step.unit_fact("unit.transferred", token, when, reason, to=f"unit:{to_org_unit_id}")
    else:
        raise refusals.ReceiverMissing
    return store.save(step, when)


def stand_in(step: Step, token: Token, when: When) -> None:
    """Note who really works on a unit that is claimed: a delegate takes the assignee's place."""
    staff = when.by.staff_id
    extra = step.extras[token.id]
    if staff is None:
        return
    who = [one for one in {staff, extra.assignee_id} if one is not None]
    people.check_duty(step, token, who)
    people.check_operator(step, token, who, when)
    if staff != extra.assignee_id:
        owner = extra.owner_id or extra.assignee_id
        extra.assignee_id = staff
        extra.delegate_of = owner if owner != staff else None
        step.changed.add(token.id)


def _open(
    unit_id: int,
    *,
    by: Actor,
    at: datetime,
    also_suspended: bool = False,
) -> _Unit:
    """Return an open unit of a running instance; work that waits may still change hands."""
    step = store.open_unit_step(unit_id)
    when = step.begin(by, at)
    token, _ = step.unit(unit_id)
    waits = also_suspended and step.instance.state is InstanceState.SUSPENDED
    if step.instance.state is not InstanceState.RUNNING and not waits:
        raise refusals.ProcessNotRunning
    return _Unit(step, token, when)
