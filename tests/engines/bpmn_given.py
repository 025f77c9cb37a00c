"""Small processes written as text, for tests of the engine alone.

`process("a user; x xor default=no", "start a; a x; x b if ok; x c as no")`: nodes are `id kind key=value…` with
`box.a` lying in sub-process `box` and `a/late` sitting on `a`; flows are `from to [if condition] [as id]`.
`start` and `end` need no line; `~` is a blank within a value.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bihuan.engines.bpmn import run_routes
from bihuan.engines.bpmn.model import (
    Event,
    EventKind,
    Flow,
    LimitGroup,
    MultiInstance,
    Node,
    NodeKind,
    Process,
    UnitRules,
)
from bihuan.engines.bpmn.run import Run
from bihuan.engines.bpmn.run_graph import Graph
from bihuan.engines.bpmn.run_play import Play
from bihuan.engines.bpmn.run_state import Token, TokenKind

KINDS = {
    "start": NodeKind.START_EVENT,
    "end": NodeKind.END_EVENT,
    "user": NodeKind.USER_TASK,
    "task": NodeKind.TASK,
    "service": NodeKind.SERVICE_TASK,
    "xor": NodeKind.EXCLUSIVE_GATEWAY,
    "and": NodeKind.PARALLEL_GATEWAY,
    "or": NodeKind.INCLUSIVE_GATEWAY,
    "sub": NodeKind.SUB_PROCESS,
    "call": NodeKind.CALL_ACTIVITY,
    "boundary": NodeKind.BOUNDARY_EVENT,
    "catch": NodeKind.INTERMEDIATE_CATCH_EVENT,
    "throw": NodeKind.INTERMEDIATE_THROW_EVENT,
    "first": NodeKind.EVENT_BASED_GATEWAY,
    "receive": NodeKind.RECEIVE_TASK,
    "send": NodeKind.SEND_TASK,
}
_CODED = {
    "error": EventKind.ERROR,
    "escalation": EventKind.ESCALATION,
    "message": EventKind.MESSAGE,
    "signal": EventKind.SIGNAL,
}
MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def process(nodes: str, flows: str, *groups: LimitGroup) -> Process:
    """Build a compiled process from its two texts."""
    arrows: dict[str, Flow] = {}
    for line in _lines(flows):
        flow = _flow(line, len(arrows))
        arrows[flow.id] = flow
    made: dict[str, Node] = {}
    specs = _lines(nodes)
    named = {spec.split()[0].split("/")[-1].split(".")[-1] for spec in specs}
    specs += [name for name in ("start", "end") if name not in named]
    for spec in specs:
        node = _node(spec, arrows)
        made[node.id] = node
    return Process("test", "测试", made, arrows, groups)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.replace("\n", ";").split(";") if line.strip()]


def _flow(line: str, number: int) -> Flow:
    line, _, name = line.partition(" as ")
    line, _, condition = line.partition(" if ")
    source, target = line.split()
    return Flow(name.strip() or f"f{number}", source, target, condition.strip())


def _node(spec: str, arrows: dict[str, Flow]) -> Node:
    head, _, rest = spec.partition(" ")
    kind, *pairs = rest.split() or [head]
    options = dict(pair.split("=", 1) for pair in pairs)
    options = {name: value.replace("~", " ") for name, value in options.items()}
    path, _, _ = head.partition("/")
    scope, _, name = path.rpartition(".")
    attached = ""
    if "/" in head:
        attached, name = name, head.rpartition("/")[2]
    return Node(
        id=name,
        kind=KINDS[kind],
        name=name,
        scope=scope.rpartition(".")[2],
        incoming=tuple(f.id for f in arrows.values() if f.target == name),
        outgoing=tuple(f.id for f in arrows.values() if f.source == name),
        default=options.get("default", ""),
        unit=_rules(options) if kind == "user" else None,
        verb=options.get("verb", ""),
        event=_event(options),
        attached_to=attached,
        interrupting=options.get("interrupting", "yes") == "yes",
        called_element=options.get("calls", ""),
        binding=options.get("binding", "latest"),
        multi=_multi(options),
    )


def _rules(options: dict[str, str]) -> UnitRules:
    return UnitRules(
        post=options.get("post", ""),
        enter_if=options.get("enterIf", ""),
        submit_if=options.get("submitIf", ""),
        limit=options.get("limit", ""),
        warn_at=_list(options, "warnAt"),
        calendar=options.get("calendar", ""),
        unit=options.get("unit", ""),
        return_to=_list(options, "returnTo"),
        excludes=_list(options, "excludes"),
        operators=options.get("operators", ""),
        assignee=options.get("assignee", ""),
        vote=options.get("vote", ""),
        priority=int(options.get("priority", "0")),
        skip_on_overdue="skipOnOverdue" in options,
    )


def _list(options: dict[str, str], key: str) -> tuple[str, ...]:
    return tuple(filter(None, options.get(key, "").split(",")))


def _event(options: dict[str, str]) -> Event:
    for key, kind in _CODED.items():
        if key in options:
            return Event(kind, code=options[key])
    if "timer" in options:
        return Event(EventKind.TIMER, timer="duration", expression=options["timer"])
    return Event(EventKind.TERMINATE if "terminate" in options else EventKind.NONE)


def _multi(options: dict[str, str]) -> MultiInstance | None:
    if "times" not in options and "each" not in options:
        return None
    return MultiInstance(
        sequential="sequential" in options,
        cardinality=options.get("times", ""),
        collection=options.get("each", ""),
        element_variable=options.get("item", ""),
        completion_condition=options.get("until", ""),
    )


def play(played: Process, **variables: Any) -> Play:
    """Start a process in memory on a Monday morning."""
    return Play({"test": Graph(played)}, "test", variables, MORNING)


def step(game: Play, ask: Callable[[Run], object]) -> None:
    """Ask the engine for one thing on the main instance."""
    game.step(game.main, ask)


def token(game: Play, node: str, kind: TokenKind = TokenKind.USER) -> Token:
    """Return the newest token at a node, live or not."""
    return max(
        (t for t in game.main.tokens.values() if t.node == node and t.kind is kind),
        key=lambda found: found.id,
    )


def straight_back(game: Play, source: Token, target: Token) -> None:
    step(
        game,
        lambda run: run_routes.return_straight(
            run.work, run.work.tokens[source.id], run.work.tokens[target.id]
        ),
    )


def give_back(game: Play, source: Token, target: Token) -> None:
    step(
        game,
        lambda run: run_routes.return_to(
            run.work, run.work.tokens[source.id], run.work.tokens[target.id]
        ),
    )


def take_back(game: Play, target: Token) -> None:
    step(game, lambda run: run_routes.withdraw(run.work, run.work.tokens[target.id]))


def complete(game: Play, one: Token, **values: object) -> None:
    step(game, lambda run: run.complete(one.id, values))
