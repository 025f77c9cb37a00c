"""A compiled process with the look-ups a step needs, computed once per definition."""

from functools import lru_cache
from typing import Any

from bihuan.engines import expressions
from bihuan.engines.bpmn.model import EventKind, Flow, Node, NodeKind, Process


@lru_cache(maxsize=8192)
def compiled(text: str) -> expressions.Expression:
    """Return an expression, compiled once per process."""
    return expressions.compile(text)


def holds(text: str, values: dict[str, Any]) -> bool:
    """Decide a condition. Raises `expressions.CannotDecide` rather than guess."""
    return compiled(text).decide(values)


class Graph:
    """Look-ups over one process: boundary events, starts, and reachability for OR joins."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.nodes = process.nodes
        self.flows = process.flows
        self._boundary: dict[str, tuple[Node, ...]] = {}
        self._starts: dict[str, tuple[Node, ...]] = {}
        self._out: dict[str, tuple[Flow, ...]] = {
            node.id: tuple(process.flows[flow] for flow in node.outgoing)
            for node in process.nodes.values()
        }
        self._reach: dict[tuple[str, str], frozenset[str]] = {}
        # One flow in is no join, but a ticket may be parked there since an earlier version had more.
        self.has_or_gateways = any(
            node.kind is NodeKind.INCLUSIVE_GATEWAY for node in self.nodes.values()
        )
        self._fill()

    def _fill(self) -> None:
        boundary: dict[str, list[Node]] = {}
        inside: dict[str, list[Node]] = {}
        for node in self.nodes.values():
            if node.attached_to:
                boundary.setdefault(node.attached_to, []).append(node)
            else:
                inside.setdefault(node.scope, []).append(node)
        self._boundary = {key: tuple(nodes) for key, nodes in boundary.items()}
        for scope, nodes in inside.items():
            starts = [node for node in nodes if node.kind is NodeKind.START_EVENT]
            # Whoever starts a process starts it plainly, if it can be; else by the first of its triggers.
            plain = [node for node in starts if node.event.kind is EventKind.NONE]
            starts = plain or starts[:1]
            self._starts[scope] = tuple(starts or [node for node in nodes if not node.incoming])

    def out(self, node: str) -> tuple[Flow, ...]:
        """Return a node's outgoing flows in file order."""
        return self._out[node]

    def boundary(self, activity: str) -> tuple[Node, ...]:
        """Return the boundary events that sit on an activity."""
        return self._boundary.get(activity, ())

    def starts(self, scope: str) -> tuple[Node, ...]:
        """Return where a scope begins: its plain start events, else its first one, else all without incoming flow."""
        return self._starts.get(scope, ())

    def scopes(self, node: str) -> list[str]:
        """Return the sub-processes a node lies in, outermost first."""
        chain = []
        scope = self.nodes[node].scope
        while scope:
            chain.append(scope)
            scope = self.nodes[scope].scope
        return chain[::-1]

    def reachable_flows(self, start: str, *, without: str) -> frozenset[str]:
        """Return the flows a token at `start` can still pass, never going through `without`.

        An activity's boundary events count as ways out of it.
        """
        key = (start, without)
        if key not in self._reach:
            self._reach[key] = self._walk(start, without)
        return self._reach[key]

    def _walk(self, start: str, without: str) -> frozenset[str]:
        flows: set[str] = set()
        seen = {start}
        todo = [start]
        while todo:
            here = todo.pop()
            ways = [*self.out(here)]
            for event in self.boundary(here):
                ways.extend(self.out(event.id))
            for flow in ways:
                flows.add(flow.id)
                if flow.target != without and flow.target not in seen:
                    seen.add(flow.target)
                    todo.append(flow.target)
        return frozenset(flows)
