"""Multi-instance activities (会签, 或签, 票签): one MULTI token holds the counters, its children the work."""

from typing import Any

from bihuan.engines.bpmn.model import MultiInstance, Node, NodeKind
from bihuan.engines.bpmn.run_graph import compiled, holds
from bihuan.engines.bpmn.run_state import (
    AlreadyTakenOn,
    Arrival,
    CloseKind,
    Origin,
    RunRefused,
    Token,
    TokenKind,
    TokenState,
    What,
)
from bihuan.engines.bpmn.run_work import Work

KINDS = {
    NodeKind.USER_TASK: TokenKind.USER,
    NodeKind.SUB_PROCESS: TokenKind.SCOPE,
    NodeKind.CALL_ACTIVITY: TokenKind.CALL,
}

MOST_INSTANCES = 10_000


# What `bh:vote` counts; conditions and later flows read them as variables.
VOTES = ("approved", "rejected", "abstained")


class LastInstance(RunRefused):
    """The last instance of a countersign is not taken away."""


class BadCollection(RunRefused):
    """The number of instances is neither a whole number nor the length of a list."""


def enter(work: Work, node: Node, arrival: Arrival) -> None:
    """Open the container and its first instances."""
    multi = _multi(node)
    items = _items(multi, work.values(arrival.scope))
    count = planned(items)
    if not count:
        work.leave(node, arrival.parents, arrival.scope)
        return
    body = work.open(arrival, TokenKind.MULTI, local={"items": items, "done": 0, "next": 0})
    work.arm(body)
    for _ in range(1 if multi.sequential else count):
        _open_next(work, node, body)


def completed(work: Work, instance: Token) -> None:
    """Count one finished instance; go on when the condition holds or none is left."""
    body = work.known[instance.scope]
    _change(work, body, done=body.local["done"] + 1)
    _go_on(work, body, instance.local)


def cast_vote(work: Work, instance: Token, values: dict[str, Any]) -> None:
    """Count what one instance of a countersign voted (`bh:vote`): approved, rejected or neither."""
    body = body_of(work, instance)
    if body is None:
        return
    rules = work.node(body).unit
    if rules is None or not rules.vote:
        return
    field, _, wanted = rules.vote.partition("=")
    votes = {**body.local.get("votes", {}), str(instance.id): _cast(values.get(field), wanted)}
    _change(work, body, votes=votes)


def body_of(work: Work, token: Token) -> Token | None:
    """Return the countersign a unit is one instance of."""
    body = work.known.get(token.scope)
    is_one = body is not None and body.kind is TokenKind.MULTI and body.node == token.node
    return body if is_one else None


def total(body: Token) -> int:
    """Return how many instances there are in all (nrOfInstances)."""
    return planned(body.local["items"]) - int(body.local.get("removed", 0))


def planned(items: list[Any] | int) -> int:
    """Return how many instances a countersign is planned with: one for each item, or just so many."""
    return items if isinstance(items, int) else len(items)


def add(work: Work, body: Token, item: Any) -> Token | None:
    """Add an instance for `item` (加签); return it when it opens at once, None when its turn comes later."""
    node = work.node(body)
    items = body.local["items"]
    if isinstance(items, int) and not _multi(node).element_variable:
        _change(work, body, items=items + 1)
    else:
        _change(work, body, items=[*_each(items), item])
    return None if _multi(node).sequential else _open_next(work, node, body)


def remove(work: Work, instance: Token) -> None:
    """Take an unfinished instance away (减签); the countersign may be complete without it.

    The last one is not taken away: a countersign nobody signs is a jump.
    """
    body = work.tokens[instance.scope]
    if not instance.live or total(body) <= 1:
        raise LastInstance(instance.node)
    work.cancel(instance, CloseKind.CANCELLED)
    _change(work, body, removed=int(body.local.get("removed", 0)) + 1)
    _go_on(work, body, instance.local)


