"""The process engine: values in, changes out. It reads no clock, no table and calls nobody.

A step is: build a `Run` from the instance's live tokens, ask for one thing (`start`, `complete`, `fire`, …), then
call `go` until it returns None. Each `VerbDue` that `go` returns is a service task: call it and `answer`. Then
`changes` holds what happened, in order, and `touched` the ids whose rows must be written. Any exception means
that nothing of the step may be kept.
"""

from collections.abc import Iterable
from typing import Any

from bihuan.engines.bpmn import run_events, run_joins, run_multi
from bihuan.engines.bpmn.run_elements import enter, finish, finish_empty_scopes, happen
from bihuan.engines.bpmn.run_graph import Graph, holds
from bihuan.engines.bpmn.run_state import (
    Arrival,
    Budget,
    Change,
    CloseKind,
    NotLive,
    SubmitConditionFalse,
    Token,
    TokenKind,
    VerbDue,
)
from bihuan.engines.bpmn.run_work import Work


class Run:
    """One step of one instance."""

    def __init__(
        self,
        graph: Graph,
        *,
        instance_id: int,
        next_seq: int = 1,
        tokens: Iterable[Token] = (),
        variables: dict[str, Any] | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.budget = budget if budget is not None else Budget()
        self.work = Work(
            graph,
            instance_id=instance_id,
            next_seq=next_seq,
            tokens=tokens,
            variables=variables if variables is not None else {},
        )
        self._waiting: Arrival | None = None

    @property
    def changes(self) -> list[Change]:
        """What this step did, in order."""
        return self.work.changes

    @property
    def ended(self) -> bool:
        """Whether the instance has come to its end."""
        return self.work.ended

    @property
    def waits(self) -> bool:
        """Whether the service task that `go` returned is still to be answered."""
        return self._waiting is not None

    @property
    def variables(self) -> dict[str, Any]:
        """The routing variables after this step."""
        return self.work.variables

    @property
    def next_seq(self) -> int:
        """The first free sequence number after this step."""
        return self.work.next_seq

    def touched(self) -> list[Token]:
        """Return the tokens whose rows must be written, oldest first."""
        return [self.work.known[token_id] for token_id in sorted(self.work.touched)]

    # ------------------------------------------------------------ what may be asked for
    def start(self) -> None:
        """Enter the process at its start."""
        for node in self.work.graph.starts(""):
            self.work.arrive(node.id, (), 0)
        self.work.emptied.add(0)

    def complete(
        self, token_id: int, values: dict[str, Any], how: CloseKind = CloseKind.SUBMITTED
    ) -> None:
        """Finish a unit. `values` become variables first; `bh:submitIf` must then hold unless it is skipped."""
        token = self._live(token_id, TokenKind.USER)
        self.work.variables = {**self.work.variables, **values}
        rules = self.work.node(token).unit
        condition = rules.submit_if if rules and how is CloseKind.SUBMITTED else ""
        if condition and not holds(condition, self.work.values(token.scope, token.local)):
            raise SubmitConditionFalse(token.node)
        run_multi.cast_vote(self.work, token, values)
        finish(self.work, token, how)

    def fire(self, token_id: int, *, last: bool = True) -> None:
        """Let a timer fire. A boundary cycle that will fire again is fired with `last=False`."""
        happen(self.work, self._live(token_id, TokenKind.TIMER), last=last)

    def deliver(self, token_id: int, values: dict[str, Any] | None = None) -> None:
        """Let a message or signal reach who waits for it; its `values` become variables first.

        A boundary event that does not interrupt may be reached again while its activity is open.
        """
        token = self._live(token_id, TokenKind.EVENT)
        if values:
            self.work.variables = {**self.work.variables, **values}
        happen(self.work, token, last=False)

    def waiting(self, name: str) -> list[Token]:
        """Return the tokens that wait for a message or signal of this name, oldest first."""
        return [
            token
            for token in self.work.known.values()
            if token.kind is TokenKind.EVENT and token.live and self.work.node(token).awaits == name
        ]

    def call_ended(self, token_id: int) -> None:
        """Go on behind a call activity whose process has ended."""
        finish(self.work, self._live(token_id, TokenKind.CALL), CloseKind.FINISHED)

    def call_failed(self, token_id: int, code: str) -> None:
        """Let an error the called process did not catch be caught from the call activity outwards."""
        token = self._live(token_id, TokenKind.CALL)
        if not run_events.catch_error(self.work, token, code):
            run_events.throw_error(self.work, token.scope, code)

    def call_escalated(self, token_id: int, code: str) -> None:
        """Let an escalation the called process did not catch be caught from the call activity outwards."""
        token = self._live(token_id, TokenKind.CALL)
        run_events.catch_escalation(self.work, token.id, code)

    def terminate(self) -> None:
        """Cancel everything and end, also what waits for a service task."""
        self._waiting = None
        self.work.cancel_inside(0, CloseKind.TERMINATED)
        self.work.emptied.add(0)

    # ------------------------------------------------------------ moving on
    def go(self) -> VerbDue | None:
        """Carry on until nothing can move without a person or the clock, or a service task is due."""
        work = self.work
        while True:
            while work.queue:
                arrival = work.queue.popleft()
                self.budget.spend()
                due = enter(work, arrival)
                if due is not None:
                    self._waiting = arrival
                    return due
            if not (run_joins.fire_or_joins(work) or finish_empty_scopes(work)):
                return None

    def answer(self, result: dict[str, Any] | None) -> None:
        """Go on behind the service task that `go` returned; its result is merged into the variables."""
        arrival = self._take_waiting()
        if result:
            self.work.variables = {**self.work.variables, **result}
        self.work.leave(self.work.graph.nodes[arrival.node], arrival.parents, arrival.scope)

    def _take_waiting(self) -> Arrival:
        if self._waiting is None:
            raise NotLive("no service task is waiting")
        arrival, self._waiting = self._waiting, None
        return arrival

    def _live(self, token_id: int, kind: TokenKind) -> Token:
        token = self.work.known.get(token_id) or self.work.tokens.get(token_id)
        if token is None or not token.live or token.kind is not kind:
            raise NotLive(f"{token_id} is not live")
        return token
