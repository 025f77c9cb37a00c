"""Trees of blocks as BPMN 2.0 XML, so that random processes go through the importer like any other."""

import random
from dataclasses import dataclass, field
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from bihuan.engines.bpmn.fuzz.blocks import (
    CONSTANTS,
    MESSAGES,
    SIGNALS,
    Block,
    Inside,
    Kind,
    Several,
)
from bihuan.engines.bpmn.xml import BH, BPMN

Ends = tuple[str, str]
"""The nodes a block begins and ends with."""


@dataclass(slots=True)
class _Scope:
    """The XML lines of one sub-process, or of the process."""

    lines: list[str] = field(default_factory=list)

    def node(self, tag: str, id_: str, inner: str = "", **attributes: str) -> str:
        """Add a node; return its id."""
        written = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
        self.lines.append(f'<{tag} id="{id_}"{written}>{inner}</{tag}>')
        return id_

    def flow(self, source: str, target: str, condition: str = "", id_: str = "") -> str:
        """Connect two nodes; return the flow's id."""
        id_ = id_ or f"{source}_{target}"
        inner = (
            f"<conditionExpression>{escape(condition)}</conditionExpression>" if condition else ""
        )
        ends = f'sourceRef="{source}" targetRef="{target}"'
        self.lines.append(f'<sequenceFlow id="{id_}" {ends}>{inner}</sequenceFlow>')
        return id_


@dataclass(frozen=True, slots=True)
class Group:
    """A limit group of a process."""

    id: str
    limit: str
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """One process: its id, its blocks and which of its units share limits."""

    key: str
    tree: Block
    groups: tuple[Group, ...] = ()


_DECLARED = (
    '<error id="failed" errorCode="FAILED"/><escalation id="risen" escalationCode="RISEN"/>'
    + "".join(f'<message id="{name}" name="{name}"/>' for name in MESSAGES)
    + "".join(f'<signal id="{name}" name="{name}"/>' for name in SIGNALS)
)


def xml(*drawings: Drawing) -> str:
    """Return a file with these processes."""
    return (
        f'<definitions xmlns="{BPMN}" xmlns:bh="{BH}" targetNamespace="fuzz">{_DECLARED}\n'
        + "".join(map(_process, drawings))
        + "</definitions>\n"
    )


def _process(drawing: Drawing) -> str:
    scope, tree = _Scope(), drawing.tree
    if tree.inside is Inside.FAILING:
        _failing(tree, scope, scope.node("startEvent", "start"), tree)
    else:
        first, last = _draw(tree, scope)
        scope.flow(scope.node("startEvent", "start"), first)
        scope.flow(last, scope.node("endEvent", "end"))
    groups = "".join(map(_group, drawing.groups))
    box = f"<extensionElements>{groups}</extensionElements>" if groups else ""
    return (
        f'<process id="{drawing.key}" name="{drawing.key}" isExecutable="true">{box}\n'
        + "\n".join(scope.lines)
        + "\n</process>\n"
    )


def _group(group: Group) -> str:
    listed = " ".join(group.units)
    return (
        f'<bh:limitGroup id="{group.id}" name="组" limit="{group.limit}" units="{listed}" '
        'warnAt="50%"/>'
    )


def groups_of(tree: Block, dice: random.Random) -> tuple[Group, ...]:
    """Return which units share limits, by chance."""
    units = [block.name for block in tree.walk() if block.kind is Kind.UNIT]
    found = []
    for number in range(dice.choice((0, 1, 2))):
        members = sorted(dice.sample(units, min(len(units), dice.randint(1, 4))))
        found.append(Group(f"g{number}", dice.choice(("3h", "1wd", "PT8H")), tuple(members)))
    return tuple(found)


# -------------------------------------------------------------------- blocks


def _draw(block: Block, scope: _Scope) -> Ends:
    return _DRAW[block.kind](block, scope)


def _unit(block: Block, scope: _Scope) -> Ends:
    rules = {"bh:post": "agent", "bh:returnTo": "any"}
    if block.limit:
        rules |= {"bh:limit": block.limit, "bh:warnAt": "50%"}
    scope.node("userTask", block.name, _loop(block.several), name=block.name, **rules)
    return block.name, block.name


