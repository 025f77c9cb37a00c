"""Gateways that wait: AND joins count flows, OR joins follow BPMN 2.0 table 13.3."""

from bihuan.engines.bpmn.model import Node, NodeKind
from bihuan.engines.bpmn.run_graph import holds
from bihuan.engines.bpmn.run_marks import held_node
from bihuan.engines.bpmn.run_state import Arrival, NoFlowTaken, Token, TokenKind, TokenState, What
from bihuan.engines.bpmn.run_work import Work


def enter_and(work: Work, node: Node, arrival: Arrival) -> None:
    """Park a ticket; once every incoming flow holds one, take one of each and go on by all flows."""
    if len(node.incoming) < 2:
        split_and(work, node, arrival.parents, arrival.scope)
        return
    last = work.open(arrival, TokenKind.JOIN)
    waiting = _oldest_by_flow(work, node, arrival.scope)
    if len(waiting) == len(node.incoming):
        tickets = _consume(work, list(waiting.values()), last)
        split_and(work, node, tickets, arrival.scope)


def split_and(work: Work, node: Node, parents: tuple[int, ...], scope: int) -> None:
    """Go on by every outgoing flow."""
    work.emptied.add(scope)
    for flow in work.graph.out(node.id):
        work.arrive(flow.target, parents, scope, flow.id)


def enter_or(work: Work, node: Node, arrival: Arrival) -> None:
    """Park a ticket; whether the join fires is decided when nothing else can move (`fire_or_joins`)."""
    if len(node.incoming) < 2:
        split_or(work, node, arrival.parents, arrival.scope)
        return
    work.open(arrival, TokenKind.JOIN)


def split_or(work: Work, node: Node, parents: tuple[int, ...], scope: int) -> None:
    """Go on by every flow that is true or has no condition; the default only if there is none."""
    flows = work.graph.out(node.id)
    work.emptied.add(scope)
    values = work.values(scope)
    taken = [
        flow
        for flow in flows
        if flow.id != node.default and (not flow.condition or holds(flow.condition, values))
    ]
    if not taken and node.default:
        taken = [work.graph.flows[node.default]]
    if flows and not taken:
        raise NoFlowTaken(node.id)
    for flow in taken:
        work.arrive(flow.target, parents, scope, flow.id)


def fire_or_joins(work: Work) -> bool:
    """Fire the first OR join that need not wait. False when all must."""
    if not work.graph.has_or_gateways:
        return False
    for ticket in list(work.known.values()):
        if ticket.kind is not TokenKind.JOIN or not ticket.live:
            continue
        node = work.node(ticket)
        if node.kind is not NodeKind.INCLUSIVE_GATEWAY:
            continue
        waiting = _oldest_by_flow(work, node, ticket.scope)
        if _must_wait(work, node, ticket.scope, set(waiting)):
            continue
        last = max(waiting.values(), key=lambda found: found.id)
        tickets = _consume(work, list(waiting.values()), last)
        split_or(work, node, tickets, ticket.scope)
        return True
    return False


def _must_wait(work: Work, node: Node, scope: int, filled: set[str]) -> bool:
    empty = set(node.incoming) - filled
    if not empty:
        return False
    for token in work.inside(scope):
        if token.node == node.id or work.is_boundary(token) or work.racing(token):
            continue
        reach = work.graph.reachable_flows(held_node(token), without=node.id)
        if reach & empty and not reach & filled:
            return True
    return False


def _oldest_by_flow(work: Work, node: Node, scope: int) -> dict[str, Token]:
    waiting: dict[str, Token] = {}
    for token in work.around(scope):
        if token.node == node.id and token.kind is TokenKind.JOIN:
            waiting.setdefault(token.flow_in, token)
    return waiting


def _consume(work: Work, tickets: list[Token], last: Token) -> tuple[int, ...]:
    for ticket in tickets:
        ticket.state = TokenState.CONSUMED
        ticket.consumed_by = last.id
        work.note(What.CONSUMED, ticket)
    return tuple(sorted(ticket.id for ticket in tickets))
