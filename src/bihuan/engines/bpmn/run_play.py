"""Plays processes in memory, with called processes and a clock of its own: the engine without a database.

`bihuan bpmn verify --pure`, the studio's dry run and the tests use it. A step that is refused keeps nothing.
"""

from collections import Counter, deque
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from bihuan.engines import expressions
from bihuan.engines.bpmn import run_timers
from bihuan.engines.bpmn.run import Run
from bihuan.engines.bpmn.run_graph import Graph
from bihuan.engines.bpmn.run_state import (
    CALL_COST,
    MOST_DEEP,
    SEQUENCE_BITS,
    Budget,
    CallsTooDeep,
    Change,
    NotLive,
    Token,
    TokenKind,
    VerbDue,
    What,
)

_SEQUENCE = (1 << SEQUENCE_BITS) - 1
_THROWN = frozenset({What.MESSAGE_THROWN, What.SIGNAL_THROWN})
_UPWARD = frozenset({What.ENDED, What.ERROR_UNCAUGHT, What.ESCALATION_UNCAUGHT})

Verb = Callable[[VerbDue, dict[str, Any]], "dict[str, Any] | None"]


@dataclass(slots=True)
class Played:
    """One instance: its tokens, its variables, and which call activity it answers to."""

    id: int
    process: str
    variables: dict[str, Any]
    caller: tuple[int, int] | None = None
    depth: int = 0
    next_seq: int = 1
    ended: bool = False
    tokens: dict[int, Token] = field(default_factory=dict)


@dataclass(slots=True)
class Armed:
    """A timer that will fire."""

    order: int
    instance: int
    token: int
    timer: run_timers.Timer
    times: int | None
    started_at: datetime


def _reach(run: Run, token_id: int) -> None:
    run.deliver(token_id)