def _wait(block: Block, scope: _Scope) -> Ends:
    timer = "<timerEventDefinition><timeDuration>PT90M</timeDuration></timerEventDefinition>"
    scope.node("intermediateCatchEvent", block.name, timer)
    return block.name, block.name


def _listen(block: Block, scope: _Scope) -> Ends:
    scope.node("intermediateCatchEvent", block.name, _event(_kind_of(block.text), block.text))
    return block.name, block.name


def _shout(block: Block, scope: _Scope) -> Ends:
    scope.node("intermediateThrowEvent", block.name, _event(_kind_of(block.text), block.text))
    return block.name, block.name


def _kind_of(name: str) -> str:
    return "message" if name in MESSAGES else "signal"


def _race(block: Block, scope: _Scope) -> Ends:
    merge = scope.node("exclusiveGateway", f"{block.name}_merge")
    scope.node("eventBasedGateway", block.name)
    events = (("message", block.text), ("timer", "PT4H"))
    for part, (what, text) in zip(block.parts, events, strict=True):
        first, last = _draw(part, scope)
        event = scope.node("intermediateCatchEvent", f"{block.name}_{what}", _event(what, text))
        scope.flow(block.name, event)
        scope.flow(event, first)
        scope.flow(last, merge)
    return block.name, merge


def _call(block: Block, scope: _Scope) -> Ends:
    scope.node("callActivity", block.name, _loop(block.several), calledElement=block.text)
    return block.name, block.name


def _line(block: Block, scope: _Scope) -> Ends:
    ends = [_draw(part, scope) for part in block.parts]
    for (_, before), (after, _) in pairwise(ends):
        scope.flow(before, after)
    return ends[0][0], ends[-1][1]


def _split(block: Block, scope: _Scope, tag: str, conditions: tuple[str, ...]) -> Ends:
    begin, end = scope.node(tag, block.name), scope.node(tag, f"{block.name}_join")
    for number, (part, condition) in enumerate(zip(block.parts, conditions, strict=False)):
        first, last = _draw(part, scope)
        scope.flow(begin, first, condition)
        scope.flow(last, end, id_=branch(block, number))
    return begin, end


def _all(block: Block, scope: _Scope) -> Ends:
    return _split(block, scope, "parallelGateway", ("", "", ""))


def _any(block: Block, scope: _Scope) -> Ends:
    return _split(block, scope, "inclusiveGateway", ("", *(f"{name} == 1" for name in CONSTANTS)))


def _one(block: Block, scope: _Scope) -> Ends:
    return _split(block, scope, "exclusiveGateway", ("odd == 1", "odd != 1"))


def _again(block: Block, scope: _Scope) -> Ends:
    first, last = _draw(block.parts[0], scope)
    out, merge, done = f"{block.name}_out", f"{block.name}_merge", f"{block.name}_done"
    scope.node("exclusiveGateway", merge)
    scope.node("exclusiveGateway", block.name, default=out)
    scope.node("task", done)
    scope.flow(merge, first)
    scope.flow(last, block.name)
    scope.flow(block.name, merge, "again == 1")
    scope.flow(block.name, done, id_=out)
    return merge, done


def _guarded(block: Block, scope: _Scope) -> Ends:
    host, side = block.parts
    guard = block.guard
    if guard is None:
        raise ValueError(block.name)
    first, last = _draw(host, scope)
    begin, finish = _draw(side, scope)
    cancel = "true" if guard.interrupting else "false"
    scope.node(
        "boundaryEvent",
        block.name,
        _event(guard.what, guard.text),
        attachedToRef=host.name,
        cancelActivity=cancel,
    )
    scope.flow(block.name, begin)
    if not guard.interrupting:
        scope.flow(finish, scope.node("endEvent", f"{block.name}_end"))
        return first, last
    merge = scope.node("exclusiveGateway", f"{block.name}_merge")
    scope.flow(last, merge)
    scope.flow(finish, merge)
    return first, merge


