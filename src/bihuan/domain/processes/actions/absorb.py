"""What each change the engine makes means for rows, clocks and facts: one function per kind of change."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bihuan.domain.processes.actions.units import WHO, assign_as_drawn, hand_back, unit_details
from bihuan.domain.processes.choices import CloseKind, InstanceState, Origin, TokenKind
from bihuan.domain.processes.queries.rows import Extra
from bihuan.engines import expressions
from bihuan.engines.bpmn import run_timers
from bihuan.engines.bpmn.run_state import WALLS, Change, Token, What

if TYPE_CHECKING:
    from bihuan.domain.processes.actions.step import Step, When

# Mark in `Token.local` of a skipped unit: how it came to be skipped.
SKIPPED = "@skipped"
Absorb = Callable[["Step", Change, "When"], None]


def clock_owner(token: Token) -> str:
    """Return the owner of a token's clock."""
    return f"timer:{token.id}" if token.kind is TokenKind.TIMER else f"unit:{token.id}"


def limit_text(text: str, values: dict[str, Any]) -> str:
    """Return a limit as written, or the value of the variable it names."""
    found = expressions.resolve(text, values)
    return "" if found is None else str(found)


def _opened(step: "Step", change: Change, when: "When") -> None:
    token = _token(change)
    extra = step.extras[token.id] = Extra(opened_at=when.at)
    if token.kind is TokenKind.EVENT:
        extra.title = step.graph.nodes[token.node].awaits
    if token.kind is not TokenKind.USER:
        return
    rules = step.graph.nodes[token.node].unit
    values = step.run.work.values(token.scope, token.local)
    unit_details(extra, step.graph.nodes[token.node], step.instance, values)
    if token.close_kind is CloseKind.SKIPPED:
        return
    step.opened.append(token.id)
    step.unit_fact("unit.opened", token, when, origin=token.origin)
    _hand_over(step, token, values, when)
    if rules is not None and rules.limit:
        limit = _limit_of(step, token, rules.limit)
        if limit:
            calendar = rules.calendar or step.instance.calendar
            step.clocks.start(
                clock_owner(token), limit, calendar=calendar, warn=rules.warn_at, at=when.at
            )


def _hand_over(step: "Step", token: Token, values: dict[str, Any], when: "When") -> None:
    """Give a unit to whom it belongs from the start: who waited for it, or whom the diagram names."""
    extra, rules = step.extras[token.id], step.graph.nodes[token.node].unit
    if token.origin is Origin.STRAIGHT_BACK and WHO in token.local:
        revision = step.instance.org_revision
        hand_back(extra, token, token.local[WHO], revision=revision, at=when.at)
    elif rules is not None and rules.assignee and token.origin is not Origin.ADDED:
        to = assign_as_drawn(extra, token, rules.assignee, step.instance, (values, when.at))
        if to:
            step.unit_fact("unit.assigned", token, when, to=to, how="diagram")


def _limit_of(step: "Step", token: Token, text: str) -> str:
    try:
        return limit_text(text, step.run.work.values(token.scope, token.local))
    except expressions.CannotDecide:
        # Whoever jumps goes round the units that would have set the limit: then there is none.
        if token.origin not in WALLS:
            raise
        return ""


def _closed(step: "Step", change: Change, when: "When") -> None:
    token = _token(change)
    _end(step, token, when)
    if token.kind is not TokenKind.USER:
        return
    if token.close_kind is CloseKind.SUBMITTED:
        step.unit_fact("unit.submitted", token, when)
        return
    how, reason = step.skipping.get(token.id, ("condition", ""))
    token.local = {**token.local, SKIPPED: how}
    extra = step.extras[token.id]
    owner = extra.owner_id or extra.assignee_id
    data = {"how": how, "owner": f"staff:{owner}" if owner else "", "post": extra.post}
    step.unit_fact("unit.skipped", token, when, reason, **data)


def _cancelled(step: "Step", change: Change, when: "When") -> None:
    token = _token(change)
    _end(step, token, when)
    if token.kind is TokenKind.USER and token.id not in step.told:
        step.unit_fact("unit.cancelled", token, when, how=token.close_kind)
    elif token.kind is TokenKind.CALL:
        step.tree.concerns_others(step, change, when)


def _end(step: "Step", token: Token, when: "When") -> None:
    step.extras[token.id].closed_at = when.at
    step.clocks.stop(clock_owner(token), when.at)
    if step.extras[token.id].delegation is not None:
        step.clocks.stop(f"delegation:{token.id}", when.at)
    if token.kind is TokenKind.USER:
        step.closed.append(token.id)


def _parked(step: "Step", change: Change, when: "When") -> None:
    step.extras[_token(change).id] = Extra(opened_at=when.at)


def _consumed(step: "Step", change: Change, when: "When") -> None:
    step.extras[_token(change).id].closed_at = when.at


def _superseded(step: "Step", change: Change, when: "When") -> None:
    extra = step.extras[_token(change).id]
    extra.closed_at = extra.closed_at or when.at


def _reopened(step: "Step", change: Change, _when: "When") -> None:
    step.extras[_token(change).id].closed_at = None


def _timer_started(step: "Step", change: Change, when: "When") -> None:
    token = _token(change)
    values = step.run.work.values(token.scope)
    timer = run_timers.plan(change.detail, values, when.at)
    if timer.every is not None:
        seconds = timer.every.total_seconds()
        token.local = {**token.local, "left": timer.times, "every": f"PT{seconds:g}S"}
    step.clocks.start_timer(clock_owner(token), timer.due_at, when.at)


def _process_called(step: "Step", change: Change, when: "When") -> None:
    step.tree.concerns_others(step, change, when)


def _ended(step: "Step", change: Change, when: "When") -> None:
    instance = step.instance
    if instance.state is not InstanceState.TERMINATED:
        instance.state = InstanceState.DONE
        if step.failed_with is None:
            step.fact("process.ended", instance.ref, when, {})
    instance.ended_at = when.at
    step.tree.concerns_others(step, change, when)


def _error_uncaught(step: "Step", change: Change, when: "When") -> None:
    """Nobody in this process catches the error: it ends, and its caller may catch it."""
    step.failed_with = change.detail
    step.fact("process.failed", step.instance.ref, when, {"code": change.detail})


def _escalated(step: "Step", change: Change, when: "When") -> None:
    step.fact("process.escalated", step.instance.ref, when, {"code": change.detail})


def _escalation_uncaught(step: "Step", change: Change, when: "When") -> None:
    step.tree.concerns_others(step, change, when)


def _thrown(step: "Step", change: Change, when: "When") -> None:
    step.fact(f"process.{change.what}", step.instance.ref, when, {"name": change.detail})
    step.tree.concerns_others(step, change, when)


def _token(change: Change) -> Token:
    if change.token is None:
        raise ValueError(f"{change.what} names no token")
    return change.token


ABSORB: dict[What, Absorb] = {
    What.OPENED: _opened,
    What.CLOSED: _closed,
    What.CANCELLED: _cancelled,
    What.PARKED: _parked,
    What.CONSUMED: _consumed,
    What.SUPERSEDED: _superseded,
    What.REOPENED: _reopened,
    What.TIMER_STARTED: _timer_started,
    What.PROCESS_CALLED: _process_called,
    What.ENDED: _ended,
    What.ERROR_UNCAUGHT: _error_uncaught,
    What.ESCALATED: _escalated,
    What.ESCALATION_UNCAUGHT: _escalation_uncaught,
    What.MESSAGE_THROWN: _thrown,
    What.SIGNAL_THROWN: _thrown,
}
