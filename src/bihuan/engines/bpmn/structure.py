"""Checks of the drawing itself: starts and ends, what can be reached, joins that never fire."""

from collections.abc import Iterable, Iterator

from bihuan.engines.bpmn.findings import Findings, named
from bihuan.engines.bpmn.model import EventKind, Node, NodeKind, Process

ACTIVITIES = frozenset(
    {
        NodeKind.USER_TASK,
        NodeKind.MANUAL_TASK,
        NodeKind.TASK,
        NodeKind.SERVICE_TASK,
        NodeKind.SEND_TASK,
        NodeKind.SCRIPT_TASK,
        NodeKind.BUSINESS_RULE_TASK,
        NodeKind.RECEIVE_TASK,
        NodeKind.SUB_PROCESS,
        NodeKind.CALL_ACTIVITY,
    }
)
MOST_JOIN_STEPS = 1_000_000
_ONE_WAY = frozenset({NodeKind.EXCLUSIVE_GATEWAY, NodeKind.EVENT_BASED_GATEWAY})


def check(findings: Findings, graph: "Graph") -> None:
    """Report every mistake of structure."""
    _check_starts(findings)
    _check_ends(findings, graph)
    _check_reach(findings, graph)
    _check_boundaries(findings)
    _check_joins(findings, graph)


class Graph:
    """Which node follows which, boundary events and the insides of sub-processes included."""

    def __init__(self, process: Process) -> None:
        """Index a process once."""
        self.process = process
        self.inside: dict[str, list[Node]] = {}
        self.boundaries: dict[str, list[Node]] = {}
        for node in process.nodes.values():
            self.inside.setdefault(node.scope, []).append(node)
            if node.attached_to:
                self.boundaries.setdefault(node.attached_to, []).append(node)

    def entries(self, scope: str) -> list[Node]:
        """Return the nodes a scope begins with: its start events, else the one without incoming."""
        inside = self.inside.get(scope, [])
        starts = [node for node in inside if node.kind is NodeKind.START_EVENT]
        if starts:
            return starts
        return [
            node
            for node in inside
            if not node.incoming and node.kind is not NodeKind.BOUNDARY_EVENT
        ][:1]

    def next_in_scope(self, node: Node) -> Iterator[str]:
        """Yield the nodes a token may come to next without leaving or entering a scope."""
        yield from (self.process.flows[flow].target for flow in node.outgoing)
        yield from (boundary.id for boundary in self.boundaries.get(node.id, ()))

    def reach(self, entries: Iterable[str]) -> set[str]:
        """Return everything reachable from some nodes in the same scope."""
        seen: set[str] = set()
        waiting = list(entries)
        while waiting:
            id_ = waiting.pop()
            if id_ in seen:
                continue
            seen.add(id_)
            following = self.next_in_scope(self.process.nodes[id_])
            waiting.extend(next_ for next_ in following if next_ not in seen)
        return seen

    def leading_to(self, flow: str, without: str) -> set[str]:
        """Return every node of the scope from which a flow can be reached, avoiding one node."""
        seen: set[str] = set()
        waiting = [self.process.flows[flow].source]
        while waiting:
            id_ = waiting.pop()
            if id_ == without or id_ in seen:
                continue
            seen.add(id_)
            node = self.process.nodes[id_]
            waiting.extend(self.process.flows[before].source for before in node.incoming)
            if node.attached_to in self.process.nodes:
                waiting.append(node.attached_to)
        return seen

    def reachable(self) -> set[str]:
        """Return everything that can be reached from the start of the process, at every level."""
        seen: set[str] = set()
        waiting = [""]
        while waiting:
            reached = self.reach(node.id for node in self.entries(waiting.pop()))
            seen |= reached
            waiting.extend(
                id_ for id_ in reached if self.process.nodes[id_].kind is NodeKind.SUB_PROCESS
            )
        return seen


def _check_starts(findings: Findings) -> None:
    scopes: dict[str, int] = {}
    for node in findings.process.nodes.values():
        if node.kind is NodeKind.START_EVENT and node.event.kind is EventKind.NONE:
            scopes[node.scope] = scopes.get(node.scope, 0) + 1
            if scopes[node.scope] == 2:
                findings.error(
                    node.id, f"{named(node)}是同一层的第二个开始事件", "每层只留一个开始事件"
                )
    if not scopes.get(""):
        timed = any(
            node.kind is NodeKind.START_EVENT and not node.scope
            for node in findings.process.nodes.values()
        )
        if not timed:
            findings.error(
                findings.process.key,
                f"流程“{findings.process.name or findings.process.key}”没有开始事件",
                "加一个开始事件，连到第一个环节",
            )