class Play:
    """A process started with its variables at a moment, and what people and time do to it."""

    def __init__(
        self,
        graphs: Mapping[str, Graph],
        process: str,
        variables: dict[str, Any],
        at: datetime,
        verb: Verb | None = None,
    ) -> None:
        self.graphs = graphs
        self.at = at
        self.verb = verb
        self.budget = Budget()
        self.instances: dict[int, Played] = {}
        self.armed: list[Armed] = []
        self.changes: list[Change] = []
        self.pending: deque[tuple[Played, Change]] = deque()
        self._armed_so_far = 0
        self.main = self._begin(process, variables)

    # ------------------------------------------------------------ asking
    def open(self) -> dict[str, int]:
        """Count the open units by BPMN id, called processes included."""
        return dict(Counter(token.node for _, token in self.units()))

    def units(self) -> list[tuple[Played, Token]]:
        """Return the open units, oldest first within each instance."""
        return [
            (instance, token)
            for instance in self.instances.values()
            for token in sorted(instance.tokens.values(), key=lambda found: found.id)
            if token.live and token.kind is TokenKind.USER
        ]

    @property
    def ended(self) -> bool:
        """Whether the process started first has ended."""
        return self.main.ended

    # ------------------------------------------------------------ acting
    def complete(self, node: str, values: dict[str, Any]) -> None:
        """Submit the oldest open unit of a node. Raises `RunRefused` and keeps nothing when it may not be."""
        found = [(played, token.id) for played, token in self.units() if token.node == node]
        if not found:
            raise NotLive(f"no unit of {node} is open")
        instance, unit = found[0]
        self.step(instance, lambda run: run.complete(unit, values))

    def correlate(self, name: str, values: dict[str, Any]) -> None:
        """Let a message from outside reach the oldest that waits for it."""
        found = [
            (played, token.id)
            for played in self.instances.values()
            for token in self._run(played).waiting(name)
        ]
        if not found:
            raise NotLive(f"nobody waits for {name}")
        played, token_id = found[0]
        self.step(played, lambda run: run.deliver(token_id, values))

    def advance(self, delta: timedelta) -> None:
        """Move the clock forward and fire all that falls due, in order of due time."""
        until = self.at + delta
        self.budget.renew()
        while due := [armed for armed in self.armed if armed.timer.due_at <= until]:
            self._fire(min(due, key=lambda armed: (armed.timer.due_at, armed.order)))
        self.at = until

    def step(self, instance: Played, ask: Callable[[Run], object]) -> None:
        """Carry one step out, all or nothing, called processes included."""
        self.budget.renew()
        self._all_or_nothing(instance, ask)

    def _all_or_nothing(self, instance: Played, ask: Callable[[Run], object]) -> None:
        before = self._copies()
        self.changes = []
        try:
            self._step(instance, ask)
            self._follow()
        except Exception:
            self._take_back(before)
            raise

    # ------------------------------------------------------------ inside
    def _begin(self, process: str, variables: dict[str, Any]) -> Played:
        played = Played(1, process, dict(variables))
        self.instances[played.id] = played
        self.step(played, lambda run: run.start())
        return played

    def _step(self, instance: Played, ask: Callable[[Run], object]) -> None:
        run = self._run(instance)
        ask(run)
        while (due := run.go()) is not None:
            run.answer(self.verb(due, run.variables) if self.verb else None)
        self._keep(instance, run)

    def _run(self, instance: Played) -> Run:
        return Run(
            self.graphs[instance.process],
            instance_id=instance.id,
            next_seq=instance.next_seq,
            tokens=[copy(token) for token in instance.tokens.values()],
            variables=instance.variables,
            budget=self.budget,
        )

    def _keep(self, instance: Played, run: Run) -> None:
        instance.tokens = dict(run.work.tokens)
        instance.variables = run.variables
        instance.next_seq = run.next_seq
        instance.ended = instance.ended or run.ended
        self.changes += run.changes
        for change in run.changes:
            if change.what is What.TIMER_STARTED and change.token is not None:
                values = run.work.values(change.token.scope)
                timer = run_timers.plan(change.detail, values, self.at)
                self._armed_so_far += 1
                self.armed.append(
                    Armed(
                        self._armed_so_far,
                        instance.id,
                        change.token.id,
                        timer,
                        timer.times,
                        self.at,
                    )
                )
        # What follows from this comes before what was still to follow from the steps before.
        self.pending.extendleft(
            (instance, change) for change in reversed(run.changes) if self._concerns_others(change)
        )

    def _concerns_others(self, change: Change) -> bool:
        is_call = change.token is not None and change.token.kind is TokenKind.CALL
        return change.what in _UPWARD | _THROWN or (
            is_call and change.what in {What.PROCESS_CALLED, What.CANCELLED}
        )

    def _follow(self) -> None:
        """Start what is called, end what is cancelled, and let callers go on, until all rests."""
        while self.pending:
            instance, change = self.pending.popleft()
            if change.what in _THROWN:
                self._deliver(instance, change)
            elif change.what in _UPWARD:
                self._tell_caller(instance, change)
            elif change.token is not None and change.what is What.CANCELLED:
                self._cancelled(instance, change.token)
            elif change.token is not None and instance.tokens[change.token.id].live:
                self._call(instance, change.token, change.detail)
        self.armed = [
            armed for armed in self.armed if self.instances[armed.instance].tokens[armed.token].live
        ]

    def _deliver(self, thrower: Played, change: Change) -> None:
        """Let a thrown signal reach all that waited for it by then, a message the oldest of them."""
        found = [
            (played, token.id)
            for played in self.instances.values()
            for token in self._run(played).waiting(change.detail)
            if played is not thrower or token.id & _SEQUENCE < change.next_seq
        ]
        for played, token_id in found[:1] if change.what is What.MESSAGE_THROWN else found:
            if played.tokens[token_id].live:
                self._step(played, partial(_reach, token_id=token_id))

    def _call(self, caller: Played, token: Token, process: str) -> None:
        self.budget.spend(CALL_COST)
        if caller.depth >= MOST_DEEP:
            raise CallsTooDeep(process)
        values = self._run(caller).work.values(token.scope, token.local)
        below = Played(
            len(self.instances) + 1,
            str(expressions.resolve(process, values)),
            dict(values),
            (caller.id, token.id),
            caller.depth + 1,
        )
        self.instances[below.id] = below
        self._step(below, lambda run: run.start())

    def _tell_caller(self, instance: Played, change: Change) -> None:
        if instance.caller is None:
            return
        above, token_id = self.instances[instance.caller[0]], instance.caller[1]
        if not above.tokens[token_id].live:
            return
        if change.what is What.ESCALATION_UNCAUGHT:
            self._step(above, lambda run: run.call_escalated(token_id, change.detail))
        elif change.what is What.ERROR_UNCAUGHT:
            self._step(above, lambda run: run.call_failed(token_id, change.detail))
        else:
            self._step(above, lambda run: run.call_ended(token_id))

    def _cancelled(self, instance: Played, token: Token) -> None:
        for below in list(self.instances.values()):
            if below.caller == (instance.id, token.id) and not below.ended:
                self._step(below, lambda run: run.terminate())

    def _fire(self, armed: Armed) -> None:
        self.at = armed.timer.due_at
        last = armed.times is not None and armed.times <= 1
        instance = self.instances[armed.instance]
        if self.at > armed.started_at:
            self.budget.renew()
        else:
            self.budget.spend(CALL_COST)
        self._all_or_nothing(instance, lambda run: run.fire(armed.token, last=last))
        if not last:
            armed.times = None if armed.times is None else armed.times - 1
            every = armed.timer.every or timedelta()
            armed.timer = run_timers.Timer(armed.timer.due_at + every, armed.times, every)

    # ------------------------------------------------------------ all or nothing
    def _copies(self) -> tuple[dict[int, Played], list[Armed]]:
        return {key: copy(one) for key, one in self.instances.items()}, list(self.armed)

    def _take_back(self, before: tuple[dict[int, Played], list[Armed]]) -> None:
        played, self.armed = before
        self.pending.clear()
        for key in list(self.instances):
            if key not in played:
                del self.instances[key]
                continue
            for name in ("tokens", "variables", "next_seq", "ended"):
                setattr(self.instances[key], name, getattr(played[key], name))
