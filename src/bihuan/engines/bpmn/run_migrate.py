"""Where the tokens of a running instance go when its definition changes: worked out before anything is moved.

Every live token must find its place: a node of the same kind, in the sub-process its own scope becomes, with the
flow a ticket came by. What has ended follows where it can, so that it can still be returned to.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bihuan.engines.bpmn.model import Node, NodeKind
from bihuan.engines.bpmn.run_graph import Graph
from bihuan.engines.bpmn.run_marks import BACK
from bihuan.engines.bpmn.run_state import RunRefused, Token, TokenKind

NodeOf = Callable[[Token], str | None]


class Why(StrEnum):
    """Why a token has no place in the new version."""

    GONE = "gone"
    OTHER_KIND = "other_kind"
    OTHER_SCOPE = "other_scope"
    NO_FLOW = "no_flow"
    JOIN_FULL = "join_full"
    AMBIGUOUS = "ambiguous"


class CannotMove(RunRefused):
    """A live token would lose its place."""

    def __init__(self, node: str, why: Why) -> None:
        super().__init__(f"{node}: {why}")
        self.node, self.why = node, why


@dataclass(frozen=True, slots=True)
class Move:
    """Where one token goes. A boundary timer the new version does not have is `dropped`."""

    token: Token
    node: str
    flow_in: str
    local: dict[str, Any]
    dropped: bool = False


class Mover:
    """Works out the moves of one instance."""

    def __init__(self, old: Graph, new: Graph, tokens: Iterable[Token], node_of: NodeOf) -> None:
        self.old, self.new = old, new
        self.tokens = {token.id: token for token in tokens}
        self.node_of = node_of

    def moves(self) -> list[Move]:
        """Return the moves of all tokens that have a place; raise `CannotMove` for a live one that has none."""
        found = [self._of_live(token) for token in self.tokens.values() if token.live]
        self._refuse_full_joins(found)
        found += filter(None, (self._of_ended(t) for t in self.tokens.values() if not t.live))
        return sorted(found, key=lambda move: move.token.id)

    def _of_live(self, token: Token) -> Move:
        target = self._target(token)
        if target is None and self.old.nodes[token.node].attached_to:
            return Move(token, token.node, token.flow_in, token.local, dropped=True)
        if target is None:
            raise CannotMove(token.node, Why.GONE)
        self._check(token, self.old.nodes[token.node], target)
        return Move(token, target.id, self._flow(token, target), self._local(token))

    def _of_ended(self, token: Token) -> Move | None:
        target = self._target(token)
        if target is None or token.node not in self.old.nodes:
            return None
        if target.kind is not self.old.nodes[token.node].kind:
            return None
        flow = token.flow_in if token.flow_in in target.incoming else ""
        return Move(token, target.id, flow, token.local)

    def _target(self, token: Token) -> Node | None:
        return self.new.nodes.get(self.node_of(token) or "")

    def _check(self, token: Token, before: Node, target: Node) -> None:
        loops = [one.multi and one.multi.sequential for one in (before, target)]
        if before.kind is not target.kind or loops[0] != loops[1]:
            raise CannotMove(token.node, Why.OTHER_KIND)
        host = self.tokens.get(token.parents[0]) if before.attached_to and token.parents else None
        if host is not None and self.node_of(host) != target.attached_to:
            raise CannotMove(token.node, Why.OTHER_SCOPE)
        # A correction stands where the unit stands that waits for it.
        if BACK not in token.local and target.scope != self._scope(token):
            raise CannotMove(token.node, Why.OTHER_SCOPE)

    def _scope(self, token: Token) -> str | None:
        """Return the sub-process of the new version that a token's scope becomes."""
        holder = self.tokens.get(token.scope)
        if holder is not None and holder.kind is TokenKind.MULTI:
            holder = self.tokens.get(holder.scope)
        return self.node_of(holder) if holder is not None else ""

    def _flow(self, token: Token, target: Node) -> str:
        if token.flow_in in target.incoming:
            return token.flow_in
        if token.kind is not TokenKind.JOIN:
            return ""
        source = self.old.flows[token.flow_in].source
        like = Token(0, source, token.kind)
        fitting = [f for f in target.incoming if self.new.flows[f].source == self.node_of(like)]
        if len(fitting) != 1:
            raise CannotMove(token.node, Why.NO_FLOW)
        return fitting[0]

    def _local(self, token: Token) -> dict[str, Any]:
        return self._with_place(token.local, token)

    def _with_place(self, local: dict[str, Any], token: Token) -> dict[str, Any]:
        """Return the notes of a correction with the place of who waits for it moved as well."""
        back = local.get(BACK)
        if back is None:
            return local
        waiting = Token(back["unit"], back["node"], TokenKind.USER, scope=token.scope)
        target = self._target(waiting)
        if target is None:
            raise CannotMove(back["node"], Why.GONE)
        self._check(waiting, self.old.nodes[back["node"]], target)
        flow = back["flow"] if back["flow"] in target.incoming else ""
        inner = self._with_place(back["local"], token)
        return {**local, BACK: {**back, "node": target.id, "flow": flow, "local": inner}}

    def _refuse_full_joins(self, moves: list[Move]) -> None:
        """A join all of whose flows are there would have to fire for nobody's action."""
        waiting: dict[tuple[int, str], set[str]] = {}
        for move in moves:
            if move.token.kind is TokenKind.JOIN:
                waiting.setdefault((move.token.scope, move.node), set()).add(move.flow_in)
        for (_, node_id), flows in waiting.items():
            node = self.new.nodes[node_id]
            if node.kind is NodeKind.PARALLEL_GATEWAY and flows >= set(node.incoming):
                raise CannotMove(node_id, Why.JOIN_FULL)
