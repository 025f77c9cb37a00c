"""One operation on one instance: read and lock, decide in memory, write in one statement.

Everything an operation does goes through a `Step`: it brings the instance up to the moment (timers that fell due
fire at their own time), turns the engine's changes into rows, clocks and facts, and saves them together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.processes.actions import in_hand, refusals, service_tasks, skips
from bihuan.domain.processes.actions.absorb import ABSORB, clock_owner, limit_text
from bihuan.domain.processes.actions.clock_book import ClockBook
from bihuan.domain.processes.actions.guard import engine_refusals
from bihuan.domain.processes.choices import CloseKind, InstanceState, TokenKind
from bihuan.domain.processes.ports import Opening
from bihuan.domain.processes.queries.blueprints import blueprint
from bihuan.domain.processes.queries.rows import Extra, Instance
from bihuan.engines.bpmn import run_timers
from bihuan.engines.bpmn.model import LimitGroup
from bihuan.engines.bpmn.run import Run
from bihuan.engines.bpmn.run_state import Budget, Change, Token
from bihuan.engines.bpmn.run_work import Rest

ENGINE = Actor("system:engine")

# Two who act at once each read their clock before one waits for the other.
PATIENCE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class When:
    """Who does something and when; timers act as the engine, at their own moment."""

    by: Actor
    at: datetime


LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """Something that fell due. The order is that of doing.

    A suspension ends (without a token), a delegation ends (`is_return`), or a timer fires; at one moment in
    this order, and timers as they were started.
    """

    at: datetime
    opened_at: datetime = LONG_AGO
    token_id: int = 0
    is_return: bool = field(default=False, compare=False)


class Tree(Protocol):
    """The call tree an instance belongs to (`calls.CallTree`); `top` is its first instance."""

    top: Instance
    steps: "dict[int, Step]"
    opening: Opening | None

    @property
    def budget(self) -> Budget:
        """How far an operation may still carry the processes it reaches."""

    def take_reached(self) -> "Sequence[Tree]":
        """Return the other trees that signals of this operation have reached, once."""

    def follow_one(self, step: "Step", change: Change, when: When) -> None:
        """Do what a change of a member means for others."""

    @property
    def is_alone(self) -> bool:
        """Whether the top instance is the only member."""

    def step(self, instance_id: int) -> "Step":
        """Return a member, read if it is not at hand."""

    def awaken(self, step: "Step", at: datetime) -> datetime | None:
        """Read the members in which something is due; return the moment of the tree's latest operation."""

    def catch_up(self, at: datetime, before: Due | None) -> None:
        """Do what is due up to `at` in the members at hand, in order."""

    def passes(self, started_at: datetime, moment: datetime) -> None:
        """Note that a timer fires."""

    def called_by(self, step: "Step") -> "list[Step]":
        """Return the instances that an instance has called and waits for."""

    def refresh(self, step: "Step") -> None:
        """Let what was just read of a member know which of its calendars were changed meanwhile."""

    def waits_for_caller(self, step: "Step") -> bool:
        """Whether an instance is suspended together with the one that called it."""

    def concerns_others(self, step: "Step", change: Change, when: When) -> None:
        """Take note of a change that others of the tree must follow."""

    def follow(self, when: When) -> None:
        """Let the other members follow what was noted, until all rest."""


class Left(Rest, Protocol):
    """The units left out of a wide instance; what is read of them is added to the step."""

    step: "Step | None"


