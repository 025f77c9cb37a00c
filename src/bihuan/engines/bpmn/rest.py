"""Checks that a process comes to rest: no circle of automatic steps, no circle of calls."""

from collections.abc import Iterable, Iterator, Mapping

from bihuan.engines.bpmn.findings import Findings, named
from bihuan.engines.bpmn.model import EventKind, Node, NodeKind, Process
from bihuan.engines.bpmn.structure import Graph

_WAITING = frozenset(
    {
        NodeKind.USER_TASK,
        NodeKind.RECEIVE_TASK,
        NodeKind.EVENT_BASED_GATEWAY,
        NodeKind.INTERMEDIATE_CATCH_EVENT,
        NodeKind.CALL_ACTIVITY,
    }
)
# A join may wait for somebody on another of its inputs; when nobody is there, the step limit holds.
_JOINING = frozenset({NodeKind.PARALLEL_GATEWAY, NodeKind.INCLUSIVE_GATEWAY})
_AWAITED = frozenset({EventKind.TIMER, EventKind.MESSAGE, EventKind.SIGNAL})


def check(findings: Findings, graph: Graph, calls: Mapping[str, frozenset[str]]) -> None:
    """Report circles without a person, a message or a clock in them, and processes that call themselves.

    `calls` says of other processes which ones they call.
    """
    restless = {id_ for id_ in findings.process.nodes if not _waits(graph, id_)}
    for circle in _circles(graph, restless):
        names = "、".join(named(findings.process.nodes[id_]) for id_ in circle[:5])
        findings.error(
            circle[0],
            f"{names}之间循环，中间没有环节、定时或消息，流程会停不下来",
            "在循环里放一个环节或定时事件，或去掉回头的连线",
        )
    _check_calls(findings, calls)


def called_by(process: Process) -> frozenset[str]:
    """Return the processes that a process calls."""
    nodes = process.nodes.values()
    return frozenset(node.called_element for node in nodes if node.called_element)


def _waits(graph: Graph, id_: str) -> bool:
    """Whether a token may have to wait at a node, or in a sub-process at one inside."""
    node = graph.process.nodes[id_]
    if node.kind in _WAITING or (node.kind in _JOINING and len(node.incoming) > 1):
        return True
    if node.kind is NodeKind.BOUNDARY_EVENT:
        return node.event.kind in _AWAITED
    return node.kind is NodeKind.SUB_PROCESS and any(
        _waits(graph, inner.id) for inner in graph.inside.get(id_, ())
    )


def _circles(graph: Graph, restless: set[str]) -> Iterator[list[str]]:
    """Yield the nodes of each circle that never leaves `restless`: strongly connected parts, without recursion."""
    following = {
        id_: [one for one in graph.next_in_scope(graph.process.nodes[id_]) if one in restless]
        for id_ in graph.process.nodes
        if id_ in restless
    }
    before: dict[str, list[str]] = {id_: [] for id_ in following}
    for id_, ones in following.items():
        for one in ones:
            before[one].append(id_)
    place = {id_: number for number, id_ in enumerate(following)}
    done: set[str] = set()
    for id_ in reversed(_finished(following)):
        if id_ in done:
            continue
        part = _gathered(id_, before, done)
        done |= part
        if len(part) > 1 or id_ in following[id_]:
            yield sorted(part, key=place.__getitem__)


def _finished(following: Mapping[str, list[str]]) -> list[str]:
    """Return the nodes in the order in which a walk in depth leaves them."""
    order: list[str] = []
    seen: set[str] = set()
    for first in following:
        stack: list[tuple[str, Iterator[str]]] = []
        if first not in seen:
            seen.add(first)
            stack.append((first, iter(following[first])))
        while stack:
            id_, ways = stack[-1]
            after = next((one for one in ways if one not in seen), None)
            if after is None:
                order.append(id_)
                stack.pop()
            else:
                seen.add(after)
                stack.append((after, iter(following[after])))
    return order


def _gathered(first: str, ways: Mapping[str, Iterable[str]], without: set[str]) -> set[str]:
    part = {first}
    todo = [first]
    while todo:
        for one in ways[todo.pop()]:
            if one not in part and one not in without:
                part.add(one)
                todo.append(one)
    return part


# -------------------------------------------------------------------- calls


def _check_calls(findings: Findings, calls: Mapping[str, frozenset[str]]) -> None:
    process = findings.process
    for node in process.nodes.values():
        if not node.called_element:
            continue
        way = _way_back(node, process.key, {**calls, process.key: called_by(process)})
        if way:
            findings.error(
                node.id,
                f"{named(node)}调用的流程又调用本流程：{' → '.join(way)}",
                "让其中一个流程不再调用另一个",
            )


def _way_back(node: Node, key: str, calls: Mapping[str, frozenset[str]]) -> list[str]:
    """Return the way of calls from a process through a node back to itself; empty when there is none."""
    seen: set[str] = set()
    todo = [[key, node.called_element]]
    while todo:
        way = todo.pop()
        if way[-1] == key:
            return way
        if way[-1] not in seen:
            seen.add(way[-1])
            todo += [[*way, one] for one in sorted(calls.get(way[-1], ()))]
    return []
