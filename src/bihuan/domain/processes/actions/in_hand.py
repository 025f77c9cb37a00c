"""What follows from whose hands a unit is in: whose warnings its clock gives, and when a delegation ends."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from bihuan.domain.org import queries as people
from bihuan.domain.processes.actions.absorb import clock_owner
from bihuan.domain.processes.models.permission import Delegation
from bihuan.engines.bpmn.run_state import Token

if TYPE_CHECKING:
    from bihuan.domain.processes.actions.step import Step, When


class How(StrEnum):
    """Why a delegated unit came back to its owner."""

    BY_DELEGATE = "BY_DELEGATE"
    BY_OWNER = "BY_OWNER"
    EXPIRED = "EXPIRED"
    LEAVE_ENDED = "LEAVE_ENDED"


def clock_of(token_id: int) -> str:
    """Return the owner of the timer that ends a unit's delegation."""
    return f"delegation:{token_id}"


def lend(step: "Step", token: Token, terms: Delegation, when: "When") -> None:
    """Put a claimed unit into a delegate's hands; it stays its owner's."""
    extra = step.extras[token.id]
    extra.owner_id = extra.owner_id or extra.assignee_id
    extra.delegate_of, extra.assignee_id = extra.owner_id, terms.to
    extra.delegation = terms
    if terms.until is not None:
        step.clocks.start_timer(clock_of(token.id), terms.until, when.at)
    step.changed.add(token.id)
    follow_lead(step, token, when.at)


def end(step: "Step", token: Token, at: datetime) -> None:
    """End a unit's delegation, if there is one, as part of whatever else happens to the unit."""
    extra = step.extras[token.id]
    if extra.delegation is not None:
        extra.delegation = None
        step.clocks.stop(clock_of(token.id), at)


def take_back(
    step: "Step", token: Token, when: "When", how: How, *, reason: str = "", done: bool = False
) -> None:
    """Put a delegated unit back into its owner's hands; `done` when the delegate has finished with it."""
    extra = step.extras[token.id]
    delegate = extra.assignee_id
    end(step, token, when.at)
    extra.assignee_id, extra.delegate_of = extra.owner_id, None
    step.changed.add(token.id)
    follow_lead(step, token, when.at)
    name = "unit.delegation_completed" if done else "unit.given_back"
    data = {"how": how.value, "from": f"staff:{delegate}", "to": f"staff:{extra.owner_id}"}
    step.unit_fact(name, token, when, reason, **data)


def follow_lead(step: "Step", token: Token, at: datetime) -> None:
    """Give a unit's clock the warnings of the diagram and of the person who has the unit now."""
    rules, extra = step.graph.nodes[token.node].unit, step.extras[token.id]
    warns = rules.warn_at if rules is not None else ()
    if extra.assignee_id is not None:
        revision = step.instance.org_revision
        lead = people.warning_lead(extra.assignee_id, at, known_revision=revision)
        warns = (*warns, lead) if lead and lead not in warns else warns
    step.clocks.warn(clock_owner(token), warns, at)
