"""What each BPMN element does when a token enters it.

Every element answers the same three questions: on enter (here), on complete (`finish` and the scope check
below, `Work.leave`), on cancel (`Work.cancel`, the same for all).
"""

from collections.abc import Callable

from bihuan.engines.bpmn import run_back, run_events, run_joins, run_multi, run_together
from bihuan.engines.bpmn.model import EventKind, Node, NodeKind
from bihuan.engines.bpmn.run_graph import holds
from bihuan.engines.bpmn.run_state import (
    Arrival,
    CloseKind,
    NoFlowTaken,
    Token,
    TokenKind,
    UnsupportedElement,
    VerbDue,
    What,
)
from bihuan.engines.bpmn.run_work import AWAITED, Work

THROWN = {EventKind.MESSAGE: What.MESSAGE_THROWN, EventKind.SIGNAL: What.SIGNAL_THROWN}

Enter = Callable[[Work, Node, Arrival], "VerbDue | None"]


def enter(work: Work, arrival: Arrival) -> VerbDue | None:
    """Let a token enter a node. A result means: wait for this service task."""
    node = work.graph.nodes[arrival.node]
    if node.multi is not None and node.kind in run_multi.KINDS:
        run_multi.enter(work, node, arrival)
        return None
    return ENTER[node.kind](work, node, arrival)


def finish(work: Work, token: Token, how: CloseKind) -> None:
    """Finish an activity: as one of several instances, or by going on behind it.

    A stand-in goes back to the unit it stands in for; a unit with co-handlers waits for the last of them.
    """
    work.close(token, how)
    if run_back.goes_back(work, token):
        return
    parents = run_together.done_with(work, token)
    if parents is None:
        return
    if token.scope and work.known[token.scope].kind is TokenKind.MULTI:
        run_multi.completed(work, token)
        return
    work.leave(work.node(token), parents, token.scope, token.local)


def finish_empty_scopes(work: Work) -> bool:
    """Finish a scope in which no token is left; False when there is none. The instance comes last."""
    for scope in sorted(work.emptied, reverse=True):
        work.emptied.discard(scope)
        token = work.known[scope] if scope else None
        if token is not None and not (token.live and token.kind is TokenKind.SCOPE):
            continue
        if _holds_something(work, scope):
            continue
        if token is not None:
            finish(work, token, CloseKind.FINISHED)
            return True
        work.ended = True
        work.note(What.ENDED)
        return False
    return False


def _holds_something(work: Work, scope: int) -> bool:
    if any(not work.is_boundary(token) for token in work.around(scope)):
        return True
    return work.rest is not None and work.rest.count(scope) > 0


def _pass(work: Work, node: Node, arrival: Arrival) -> None:
    work.leave(node, arrival.parents, arrival.scope)


def _user_task(work: Work, node: Node, arrival: Arrival) -> None:
    condition = node.unit.enter_if if node.unit else ""
    if condition and not holds(condition, work.values(arrival.scope)):
        finish(work, work.open(arrival, TokenKind.USER), CloseKind.SKIPPED)
        return
    work.arm(work.open(arrival, TokenKind.USER))


def _activity(kind: TokenKind) -> Enter:
    def enter_activity(work: Work, node: Node, arrival: Arrival) -> None:
        token = work.open(arrival, kind)
        work.arm(token)
        run_multi.open_instance(work, node, token)

    return enter_activity


def _service(work: Work, node: Node, arrival: Arrival) -> VerbDue | None:
    if node.event.kind is EventKind.MESSAGE and not node.verb:
        _throw(work, node, arrival)
        return None
    return VerbDue(node.id, node.verb, node.params, node.decision)


def _exclusive(work: Work, node: Node, arrival: Arrival) -> None:
    flows = work.graph.out(node.id)
    if not flows:
        work.emptied.add(arrival.scope)
        return
    values = work.values(arrival.scope)
    for flow in flows:
        if flow.id != node.default and (not flow.condition or holds(flow.condition, values)):
            work.arrive(flow.target, arrival.parents, arrival.scope, flow.id)
            return
    if not node.default:
        raise NoFlowTaken(node.id)
    flow = work.graph.flows[node.default]
    work.arrive(flow.target, arrival.parents, arrival.scope, flow.id)