def _event(what: str, text: str) -> str:
    if what == "timer":
        tag = "timeCycle" if text.startswith("R") else "timeDuration"
        return f"<timerEventDefinition><{tag}>{text}</{tag}></timerEventDefinition>"
    name = {"error": "failed", "escalation": "risen"}.get(what, text)
    return f'<{what}EventDefinition {what}Ref="{name}"/>'


# -------------------------------------------------------------------- sub-processes


def _box(block: Block, scope: _Scope) -> Ends:
    inner = _Scope()
    start = inner.node("startEvent", f"{block.name}_start")
    _INSIDE[block.inside](block, inner, start)
    scope.node("subProcess", block.name, _loop(block.several) + "\n".join(inner.lines))
    return block.name, block.name


def _plain(block: Block, inner: _Scope, start: str) -> None:
    first, last = _draw(block.parts[0], inner)
    inner.flow(start, first)
    inner.flow(last, inner.node("endEvent", f"{block.name}_end"))


def _scattered(block: Block, inner: _Scope, start: str, *, stopping: bool = False) -> None:
    fork = inner.node("parallelGateway", f"{block.name}_fork")
    inner.flow(start, fork)
    for number, part in enumerate(block.parts):
        first, last = _draw(part, inner)
        inner.flow(fork, first)
        is_last = stopping and number == len(block.parts) - 1
        event = "<terminateEventDefinition/>" if is_last else ""
        inner.flow(last, inner.node("endEvent", f"{block.name}_end{number}", event))


def _stopping(block: Block, inner: _Scope, start: str) -> None:
    _scattered(block, inner, start, stopping=True)


def _failing(block: Block, inner: _Scope, start: str, line: Block | None = None) -> None:
    first, last = _line(block, inner) if line is not None else _draw(block.parts[0], inner)
    ask, out = f"{block.name}_ask", f"{block.name}_ok"
    inner.flow(start, first)
    inner.node("exclusiveGateway", ask, default=out)
    inner.flow(last, ask)
    wrong = inner.node("endEvent", f"{block.name}_wrong", _event("error", ""))
    inner.flow(ask, wrong, "fail == 1")
    inner.flow(ask, inner.node("endEvent", f"{block.name}_end"), id_=out)


def _rising(block: Block, inner: _Scope, start: str) -> None:
    first, middle = _draw(block.parts[0], inner)
    after, last = _draw(block.parts[1], inner)
    inner.flow(start, first)
    throw = inner.node("intermediateThrowEvent", f"{block.name}_throw", _event("escalation", ""))
    inner.flow(middle, throw)
    inner.flow(throw, after)
    inner.flow(last, inner.node("endEvent", f"{block.name}_end"))


def _loop(several: Several | None) -> str:
    if several is None:
        return ""
    inner = (
        f"<completionCondition>{escape(several.until)}</completionCondition>"
        if several.until
        else ""
    )
    sequential = str(several.sequential).lower()
    if several.times == "people":
        which = 'bh:collection="people" bh:elementVariable="one"'
        return f'<multiInstanceLoopCharacteristics isSequential="{sequential}" {which}>{inner}</multiInstanceLoopCharacteristics>'
    times = f"<loopCardinality>{several.times}</loopCardinality>"
    return f'<multiInstanceLoopCharacteristics isSequential="{sequential}">{times}{inner}</multiInstanceLoopCharacteristics>'


def branch(block: Block, number: int) -> str:
    """Return the id of the flow by which a branch enters its join."""
    return f"{block.name}_in{number}"


_DRAW = {
    Kind.UNIT: _unit,
    Kind.WAIT: _wait,
    Kind.LINE: _line,
    Kind.ALL: _all,
    Kind.ANY: _any,
    Kind.ONE: _one,
    Kind.AGAIN: _again,
    Kind.BOX: _box,
    Kind.GUARDED: _guarded,
    Kind.LISTEN: _listen,
    Kind.SHOUT: _shout,
    Kind.RACE: _race,
    Kind.CALL: _call,
}
_INSIDE = {
    Inside.PLAIN: _plain,
    Inside.SCATTERED: _scattered,
    Inside.STOPPING: _stopping,
    Inside.FAILING: _failing,
    Inside.RISING: _rising,
}
