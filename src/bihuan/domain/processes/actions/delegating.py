"""Delegate a unit (委派): somebody else works on it, the owner keeps it (TKT-11).

It comes back when the delegate has finished, when either gives it back, at the moment set, or when the owner's
leave ends. The clock goes on all the while: the time is the owner's.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from bihuan.domain.ledger.events import Actor
from bihuan.domain.notifications.choices import Topic
from bihuan.domain.org import queries as org
from bihuan.domain.processes.actions import form_values, in_hand, people, refusals, store
from bihuan.domain.processes.actions.in_hand import How
from bihuan.domain.processes.actions.step import Step, When
from bihuan.domain.processes.actions.telling import about, tell
from bihuan.domain.processes.choices import TokenState
from bihuan.domain.processes.models.permission import Delegation
from bihuan.domain.processes.ports import InstanceChange
from bihuan.engines.bpmn.run_state import Token
from bihuan.kit import db

_OF_LEAVE = """
select id from processes_token
where kind = 'USER' and state = 'CLAIMED' and delegation is not null
    and (delegation ->> 'leave')::bigint = %s
order by id
"""


@dataclass(frozen=True, slots=True)
class DelegationTerms:
    """Who works on a unit, until when, and whether they may submit it.

    `while_away`: until the owner's leave ends, the present one or the next; back early ends it early.
    """

    to_staff_id: int
    until: datetime | None = None
    while_away: bool = False
    may_submit: bool = False


@transaction.atomic
def delegate(
    unit_id: int, *, terms: DelegationTerms, reason: str = "", by: Actor, at: datetime
) -> InstanceChange:
    """Let somebody at work, on the unit's post or not, work on a unit. An open unit is claimed first.

    Whoever works on the unit may, and for a unit somebody has in hand who may assign units there.
    """
    step, token, when = _open(unit_id, by, at)
    extra = step.extras[unit_id]
    if extra.delegation is not None:
        raise refusals.AlreadyDelegated
    if token.state is TokenState.OPEN or not _may_assign(step, token, when):
        when = people.worker(step, token, when)
    if token.state is TokenState.OPEN:
        people.take(step, token, when)
    delegation = _terms(step, token, terms, when.at)
    people.check_duty(step, token, [delegation.to])
    in_hand.lend(step, token, delegation, when)
    data: dict[str, Any] = {"to": f"staff:{delegation.to}", "may_submit": delegation.may_submit}
    if delegation.until is not None:
        data["until"] = delegation.until.isoformat()
    step.unit_fact("unit.delegated", token, when, reason.strip(), **data)
    key = f"unit:{unit_id}:delegated:{when.at.isoformat()}"
    title = f"委派给您：{extra.title}"
    notice = about(Topic.DISPATCH, title, step.instance.root, key, reason.strip())
    tell(notice, [delegation.to], by=when.by, at=when.at)
    return store.save(step, when)


@transaction.atomic
def complete_delegation(
    unit_id: int, values: dict[str, Any], *, reason: str = "", by: Actor, at: datetime
) -> InstanceChange:
    """Give a unit back with what was filled in, for its owner to look at and submit. The delegate may."""
    step, token, when = _open(unit_id, by, at)
    if not people.is_delegate(step, token, when):
        raise refusals.NotDelegated if _is_at_home(step, token) else refusals.NotYourUnit
    when = people.worker(step, token, when)
    step.extras[unit_id].draft = form_values.restored(unit_id, values)
    in_hand.take_back(step, token, when, How.BY_DELEGATE, reason=reason.strip(), done=True)
    extra, key = step.extras[unit_id], f"unit:{unit_id}:completed:{when.at.isoformat()}"
    title = f"委派已办好，请确认提交：{extra.title}"
    notice = about(Topic.DISPATCH, title, step.instance.root, key, reason.strip())
    tell(notice, [extra.owner_id], by=when.by, at=when.at)
    return store.save(step, when)


@transaction.atomic
def give_back(unit_id: int, *, reason: str = "", by: Actor, at: datetime) -> InstanceChange:
    """Give a delegated unit back to its owner as it is. Delegate and owner may, and who may assign there."""
    step, token, when = _open(unit_id, by, at)
    if _is_at_home(step, token):
        raise refusals.NotDelegated
    by_delegate = people.is_delegate(step, token, when)
    if by_delegate or not _may_assign(step, token, when):
        when = people.worker(step, token, when)
    how = How.BY_DELEGATE if by_delegate else How.BY_OWNER
    in_hand.take_back(step, token, when, how, reason=reason.strip())
    return store.save(step, when)


def leave_ended(leave_id: int, by: Actor, at: datetime) -> None:
    """Give back the units that were delegated for as long as a leave lasts."""
    for (unit_id,) in db.rows(_OF_LEAVE, (leave_id,)):
        step, token, when = _open(unit_id, by, at)
        if not _is_at_home(step, token):
            in_hand.take_back(step, token, when, How.LEAVE_ENDED)
            store.save(step, when)


def _open(unit_id: int, by: Actor, at: datetime) -> tuple[Step, Token, When]:
    """Return an open unit; also of a suspended instance, where work changes hands all the same."""
    step = store.open_step(store.instance_of(unit_id))
    when = step.begin(by, at)
    token, _ = step.unit(unit_id)
    return step, token, when


def _is_at_home(step: Step, token: Token) -> bool:
    return step.extras[token.id].delegation is None


def _may_assign(step: Step, token: Token, when: When) -> bool:
    found = people.access(step, when)
    return found is None or found.may("unit.assign", step.extras[token.id].unit_id)


def _terms(step: Step, token: Token, terms: DelegationTerms, at: datetime) -> Delegation:
    extra = step.extras[token.id]
    owner = extra.owner_id or extra.assignee_id
    if owner is None or terms.to_staff_id in {owner, extra.assignee_id}:
        raise refusals.DelegateNotAvailable
    absence = org.leave_of(terms.to_staff_id, at)
    is_away = absence is not None and absence.away_from <= at
    if is_away or not org.at_work([terms.to_staff_id], at):
        raise refusals.DelegateNotAvailable
    until, leave_id = terms.until, None
    if terms.while_away:
        leave = org.leave_of(owner, at)
        if leave is None:
            raise refusals.OwnerNotAway
        until, leave_id = leave.away_until, leave.id
    if until is not None and until <= at:
        raise refusals.DelegationOver
    return Delegation(terms.to_staff_id, until, terms.may_submit, leave_id)