def take_back(work: Work, instance: Token) -> Token:
    """Open a finished instance of a running countersign once more; its vote counts no longer.

    Of a sequential one only the latest, and only while nobody has touched the one after it.
    """
    body = work.tokens[instance.scope]
    if not body.live:
        raise AlreadyTakenOn(instance.node)
    upcoming = body.local["next"]
    if _multi(work.node(body)).sequential:
        following = [token for token in work.inside(body.id) if token.kind is not TokenKind.TIMER]
        # One that comes from a correction somebody has made is no longer as the flow opened it.
        touched = any(
            token.state is not TokenState.OPEN or token.origin is not Origin.FLOW
            for token in following
        )
        if touched or instance.loop_no != upcoming - 2:
            raise AlreadyTakenOn(instance.node)
        for token in following:
            work.cancel(token, CloseKind.WITHDRAWN)
        upcoming = instance.loop_no + 1
    votes = {
        key: vote for key, vote in body.local.get("votes", {}).items() if key != str(instance.id)
    }
    _change(work, body, done=body.local["done"] - 1, next=upcoming, votes=votes)
    instance.state = TokenState.SUPERSEDED
    work.note(What.SUPERSEDED, instance)
    here = Arrival(instance.node, "", instance.parents, body.id, Origin.WITHDRAW)
    return work.open(here, instance.kind, local=instance.local, loop_no=instance.loop_no)


def open_instance(work: Work, node: Node, token: Token) -> None:
    """Let an opened activity token start: a sub-process enters its start, a call names its process."""
    if node.kind is NodeKind.SUB_PROCESS:
        for start in work.graph.starts(node.id):
            work.arrive(start.id, (token.id,), token.id)
        work.emptied.add(token.id)
    elif node.kind is NodeKind.CALL_ACTIVITY:
        work.note(What.PROCESS_CALLED, token, node.called_element)


def _open_next(work: Work, node: Node, body: Token) -> Token:
    multi = _multi(node)
    number = body.local["next"]
    _change(work, body, next=number + 1)
    local: dict[str, Any] = {"loopCounter": number}
    if multi.element_variable:
        local[multi.element_variable] = _each(body.local["items"])[number]
    here = Arrival(node.id, "", (body.id,), body.id)
    token = work.open(here, KINDS[node.kind], local=local, loop_no=number)
    open_instance(work, node, token)
    return token


def _go_on(work: Work, body: Token, local: dict[str, Any]) -> None:
    """Leave when the condition holds or none is left; else let the next of a sequential one begin."""
    node = work.node(body)
    multi = _multi(node)
    if body.local["done"] and _satisfied(work, multi, body, local):
        work.cancel_inside(body.id, CloseKind.CANCELLED)
    elif body.local["done"] < total(body):
        if multi.sequential and body.local["next"] < planned(body.local["items"]):
            _open_next(work, node, body)
        return
    work.close(body, CloseKind.FINISHED)
    if node.unit is not None and node.unit.vote:
        work.variables = {**work.variables, **_tally(body)}
    work.leave(node, (body.id,), body.scope)


def _satisfied(work: Work, multi: MultiInstance, body: Token, local: dict[str, Any]) -> bool:
    if not multi.completion_condition:
        return False
    numbers = {
        "nrOfInstances": total(body),
        "nrOfCompletedInstances": body.local["done"],
        "nrOfActiveInstances": work.count_inside(body.id),
    }
    tally = _tally(body) if "votes" in body.local else {}
    values = work.values(body.scope, {**local, **tally, **numbers})
    return holds(multi.completion_condition, values)


def _tally(body: Token) -> dict[str, int]:
    votes = list(body.local.get("votes", {}).values())
    return {word: votes.count(word) for word in VOTES}


def _cast(given: Any, wanted: str) -> str:
    if given is None or given == "":
        return "abstained"
    text = str(given).lower() if isinstance(given, bool) else str(given)
    return "approved" if text == wanted else "rejected"


def _change(work: Work, body: Token, **values: Any) -> None:
    body.local = {**body.local, **values}
    work.touched.add(body.id)


def _each(items: list[Any] | int) -> list[Any]:
    return list(range(items)) if isinstance(items, int) else items


def _items(multi: MultiInstance, values: dict[str, Any]) -> list[Any] | int:
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
    return int(count)


def _multi(node: Node) -> MultiInstance:
    if node.multi is None:
        raise BadCollection(f"{node.id} is not a multi-instance activity")
    return node.multi
