"""The working set of one step: live tokens, variables, what is still to be entered, what was changed."""

from collections import deque
from collections.abc import Iterable
from typing import Any, Protocol

from bihuan.engines.bpmn.model import EventKind, Node
from bihuan.engines.bpmn.run_graph import Graph, holds
from bihuan.engines.bpmn.run_marks import GROUP, activity_of, group_of, held_node
from bihuan.engines.bpmn.run_state import (
    SEQUENCE_BITS,
    Arrival,
    Change,
    CloseKind,
    NoFlowTaken,
    Origin,
    Token,
    TokenKind,
    TokenState,
    What,
)

AWAITED = frozenset({EventKind.TIMER, EventKind.MESSAGE, EventKind.SIGNAL})


class Rest(Protocol):
    """The open units of a wide instance that were left out of a step's working set.

    They are of no group of co-handlers, stand in for nobody and are not delegated; so most steps never meet them.
    """

    def read(self) -> Iterable[Token]:
        """Return them all."""

    def count(self, scope: int) -> int:
        """Return how many of them lie directly in a scope."""


class Work:
    """Tokens and variables of one instance while a step is worked out. Nothing here does I/O.

    `known` are the tokens at hand; whoever asks for all `tokens` has the `rest` read first.
    """

    def __init__(
        self,
        graph: Graph,
        *,
        instance_id: int,
        next_seq: int,
        tokens: Iterable[Token],
        variables: dict[str, Any],
    ) -> None:
        self.graph = graph
        self.base = instance_id << SEQUENCE_BITS
        self.next_seq = next_seq
        self.known = {token.id: token for token in tokens}
        self.rest: Rest | None = None
        self.variables = variables
        self.queue: deque[Arrival] = deque()
        self.changes: list[Change] = []
        self.touched: set[int] = set()
        self.emptied: set[int] = set()
        self.ended = False

    # ------------------------------------------------------------ reading
    @property
    def tokens(self) -> dict[int, Token]:
        """All tokens by id, oldest first."""
        if self.rest is not None:
            rest, self.rest = self.rest, None
            found = {token.id: token for token in rest.read()} | self.known
            self.known = dict(sorted(found.items()))
        return self.known

    def node(self, token: Token) -> Node:
        """Return the node a token is at."""
        return self.graph.nodes[token.node]

    def live(self) -> list[Token]:
        """Return the live tokens, oldest first."""
        return [token for token in self.tokens.values() if token.live]

    def inside(self, scope: int) -> list[Token]:
        """Return the live tokens lying directly in a scope."""
        return [token for token in self.tokens.values() if token.scope == scope and token.live]

    def around(self, scope: int) -> list[Token]:
        """Return the live tokens lying directly in a scope, without other units of a wide instance."""
        return [token for token in self.known.values() if token.scope == scope and token.live]

    def count_inside(self, scope: int) -> int:
        """Return how many live tokens lie directly in a scope."""
        return len(self.around(scope)) + (self.rest.count(scope) if self.rest is not None else 0)

    def beside(self, token: Token) -> list[Token]:
        """Return the other members of a unit's group of co-handlers that are still at work, oldest first."""
        group = group_of(token)
        return [
            other
            for other in self.known.values()
            if other.kind is TokenKind.USER
            and other.live
            and other.id != token.id
            and group_of(other) == group
        ]

    def is_boundary(self, token: Token) -> bool:
        """Whether a token is an armed boundary event, which holds nothing open."""
        return bool(self.graph.nodes[token.node].attached_to)

    def armed(self, host: Token) -> list[Token]:
        """Return the boundary events that wait on an activity; co-handlers are one activity together."""
        if not self.graph.boundary(held_node(host)):
            return []
        return [
            token
            for token in self.around(host.scope)
            if self.is_boundary(token)
            and (host.id in token.parents or activity_of(token) == group_of(host))
        ]

    def hosts(self, boundary: Token) -> list[Token]:
        """Return who is at work in the activity that a boundary event waits on."""
        activity = activity_of(boundary)
        return [
            token
            for token in self.inside(boundary.scope)
            if not self.is_boundary(token)
            and (token.id in boundary.parents or group_of(token) == activity)
        ]

    def racing(self, token: Token) -> Token | None:
        """Return the event-based gateway that waits for this token among others, if one does."""
        race = self.known.get(token.parents[0]) if token.parents else None
        if race is None or race.kind is not TokenKind.RACE or not race.live:
            return None
        return race

    def values(self, scope: int, local: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what a condition may read: the variables, then each scope's own, innermost last."""
        layers = [local] if local else []
        while scope:
            token = self.known[scope]
            if token.local and token.kind is not TokenKind.MULTI:
                layers.append(token.local)
            scope = token.scope
        values = self.variables
        for layer in reversed(layers):
            values = {**values, **layer}
        return values

    # ------------------------------------------------------------ tokens
    def open(
        self,
        arrival: Arrival,
        kind: TokenKind,
        *,
        local: dict[str, Any] | None = None,
        loop_no: int = 0,
    ) -> Token:
        """Open a token where something arrived."""
        token = Token(
            id=self.base | self.next_seq,
            node=arrival.node,
            kind=kind,
            state=TokenState.PARKED if kind is TokenKind.JOIN else TokenState.OPEN,
            scope=arrival.scope,
            flow_in=arrival.flow,
            parents=arrival.parents,
            origin=arrival.origin,
            loop_no=loop_no,
            local=local if local is not None else {},
        )
        self.next_seq += 1
        self.known[token.id] = token
        self.note(What.PARKED if kind is TokenKind.JOIN else What.OPENED, token)
        return token

    def arm(self, host: Token) -> None:
        """Let an activity's boundary events wait for their time, message or signal.

        Those that wait already, because a co-handler is at work, wait on.
        """
        if host.kind is TokenKind.USER and self.beside(host):
            return
        for event in self.graph.boundary(host.node):
            if event.event.kind in AWAITED:
                self.arm_one(host, event)

    def arm_one(self, host: Token, event: Node) -> None:
        """Let one boundary event of an activity wait."""
        boundary = self.wait(event, Arrival(event.id, "", (host.id,), host.scope))
        if group_of(host) != host.id:
            boundary.local = {GROUP: group_of(host)}

    def wait(self, event: Node, arrival: Arrival) -> Token:
        """Open the token that waits for an event."""
        if event.event.kind is not EventKind.TIMER:
            return self.open(arrival, TokenKind.EVENT)
        timer = self.open(arrival, TokenKind.TIMER)
        self.note(What.TIMER_STARTED, timer, event.event.expression)
        return timer

    def close(self, token: Token, how: CloseKind) -> None:
        """Finish a token; what was armed on it goes."""
        token.state = TokenState.DONE
        token.close_kind = how
        self.note(What.CLOSED, token)
        self.disarm(token)
        self.emptied.add(token.scope)

    def disarm(self, host: Token) -> None:
        """Cancel the boundary events of an activity, unless co-handlers are still at work in it."""
        if host.kind is TokenKind.USER and self.beside(host):
            return
        for boundary in self.armed(host):
            self._stop(boundary, CloseKind.CANCELLED)

    def cancel(self, token: Token, how: CloseKind) -> None:
        """Cancel a token with everything inside it and everything armed on it."""
        if not token.live:
            return
        self._stop(token, how)
        self.disarm(token)
        self.cancel_inside(token.id, how)
        self.emptied.add(token.scope)

    def cancel_inside(self, scope: int, how: CloseKind) -> None:
        """Cancel everything in a scope, also what is still on its way into it."""
        for token in self.inside(scope):
            self.cancel(token, how)
        self.queue = deque(arrival for arrival in self.queue if arrival.scope != scope)

    def _stop(self, token: Token, how: CloseKind) -> None:
        token.state = TokenState.CANCELLED
        token.close_kind = how
        self.note(What.CANCELLED, token)

    def note(self, what: What, token: Token | None = None, detail: str = "") -> None:
        """Remember a change, and that the token's row must be written."""
        self.changes.append(Change(what, token, detail))
        if token is not None:
            self.touched.add(token.id)

    def note_thrown(self, what: What, name: str) -> None:
        """Remember a message or signal, for those that wait for it now."""
        self.changes.append(Change(what, None, name, self.next_seq))

    # ------------------------------------------------------------ moving on
    def arrive(self, node: str, parents: tuple[int, ...], scope: int, flow: str = "") -> None:
        """Send a token on to a node."""
        self.queue.append(Arrival(node, flow, parents, scope, Origin.FLOW))

    def leave(
        self, node: Node, parents: tuple[int, ...], scope: int, local: dict[str, Any] | None = None
    ) -> None:
        """Take the flows out of an activity or event: all that may be taken, else the default."""
        flows = self.graph.out(node.id)
        if not flows:
            self.emptied.add(scope)
            return
        values = self.values(scope, local)
        taken = [
            flow
            for flow in flows
            if flow.id != node.default and (not flow.condition or holds(flow.condition, values))
        ]
        if not taken and node.default:
            taken = [self.graph.flows[node.default]]
        if not taken:
            raise NoFlowTaken(node.id)
        for flow in taken:
            self.arrive(flow.target, parents, scope, flow.id)