def _check_ends(findings: Findings, graph: Graph) -> None:
    for node in findings.process.nodes.values():
        if node.kind is NodeKind.END_EVENT and node.outgoing:
            findings.error(node.id, f"{named(node)}后面还有连线", "删去结束事件的出线")
    top = graph.inside.get("", [])
    if top and all(node.outgoing for node in top):
        findings.error(
            findings.process.key,
            f"流程“{findings.process.name or findings.process.key}”没有结束",
            "加一个结束事件，让流程能够走完",
        )


def _check_reach(findings: Findings, graph: Graph) -> None:
    reachable = graph.reachable()
    for node in findings.process.nodes.values():
        if node.id not in reachable and node.kind is not NodeKind.BOUNDARY_EVENT:
            findings.error(node.id, f"{named(node)}从开始事件走不到", "把它连到流程里，或删去")


def _check_boundaries(findings: Findings) -> None:
    for node in findings.process.nodes.values():
        if node.kind is not NodeKind.BOUNDARY_EVENT:
            continue
        host = findings.process.nodes.get(node.attached_to)
        if host is None or host.kind not in ACTIVITIES:
            findings.error(node.id, f"{named(node)}没有附着在活动上", "把它放到一个环节的边上")
        if not node.outgoing:
            report = findings.error if node.interrupting else findings.warn
            report(node.id, f"{named(node)}发生后无路可走", "给它连一条出线，指明之后做什么")


# -------------------------------------------------------------------- joins


def _check_joins(findings: Findings, graph: Graph) -> None:
    """Report AND joins two of whose inputs never hold tokens at the same time.

    Two inputs can both be filled only by two tokens, and a second token comes only from a fork.
    So some fork must lead to one input by one way and to the other by another, not counting ways
    through the join itself. In a mesh of hundreds of joins nothing is looked for: it would take minutes.
    """
    process = findings.process
    nodes = process.nodes.values()
    joins = [n for n in nodes if n.kind is NodeKind.PARALLEL_GATEWAY and len(n.incoming) > 1]
    if sum(len(join.incoming) for join in joins) * len(process.flows) > MOST_JOIN_STEPS:
        findings.error(process.key, "并行汇合太多，无法检查", "把流程拆成几个小流程")
        return
    for node in joins:
        pair = _exclusive_inputs(graph, node)
        if pair:
            first, second = (findings.flow(flow) for flow in pair)
            findings.error(
                node.id,
                f"并行汇合{named(node)}永远等不齐：{first}和{second}不会同时有令牌",
                "把前面的分支改为并行网关，或把这里改为排他网关",
            )


def _exclusive_inputs(graph: Graph, join: Node) -> tuple[str, str] | None:
    before = {flow: graph.leading_to(flow, without=join.id) for flow in join.incoming}
    ways = [
        _ways_out(graph, fork, before)
        for fork in graph.inside.get(join.scope, [])
        if fork.id != join.id and _is_fork(graph, fork)
    ]
    for number, first in enumerate(join.incoming):
        for second in join.incoming[number + 1 :]:
            if not any(_leads_apart(fork_ways, first, second) for fork_ways in ways):
                return first, second
    return None


def _leads_apart(ways: list[set[str]], first: str, second: str) -> bool:
    to_first = [number for number, inputs in enumerate(ways) if first in inputs]
    to_second = [number for number, inputs in enumerate(ways) if second in inputs]
    return bool(to_first and to_second) and len({*to_first, *to_second}) > 1


def _is_fork(graph: Graph, node: Node) -> bool:
    boundaries = graph.boundaries.get(node.id, [])
    if any(not boundary.interrupting for boundary in boundaries):
        return True
    return len(node.outgoing) > 1 and node.kind not in _ONE_WAY


def _ways_out(graph: Graph, fork: Node, before: dict[str, set[str]]) -> list[set[str]]:
    """For every way out of a fork, return the inputs of the join it may end in.

    `before` holds, for each input, the nodes a token may come from.
    """
    flows = graph.process.flows
    starts = [(flow, flows[flow].target) for flow in fork.outgoing]
    starts += [
        ("", boundary.id)
        for boundary in graph.boundaries.get(fork.id, [])
        if not boundary.interrupting
    ]
    return [
        {input_ for input_, nodes in before.items() if start == input_ or target in nodes}
        for start, target in starts
    ]
