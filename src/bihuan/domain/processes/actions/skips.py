"""Units passed over once they are overdue (TKT-08): which, when, and whether the flow could go on without them."""

from copy import copy
from datetime import datetime
from typing import TYPE_CHECKING

from bihuan.domain.processes.actions.absorb import clock_owner, limit_text
from bihuan.engines import expressions
from bihuan.engines.bpmn.run import Run
from bihuan.engines.bpmn.run_state import CloseKind, RunRefused, Token, TokenKind, What

if TYPE_CHECKING:
    from bihuan.domain.processes.actions.step import Step

# Mark in `Token.local`: the flow could not go on without this unit, so it stays.
STAYS = "@stays"


def next_due(step: "Step", at: datetime) -> tuple[datetime, int] | None:
    """Return when the first unit that is to be passed over is overdue, up to `at`, and its token."""
    due = [
        (moment, token.id)
        for token in _skippable(step)
        if (moment := step.clocks.overdue_at(clock_owner(token), at)) is not None
    ]
    return min(due, default=None)


def leads_on(step: "Step", token: Token) -> bool:
    """Whether the flow could go on without what the unit was to fill in. Tried on copies."""
    work = step.run.work
    trial = Run(
        step.graph,
        instance_id=step.instance.id,
        next_seq=work.next_seq,
        tokens=[copy(one) for one in work.tokens.values()],
        variables=work.variables,
    )
    try:
        trial.complete(token.id, {}, CloseKind.SKIPPED)
        trial.go()
        return all(
            _can_open(step, trial, change.token)
            for change in trial.changes
            if change.what is What.OPENED
        )
    except (RunRefused, expressions.CannotDecide):
        return False


def _skippable(step: "Step") -> list[Token]:
    nodes = step.blueprint.skippable
    if not nodes:
        return []
    return [
        token for token in step.open_units() if token.node in nodes and STAYS not in token.local
    ]


def _can_open(step: "Step", trial: Run, token: Token | None) -> bool:
    rules = step.graph.nodes[token.node].unit if token else None
    if token is not None and rules is not None and token.kind is TokenKind.USER and token.live:
        limit_text(rules.limit, trial.work.values(token.scope, token.local))
    return True
