"""Multi-instance activities (会签, 或签, 票签): one MULTI token holds the counters, its children the work."""

from typing import Any

from bihuan.engines.bpmn.model import MultiInstance, Node, NodeKind
from bihuan.engines.bpmn.run_graph import compiled, holds
from bihuan.engines.bpmn.run_state import Arrival, CloseKind, RunRefused, Token, TokenKind, What
from bihuan.engines.bpmn.run_work import Work

KINDS = {
    NodeKind.USER_TASK: TokenKind.USER,
    NodeKind.SUB_PROCESS: TokenKind.SCOPE,
    NodeKind.CALL_ACTIVITY: TokenKind.CALL,
}

MOST_INSTANCES = 10_000


class BadCollection(RunRefused):
    """The number of instances is neither a whole number nor the length of a list."""


def enter(work: Work, node: Node, arrival: Arrival) -> None:
    """Open the container and its first instances."""
    multi = _multi(node)
    items = _items(multi, work.values(arrival.scope))
    if not items:
        work.leave(node, arrival.parents, arrival.scope)
        return
    body = work.open(arrival, TokenKind.MULTI, local={"items": items, "done": 0, "next": 0})
    work.arm(body)
    for _ in items[:1] if multi.sequential else items:
        _open_next(work, node, body)


def completed(work: Work, instance: Token) -> None:
    """Count one finished instance; go on when the condition holds or none is left."""
    body = work.tokens[instance.scope]
    node = work.node(body)
    multi = _multi(node)
    body.local = {**body.local, "done": body.local["done"] + 1}
    work.touched.add(body.id)
    if _satisfied(work, multi, body, instance):
        work.cancel_inside(body.id, CloseKind.CANCELLED)
    elif body.local["done"] < len(body.local["items"]):
        if multi.sequential:
            _open_next(work, node, body)
        return
    work.close(body, CloseKind.FINISHED)
    work.leave(node, (body.id,), body.scope)


def open_instance(work: Work, node: Node, token: Token) -> None:
    """Let an opened activity token start: a sub-process enters its start, a call names its process."""
    if node.kind is NodeKind.SUB_PROCESS:
        for start in work.graph.starts(node.id):
            work.arrive(start.id, (token.id,), token.id)
        work.emptied.add(token.id)
    elif node.kind is NodeKind.CALL_ACTIVITY:
        work.note(What.PROCESS_CALLED, token, node.called_element)


def _open_next(work: Work, node: Node, body: Token) -> None:
    multi = _multi(node)
    number = body.local["next"]
    body.local = {**body.local, "next": number + 1}
    local: dict[str, Any] = {"loopCounter": number}
    if multi.element_variable:
        local[multi.element_variable] = body.local["items"][number]
    here = Arrival(node.id, "", (body.id,), body.id)
    token = work.open(here, KINDS[node.kind], local=local, loop_no=number)
    open_instance(work, node, token)


def _satisfied(work: Work, multi: MultiInstance, body: Token, instance: Token) -> bool:
    if not multi.completion_condition:
        return False
    numbers = {
        "nrOfInstances": len(body.local["items"]),
        "nrOfCompletedInstances": body.local["done"],
        "nrOfActiveInstances": len(work.inside(body.id)),
    }
    values = work.values(body.scope, {**instance.local, **numbers})
    return holds(multi.completion_condition, values)


def _items(multi: MultiInstance, values: dict[str, Any]) -> list[Any]:
    if multi.collection:
        found = values.get(multi.collection)
        if not isinstance(found, list):
            raise BadCollection(f"{multi.collection} is not a list")
        if len(found) > MOST_INSTANCES:
            raise BadCollection(f"{multi.collection} has more than {MOST_INSTANCES} items")
        return found
    count = compiled(multi.cardinality).value(values)
    if (
        not isinstance(count, int | float)
        or isinstance(count, bool)
        or count != int(count)
        or count < 0
    ):
        raise BadCollection(f"{multi.cardinality} is not a whole number")
    if count > MOST_INSTANCES:
        raise BadCollection(f"{multi.cardinality} is more than {MOST_INSTANCES}")
    return list(range(int(count)))


def _multi(node: Node) -> MultiInstance:
    if node.multi is None:
        raise BadCollection(f"{node.id} is not a multi-instance activity")
    return node.multi
