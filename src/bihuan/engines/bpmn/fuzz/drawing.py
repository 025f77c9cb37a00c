"""A tree of blocks as BPMN 2.0 XML, so that a random process goes through the importer like any other."""

import random
from dataclasses import dataclass, field
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

from bihuan.engines.bpmn.fuzz.blocks import CONSTANTS, Block, Inside, Kind, Several
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


def xml(tree: Block, key: str, dice: random.Random) -> str:
    """Return the file. The dice choose which units share limit groups."""
    scope = _Scope()
    first, last = _draw(tree, scope)
    scope.flow(scope.node("startEvent", "start"), first)
    scope.flow(last, scope.node("endEvent", "end"))
    groups = _groups(tree, dice)
    box = f"<extensionElements>{groups}</extensionElements>" if groups else ""
    return (
        f'<definitions xmlns="{BPMN}" xmlns:bh="{BH}" targetNamespace="fuzz">'
        '<error id="failed" errorCode="FAILED"/><escalation id="risen" escalationCode="RISEN"/>\n'
        f'<process id="{key}" name="{key}" isExecutable="true">{box}\n'
        + "\n".join(scope.lines)
        + "\n</process></definitions>\n"
    )


def _groups(tree: Block, dice: random.Random) -> str:
    units = [block.name for block in tree.walk() if block.kind is Kind.UNIT]
    found = []
    for number in range(dice.choice((0, 1, 2))):
        members = sorted(dice.sample(units, min(len(units), dice.randint(1, 4))))
        limit = dice.choice(("3h", "1wd", "PT8H"))
        listed = " ".join(members)
        found.append(
            f'<bh:limitGroup id="g{number}" name="组{number}" limit="{limit}" units="{listed}" warnAt="50%"/>'
        )
    return "".join(found)


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
    name = {"error": "failed", "escalation": "risen"}[what]
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


def _failing(block: Block, inner: _Scope, start: str) -> None:
    first, last = _draw(block.parts[0], inner)
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
}
_INSIDE = {
    Inside.PLAIN: _plain,
    Inside.SCATTERED: _scattered,
    Inside.STOPPING: _stopping,
    Inside.FAILING: _failing,
    Inside.RISING: _rising,
}
