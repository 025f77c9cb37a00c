"""Plays processes in memory, with called processes and a clock of its own: the engine without a database.

`bihuan bpmn verify --pure`, the studio's dry run and the tests use it. A step that is refused keeps nothing.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bihuan.engines.bpmn import run_timers
from bihuan.engines.bpmn.run import Run
from bihuan.engines.bpmn.run_graph import Graph
from bihuan.engines.bpmn.run_state import (
    Change,
    NotLive,
    Token,
    TokenKind,
    VerbDue,
    What,
)

Verb = Callable[[VerbDue, dict[str, Any]], "dict[str, Any] | None"]


@dataclass(slots=True)
class Played:
    """One instance: its tokens, its variables, and which call activity it answers to."""

    id: int
    process: str
    variables: dict[str, Any]
    caller: tuple[int, int] | None = None
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
        self.instances: dict[int, Played] = {}
        self.armed: list[Armed] = []
        self.changes: list[Change] = []
        self._armed_so_far = 0
        self.main = self._start(process, variables, None)

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

    def advance(self, delta: timedelta) -> None:
        """Move the clock forward and fire all that falls due, in order of due time."""
        until = self.at + delta
        while due := [armed for armed in self.armed if armed.timer.due_at <= until]:
            self._fire(min(due, key=lambda armed: (armed.timer.due_at, armed.order)))
        self.at = until

    def step(self, instance: Played, ask: Callable[[Run], object]) -> None:
        """Carry one step out, all or nothing."""
        run = self._run(instance)
        ask(run)
        while (due := run.go()) is not None:
            run.answer(self.verb(due, run.variables) if self.verb else None)
        self._keep(instance, run)

    # ------------------------------------------------------------ inside
    def _start(
        self, process: str, variables: dict[str, Any], caller: tuple[int, int] | None
    ) -> Played:
        played = Played(len(self.instances) + 1, process, dict(variables), caller)
        self.instances[played.id] = played
        self.step(played, lambda run: run.start())
        return played

    def _run(self, instance: Played) -> Run:
        return Run(
            self.graphs[instance.process],
            instance_id=instance.id,
            next_seq=instance.next_seq,
            tokens=[copy(token) for token in instance.tokens.values()],
            variables=instance.variables,
        )

    def _keep(self, instance: Played, run: Run) -> None:
        timers = [
            (change.token, self._plan(run, change))
            for change in run.changes
            if change.what is What.TIMER_STARTED and change.token is not None
        ]
        instance.tokens = dict(run.work.tokens)
        instance.variables = run.variables
        instance.next_seq = run.next_seq
        instance.ended = instance.ended or run.ended
        self.changes = list(run.changes)
        for token, timer in timers:
            self._armed_so_far += 1
            self.armed.append(Armed(self._armed_so_far, instance.id, token.id, timer, timer.times))
        self._follow(instance, list(run.changes))

    def _plan(self, run: Run, change: Change) -> run_timers.Timer:
        scope = change.token.scope if change.token else 0
        return run_timers.plan(change.detail, run.work.values(scope), self.at)

    def _follow(self, instance: Played, changes: list[Change]) -> None:
        for change in changes:
            token = change.token
            if change.what is What.CANCELLED and token is not None:
                self._cancelled(instance, token)
            elif change.what is What.PROCESS_CALLED and token is not None and token.live:
                self._start(change.detail, instance.variables, (instance.id, token.id))
        self.armed = [
            armed for armed in self.armed if self.instances[armed.instance].tokens[armed.token].live
        ]
        if instance.ended and instance.caller is not None:
            self._back_to_caller(instance, instance.caller, changes)

    def _back_to_caller(
        self, instance: Played, caller: tuple[int, int], changes: list[Change]
    ) -> None:
        above, token_id = self.instances[caller[0]], caller[1]
        instance.caller = None
        if not above.tokens[token_id].live:
            return
        codes = [change.detail for change in changes if change.what is What.ERROR_UNCAUGHT]
        if codes:
            self.step(above, lambda run: run.call_failed(token_id, codes[0]))
        else:
            self.step(above, lambda run: run.call_ended(token_id))

    def _cancelled(self, instance: Played, token: Token) -> None:
        if token.kind is not TokenKind.CALL:
            return
        for below in list(self.instances.values()):
            if below.caller == (instance.id, token.id) and not below.ended:
                self.step(below, lambda run: run.terminate())

    def _fire(self, armed: Armed) -> None:
        self.at = armed.timer.due_at
        last = armed.times is not None and armed.times <= 1
        if last:
            self.armed.remove(armed)
        else:
            armed.times = None if armed.times is None else armed.times - 1
            every = armed.timer.every or timedelta()
            armed.timer = run_timers.Timer(armed.timer.due_at + every, armed.times, every)
        instance = self.instances[armed.instance]
        self.step(instance, lambda run: run.fire(armed.token, last=last))