class Step:
    """An operation under way. `instance` is locked; nothing is written before `save`."""

    def __init__(
        self,
        instance: Instance,
        tokens: list[tuple[Token, Extra]],
        tree: "Tree",
        rest: "Left | None" = None,
    ) -> None:
        self.instance = instance
        self.tree = tree
        tree.steps[instance.id] = self
        self.blueprint = blueprint(instance.definition_id)
        self.graph = self.blueprint.graph
        self.extras = {token.id: extra for token, extra in tokens}
        self.clocks = ClockBook(instance.root)
        self.facts: list[Fact] = []
        self.form: dict[str, Any] = {}
        self.form_version: tuple[int, int] | None = None  # a unit and the form in force for it
        self.opened: list[int] = []
        self.closed: list[int] = []
        self.changed: set[int] = set()
        self.told: set[int] = set()
        self.skipping: dict[int, tuple[str, str]] = {}  # how and why a unit is skipped
        self.run = Run(
            self.graph,
            instance_id=instance.id,
            next_seq=instance.next_seq,
            tokens=[token for token, _ in tokens],
            variables=instance.variables,
            budget=tree.budget,
        )
        if rest is not None:
            rest.step, self.run.work.rest = self, rest
        self.failed_with: str | None = None  # the code of an error nobody caught
        self._absorbed = 0

    # ------------------------------------------------------------ reading
    @property
    def tokens(self) -> dict[int, Token]:
        """The tokens by id; what was left out of a wide instance is read first."""
        return self.run.work.tokens

    @property
    def known(self) -> dict[int, Token]:
        """The tokens at hand by id."""
        return self.run.work.known

    def unit(self, unit_id: int) -> tuple[Token, Extra]:
        """Return an open unit, or refuse."""
        token = self.known.get(unit_id) or self.tokens.get(unit_id)
        if token is None or token.kind is not TokenKind.USER or not token.live:
            raise refusals.UnitNotOpen
        return token, self.extras[unit_id]

    def open_units(self) -> list[Token]:
        """Return the open units, oldest first."""
        return [token for token in self.run.work.live() if token.kind is TokenKind.USER]

    @property
    def wake_owner(self) -> str:
        """The owner of the timer that ends a suspension."""
        return f"resume:{self.instance.id}"

    def group_owner(self, group: LimitGroup) -> str:
        """Return the owner of a limit group's clock."""
        return f"group:{self.instance.id}:{group.id}"

    @property
    def has_acted(self) -> bool:
        """Whether anything was done that must be written."""
        return bool(
            self.instance.is_new
            or self.run.changes
            or self.changed
            or self.facts
            or self.clocks.acted
        )

    # ------------------------------------------------------------ acting
    def begin(self, by: Actor, at: datetime) -> When:
        """Bring the instance up to `at` and return who acts when.

        Nothing happens before what has happened already: a moment slightly earlier is moved up to it, one
        further back is refused.
        """
        last = self.tree.awaken(self, at) or at
        if last - at > PATIENCE:
            raise refusals.EarlierThanHistory
        when = When(by, max(last, at))
        self.catch_up(when.at)
        return when

    def catch_up(self, at: datetime, *, before: int | Due | None = None) -> None:
        """Do what was due up to `at`: suspensions that end, timers, changed calendars, moments of clocks.

        Timers fire in order of due time; of those due together the one started first comes first. With
        `before`, those due at `at` fire only when they come before that timer. What was due in other
        instances of the call tree is done as well.
        """
        for edited_at, edit in self.clocks.edits(at):
            self.tree.catch_up(edited_at, None)
            self.clocks.recount(edit, edited_at)
        stop = self.due_of(before, at) if isinstance(before, int) else before
        self.tree.catch_up(at, stop)

    def next_due(self, at: datetime) -> Due | None:
        """Return what falls due first up to `at`: the end of a suspension or delegation, or a timer."""
        back = self.clocks.next_return(at)
        found = self._next_on_the_way(at)
        if back is None:
            return found
        due = Due(back[0], token_id=back[1], is_return=True)
        return due if found is None else min(found, due)

    def _next_on_the_way(self, at: datetime) -> Due | None:
        until = self.instance.suspended_until
        if until is not None:
            return Due(until) if until <= at else None
        if self.instance.state is not InstanceState.RUNNING:
            return None
        candidates = (self.clocks.next_timer(at), skips.next_due(self, at))
        found = min(filter(None, candidates), default=None)
        return self.due_of(found[1], found[0]) if found is not None else None

    def due_of(self, token_id: int, at: datetime) -> Due:
        """Return a token's place among those that are due."""
        extra = self.extras.get(token_id)
        return Due(at, extra.opened_at if extra is not None else at, token_id)

    def do_due(self, due: Due) -> None:
        """Do what fell due."""
        if due.is_return:
            self.clocks.fire(due.at, in_hand.clock_of(due.token_id))
            self.take_back(due.token_id, due.at)
        elif due.token_id:
            self.reach(due.token_id, due.at)
        else:
            self.resume(When(ENGINE, due.at))

    def take_back(self, unit_id: int, at: datetime) -> None:
        """Give a delegated unit back to its owner at the moment set."""
        in_hand.take_back(self, self.tokens[unit_id], When(ENGINE, at), in_hand.How.EXPIRED)

    def reach(self, token_id: int, moment: datetime) -> None:
        """Do what a token is due for: a timer fires, a unit that is not worth waiting for is passed over."""
        token = self.tokens[token_id]
        if token.kind is not TokenKind.USER:
            self.fire(token_id, moment)
            return
        when = When(ENGINE, max(moment, self.instance.last_at or moment))
        self.tree.passes(self.extras[token_id].opened_at, when.at)
        self.clocks.fire(when.at)
        if skips.leads_on(self, token):
            self.skip(token_id, when, "overdue")
        else:
            token.local = {**token.local, skips.STAYS: True}
            self.changed.add(token_id)

    def skip(self, token_id: int, when: When, how: str, reason: str = "") -> None:
        """Close a unit that nobody did and go on behind it; the fact counts it against its owner."""
        self.skipping[token_id] = (how, reason)
        with engine_refusals():
            self.run.complete(token_id, {}, CloseKind.SKIPPED)
            self.go(when)

    def fire(self, token_id: int, moment: datetime) -> None:
        """Let one timer fire at its moment; a cycle is wound up again."""
        timer = self.tokens[token_id]
        owner = clock_owner(timer)
        with engine_refusals():
            self._fire(timer, owner, moment)

    def _fire(self, timer: Token, owner: str, moment: datetime) -> None:
        self.tree.passes(self.extras[timer.id].opened_at, moment)
        self.clocks.fire(moment, owner)
        left, every = timer.local.get("left", 1), timer.local.get("every", "")
        last = left is not None and left <= 1
        self.run.fire(timer.id, last=last)
        if timer.live and every:
            timer.local = {**timer.local, "left": None if left is None else left - 1}
            self.changed.add(timer.id)
            due_at = moment + run_timers.duration(every)
            self.clocks.start_timer(owner, due_at, moment)
        self.go(When(ENGINE, moment))

    def suspend(self, when: When, until: datetime | None, reason: str) -> None:
        """Stop the instance and all its clocks, for good or until a moment; what it has called, too."""
        instance = self.instance
        instance.state, instance.suspended_until = InstanceState.SUSPENDED, until
        for owner in list(self.clocks.rows):
            if not owner.startswith("delegation:"):  # a date is a date
                self.clocks.pause(owner, when.at)
        if until is not None:
            self.clocks.start_timer(self.wake_owner, until, when.at)
        data = {"until": until.isoformat()} if until else {}
        self.fact("process.suspended", instance.ref, when, data, reason)
        for called in self.tree.called_by(self):
            called.clocks.stop(called.wake_owner, when.at)
            called.suspend(when, None, reason)

    def resume(self, when: When) -> None:
        """Let the instance and its clocks go on; a group's clock only while one of its units is open.

        What it has called goes on with it.
        """
        instance = self.instance
        instance.state, instance.suspended_until = InstanceState.RUNNING, None
        self.clocks.fire(when.at)
        self.clocks.stop(self.wake_owner, when.at)
        groups = {self.group_owner(group) for group in self.graph.process.limit_groups}
        for owner in set(self.clocks.rows) - groups:
            self.clocks.resume(owner, when.at)
        self.settle_groups(when.at)
        self.fact("process.resumed", instance.ref, when, {})
        for called in self.tree.called_by(self):
            called.resume(when)

    def go(self, when: When) -> None:
        """Carry the engine on to its end, calling service tasks and other processes, and absorb what it did."""
        self.advance(when)
        self.tree.follow(when)

    def advance(self, when: When) -> None:
        """Carry this instance alone on; what that means for others of its call tree is still to be followed."""
        while (due := self.run.go()) is not None:
            self.absorb(when)
            if self.run.waits:  # what happened may have ended this process from above
                self.run.answer(service_tasks.do(self, due, when))
        self.absorb(when)
        if self.instance.state is InstanceState.SUSPENDED:
            for owner in list(self.clocks.rows):
                if owner != self.wake_owner and not owner.startswith("delegation:"):
                    self.clocks.pause(owner, when.at)
        self.settle_groups(when.at)

    def absorb(self, when: When) -> None:
        """Turn the engine's new changes into rows, clocks and facts."""
        changes = self.run.changes[self._absorbed :]
        self._absorbed += len(changes)
        for change in changes:
            ABSORB[change.what](self, change, when)

    def settle_groups(self, at: datetime) -> None:
        """Let each limit group's clock run exactly while one of its units is open and the instance runs."""
        if not self.graph.process.limit_groups:
            return
        open_nodes = {token.node for token in self.open_units()}
        running = self.instance.state is InstanceState.RUNNING
        for group in self.graph.process.limit_groups:
            self._settle(group, at, wanted=running and not open_nodes.isdisjoint(group.units))

    def fact(
        self, name: str, subject: str, when: When, data: dict[str, Any], reason: str = ""
    ) -> None:
        """Remember a fact of this instance."""
        self.facts.append(
            Fact(name, subject, self.instance.root, when.at, when.by, reason=reason, data=data)
        )

    def unit_fact(self, name: str, token: Token, when: When, reason: str = "", **data: Any) -> None:
        """Remember a fact of one unit, with its node and name."""
        extra = self.extras[token.id]
        self.fact(
            name,
            f"unit:{token.id}",
            when,
            {"node": token.node, "title": extra.title, "instance": self.instance.id, **data},
            reason,
        )

    # ------------------------------------------------------------ inside
    def _settle(self, group: LimitGroup, at: datetime, *, wanted: bool) -> None:
        owner = self.group_owner(group)
        if self.instance.ended_at is not None:
            self.clocks.stop(owner, at)
        elif not wanted:
            self.clocks.pause(owner, at)
        elif owner in self.clocks.rows:
            self.clocks.resume(owner, at)
        else:
            limit = limit_text(group.limit, self.run.variables)
            if limit:
                calendar = group.calendar or self.instance.calendar
                self.clocks.start(owner, limit, calendar=calendar, warn=group.warn_at, at=at)
