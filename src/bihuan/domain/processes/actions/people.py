"""Who may do what with a unit: posts, assignees, delegates, verbs, separation of duty."""

from collections.abc import Sequence
from dataclasses import replace

from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import queries as org
from bihuan.domain.org.ports import Access
from bihuan.domain.processes.actions import in_hand, refusals
from bihuan.domain.processes.actions.in_hand import follow_lead
from bihuan.domain.processes.actions.step import Step, When
from bihuan.domain.processes.choices import CloseKind, TokenState
from bihuan.domain.processes.models import permission
from bihuan.domain.processes.queries.routes import may_operate
from bihuan.domain.processes.queries.rows import Extra
from bihuan.domain.processes.queries.statements import SQL
from bihuan.engines import expressions
from bihuan.engines.bpmn import run_together
from bihuan.engines.bpmn.run_state import Token
from bihuan.kit import db
from bihuan.kit.problems import NotAllowed


def access(step: Step, when: When) -> Access | None:
    """Return what the actor may do; None for the system, which may do everything."""
    if when.by.is_system:
        return None
    if when.by.staff_id is None:
        raise NotAllowed
    return org.access_of(when.by.staff_id, when.at, known_revision=step.instance.org_revision)


def require(step: Step, verb: str, unit_id: int | None, when: When) -> None:
    """Refuse unless the actor has the verb at an org unit."""
    found = access(step, when)
    if found is not None and not found.may(verb, unit_id):
        raise NotAllowed


def worker(step: Step, token: Token, when: When) -> When:
    """Return the actor as who works on the unit, on whose behalf if not their own; or refuse."""
    found = access(step, when)
    if found is None:
        return when
    place = place_of(step.extras[token.id])
    standing = permission.standing(found, place)
    if not standing.may_work:
        on_post = permission.by_post(found, place).may_work
        raise refusals.UnitAlreadyTaken if on_post else refusals.NotYourPost
    if standing.on_behalf_of is None:
        return when
    return replace(when, by=replace(when.by, on_behalf_of=f"staff:{standing.on_behalf_of}"))


def worker_or(step: Step, token: Token, verb: str, when: When) -> When:
    """Return the actor as the unit's worker, or as one with the verb there; or refuse."""
    found = access(step, when)
    if found is not None and found.may(verb, step.extras[token.id].unit_id):
        return when
    try:
        return worker(step, token, when)
    except refusals.UnitAlreadyTaken:
        raise refusals.NotYourUnit from None


def is_delegate(step: Step, token: Token, when: When) -> bool:
    """Tell whether the actor works on the unit only because it is delegated to them."""
    found = access(step, when)
    if found is None or step.extras[token.id].delegation is None:
        return False
    return permission.standing(found, place_of(step.extras[token.id])).is_delegate


def decides(step: Step, token: Token, when: When) -> None:
    """Refuse who works on the unit as a delegate that may not submit it: where it goes is the owner's matter."""
    delegation = step.extras[token.id].delegation
    if delegation and not delegation.may_submit and is_delegate(step, token, when):
        raise refusals.OwnerDecides


def submitter(step: Step, token: Token, when: When) -> When:
    """Return the actor as who submitted a unit and still holds its post; or refuse."""
    found = access(step, when)
    extra = step.extras[token.id]
    if found is None:
        return when
    place = permission.Place(extra.post, extra.unit_id, None)
    standing = permission.by_post(found, place)
    if extra.assignee_id != found.staff_id or not standing.may_work:
        raise refusals.NotYourUnit
    if extra.delegate_of is None:
        return when
    return replace(when, by=replace(when.by, on_behalf_of=f"staff:{extra.delegate_of}"))


def check_duty(step: Step, token: Token, staff: list[int]) -> None:
    """Refuse when one of these people did a unit that this one excludes."""
    rules_of_unit = step.graph.nodes[token.node].unit
    excluded = rules_of_unit.excludes if rules_of_unit else ()
    if not excluded or not staff:
        return
    params = {"subject": step.instance.subject, "nodes": list(excluded), "staff": staff}
    if _did(step, excluded, staff) or db.one(SQL["closed_by"], params):
        raise refusals.HandledByTheSamePerson


def check_operator(step: Step, token: Token, staff: Sequence[int], when: When) -> None:
    """Refuse when the unit names its operators (`bh:operators`, FLW-02) and none of these people is one.

    They are login names, `staff:12`, or codes of posts. Who was added as co-handler was named by an operator.
    """
    rules = step.graph.nodes[token.node].unit
    if rules is None or not rules.operators or not staff or run_together.is_signer(token):
        return
    values = step.run.work.values(token.scope, token.local)
    if not may_operate(expressions.resolve(rules.operators, values), staff, when.at):
        raise refusals.NotAnOperator


def _did(step: Step, nodes: Sequence[str], staff: list[int]) -> bool:
    """Tell whether one of these people did one of these units in a step not yet written."""
    return any(
        token.node in nodes
        and token.close_kind is CloseKind.SUBMITTED
        and not _hands_on(step, token).isdisjoint(staff)
        for token in step.known.values()
    )


def _hands_on(step: Step, token: Token) -> set[int | None]:
    extra = step.extras[token.id]
    return {extra.assignee_id, extra.delegate_of}


def take(step: Step, token: Token, when: When) -> None:
    """Claim an open unit for who works on it."""
    extra = step.extras[token.id]
    staff, behalf = when.by.staff_id, _staff_id(when.by.on_behalf_of)
    if staff is None:
        return
    who = [one for one in (staff, behalf) if one is not None]
    check_duty(step, token, who)
    check_operator(step, token, who, when)
    token.state = TokenState.CLAIMED
    extra.assignee_id = staff
    extra.owner_id = extra.owner_id or behalf or staff
    extra.delegate_of = behalf
    extra.claimed_at = when.at
    step.changed.add(token.id)
    follow_lead(step, token, when.at)
    step.unit_fact("unit.claimed", token, when)


def give(step: Step, token: Token, staff_id: int, when: When) -> None:
    """Put a unit into somebody's hands. The receiver must be at work on its post."""
    extra = step.extras[token.id]
    check_duty(step, token, [staff_id])
    if not when.by.is_system:
        check_operator(step, token, [staff_id], when)
    in_hand.end(step, token, when.at)
    token.state = TokenState.CLAIMED
    extra.assignee_id = extra.owner_id = staff_id
    extra.delegate_of = None
    extra.claimed_at = when.at
    step.changed.add(token.id)
    follow_lead(step, token, when.at)


def place_for(step: Step, token: Token, staff_id: int, when: When) -> int | None:
    """Return where the receiver would do the unit: where it is if their post covers it, else where they hold it."""
    extra = step.extras[token.id]
    if when.by.is_system:  # an import says who had it, whatever posts are held here
        return extra.unit_id
    receiver = org.access_of(staff_id, when.at, known_revision=step.instance.org_revision)
    if permission.by_post(receiver, place_of(extra)).may_work:
        return extra.unit_id
    for post, unit_id in receiver.own_posts:
        if post == extra.post:
            return unit_id
    raise refusals.ReceiverNotOnPost


def place_of(extra: Extra) -> permission.Place:
    """Return the columns that permission depends on."""
    return permission.Place(
        extra.post, extra.unit_id, extra.assignee_id, extra.owner_id, extra.delegation
    )


def as_staff(staff_id: int) -> Actor:
    """Return the ref of a person as an actor, for facts that name who receives."""
    return Actor(f"staff:{staff_id}")


def _staff_id(ref: str) -> int | None:
    kind, _, key = ref.partition(":")
    return int(key) if kind == "staff" else None