def _end(work: Work, node: Node, arrival: Arrival) -> None:
    work.emptied.add(arrival.scope)
    if node.event.kind is EventKind.TERMINATE:
        work.cancel_inside(arrival.scope, CloseKind.TERMINATED)
    elif node.event.kind is EventKind.ERROR:
        run_events.throw_error(work, arrival.scope, node.event.code)
    elif node.event.kind is EventKind.ESCALATION:
        run_events.throw_escalation(work, arrival.scope, node.event.code)
    elif node.event.kind in THROWN:
        work.note_thrown(THROWN[node.event.kind], node.event.code)


def _start(work: Work, node: Node, arrival: Arrival) -> None:
    if node.event.kind is EventKind.TIMER and not arrival.scope:
        work.wait(node, arrival)
    else:
        work.leave(node, arrival.parents, arrival.scope)


def _catch(work: Work, node: Node, arrival: Arrival) -> None:
    if node.event.kind not in AWAITED:
        raise UnsupportedElement(node.id)
    work.wait(node, arrival)


def _receive(work: Work, node: Node, arrival: Arrival) -> None:
    work.arm(work.open(arrival, TokenKind.EVENT))


def _race(work: Work, node: Node, arrival: Arrival) -> None:
    race = work.open(arrival, TokenKind.RACE)
    for flow in work.graph.out(node.id):
        enter(work, Arrival(flow.target, flow.id, (race.id,), arrival.scope))


def happen(work: Work, token: Token, *, last: bool) -> None:
    """Let what a token waited for happen: its time, message or signal.

    What else an event-based gateway waited for no longer happens. A boundary event that may happen again
    is told with `last=False`.
    """
    node = work.node(token)
    if not node.attached_to:
        _end_race(work, token)
        finish(work, token, CloseKind.FIRED)
        return
    if node.interrupting:
        hosts = work.hosts(token)
        work.close(token, CloseKind.FIRED)
        for host in hosts:
            work.cancel(host, CloseKind.CANCELLED)
    elif last:
        work.close(token, CloseKind.FIRED)
    work.leave(node, (token.id,), token.scope)


def _end_race(work: Work, winner: Token) -> None:
    race = work.racing(winner)
    if race is None:
        return
    for rival in work.inside(race.scope):
        if rival is not winner and work.racing(rival) is race:
            work.cancel(rival, CloseKind.CANCELLED)
    work.close(race, CloseKind.FIRED)


def _throw(work: Work, node: Node, arrival: Arrival) -> None:
    if node.event.kind is EventKind.ESCALATION:
        if run_events.throw_escalation(work, arrival.scope, node.event.code):
            return
    elif node.event.kind in THROWN:
        work.note_thrown(THROWN[node.event.kind], node.event.code)
    elif node.event.kind is not EventKind.NONE:
        raise UnsupportedElement(node.id)
    work.leave(node, arrival.parents, arrival.scope)


def _unsupported(_work: Work, node: Node, _arrival: Arrival) -> None:
    raise UnsupportedElement(node.id)


ENTER: dict[NodeKind, Enter] = {
    NodeKind.START_EVENT: _start,
    NodeKind.END_EVENT: _end,
    NodeKind.USER_TASK: _user_task,
    NodeKind.MANUAL_TASK: _pass,
    NodeKind.TASK: _pass,
    NodeKind.SERVICE_TASK: _service,
    NodeKind.SEND_TASK: _service,
    NodeKind.SCRIPT_TASK: _service,
    NodeKind.BUSINESS_RULE_TASK: _service,
    NodeKind.RECEIVE_TASK: _receive,
    NodeKind.EXCLUSIVE_GATEWAY: _exclusive,
    NodeKind.PARALLEL_GATEWAY: run_joins.enter_and,
    NodeKind.INCLUSIVE_GATEWAY: run_joins.enter_or,
    NodeKind.EVENT_BASED_GATEWAY: _race,
    NodeKind.SUB_PROCESS: _activity(TokenKind.SCOPE),
    NodeKind.CALL_ACTIVITY: _activity(TokenKind.CALL),
    NodeKind.BOUNDARY_EVENT: _unsupported,
    NodeKind.INTERMEDIATE_CATCH_EVENT: _catch,
    NodeKind.INTERMEDIATE_THROW_EVENT: _throw,
}
