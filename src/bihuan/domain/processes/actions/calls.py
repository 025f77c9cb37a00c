"""Call activities: processes that call others, all of one call tree in one transaction (decision 0100).

The row of the instance at the top of a call tree is the lock of the whole tree. An operation on any member
takes it first; so everything below is its own to read and to change. Members are read only when something
happens to them: a timer of theirs is due, they are called, cancelled, suspended, or what they called has ended.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bihuan.domain.processes.actions import reading, refusals
from bihuan.domain.processes.actions.ids import next_instance
from bihuan.domain.processes.actions.keeping import kept
from bihuan.domain.processes.actions.step import Due, Step, Tree, When
from bihuan.domain.processes.choices import InstanceState
from bihuan.domain.processes.ports import Opening
from bihuan.domain.processes.queries.blueprints import blueprint, called_definition
from bihuan.domain.processes.queries.rows import Instance
from bihuan.domain.processes.queries.statements import SQL
from bihuan.engines import expressions
from bihuan.engines.bpmn.run_state import (
    CALL_COST,
    MOST_DEEP,
    SEQUENCE_BITS,
    Budget,
    Change,
    Token,
    TokenKind,
    What,
)
from bihuan.kit import db

THROWN = frozenset({What.MESSAGE_THROWN, What.SIGNAL_THROWN})


@dataclass(slots=True)
class Forest:
    """The call trees an operation, or a batch of them, has at hand, and what they have still to follow."""

    trees: "dict[int, CallTree]" = field(default_factory=dict)
    reached: "dict[int, CallTree]" = field(default_factory=dict)
    pending: deque[tuple[Step, Change]] = field(default_factory=deque)
    budget: Budget = field(default_factory=Budget)


class CallTree:
    """The members of one call tree that an operation has at hand, and what they have still to follow."""

    def __init__(self, top: Instance, forest: Forest) -> None:
        self.top = top
        self.forest = forest
        self.steps: dict[int, Step] = {}
        self.opening: Opening | None = None
        self._at: datetime | None = None
        forest.trees[top.id] = self

    @property
    def budget(self) -> Budget:
        """How far an operation may still carry the processes it reaches."""
        return self.forest.budget

    def take_reached(self) -> list[Tree]:
        """Return the other trees that signals of this operation have reached, once."""
        found: list[Tree] = [tree for tree in self.forest.reached.values() if tree is not self]
        self.forest.reached.clear()
        return found

    # ------------------------------------------------------------ reading
    @property
    def is_alone(self) -> bool:
        """Whether the top instance is the only member: nobody has called anybody."""
        return (
            len(self.steps) == 1
            and self.top.id in self.steps
            and not _calls(self.steps[self.top.id])
        )

    def step(self, instance_id: int) -> Step:
        """Return a member, read if it is not at hand."""
        if instance_id not in self.steps:
            of_top = instance_id == self.top.id
            step = reading.step_of(self.top if of_top else reading.member(instance_id), self)
            self.refresh(step)
        return self.steps[instance_id]

    def called_by(self, step: Step) -> list[Step]:
        """Return the instances that an instance has called and waits for."""
        found = (self._called_at(step, token) for token in _calls(step))
        return [called for called in found if called is not None]

    def waits_for_caller(self, step: Step) -> bool:
        """Whether an instance is suspended together with the one that called it."""
        found = self._caller(step)
        return found is not None and found[0].instance.state is InstanceState.SUSPENDED

    def awaken(self, step: Step, at: datetime) -> datetime | None:
        """Read the members in which something is due; return the moment of the tree's latest operation."""
        self.budget.renew()
        self._at = at
        last = max((one.instance.last_at or at for one in self.steps.values()), default=at)
        if self.is_alone:
            return last
        known = list(self.steps)
        row = db.one(SQL["awaited"], {"top": self.top.id, "known": known, "at": max(last, at)})
        stored, awaited = row or (None, [])
        for instance_id in awaited:
            self.step(instance_id)
        return max(last, stored) if stored is not None else last

    # ------------------------------------------------------------ the moment
    def catch_up(self, at: datetime, before: Due | None) -> None:
        """Do what is due up to `at` in the members at hand, in order; with `before` only what comes before it."""
        self._at = at
        while True:
            due = [(found, one) for one in self.steps.values() if (found := one.next_due(at))]
            if not due:
                break
            first, step = min(due, key=lambda one: one[0])
            if before is not None and first >= before:
                break
            step.do_due(first)
        for step in self.steps.values():
            step.clocks.fire(at)

    def passes(self, started_at: datetime, moment: datetime) -> None:
        """Note that a timer fires. Time that passes lets a process go on for ever, a timer of no time does not."""
        if moment > started_at:
            self.budget.renew()
        else:
            self.budget.spend(CALL_COST)

    # ------------------------------------------------------------ following
    def concerns_others(self, step: Step, change: Change, when: When) -> None:
        """Take note of a change that others of the tree must follow; an escalation is told at once."""
        if change.what not in THROWN and change.token is None and not step.instance.is_called:
            return
        if change.what is What.ESCALATION_UNCAUGHT:
            self._escalated(step, change.detail, when)
        else:
            self.forest.pending.append((step, change))

    def follow(self, when: When) -> None:
        """Start what is called, end what is cancelled and let callers go on, until all members rest.

        What follows from a change comes before the changes noted after it.
        """
        forest = self.forest
        while forest.pending:
            step, change = forest.pending.popleft()
            later, forest.pending = forest.pending, deque()
            step.tree.follow_one(step, change, when)
            forest.pending.extend(later)

    def follow_one(self, step: Step, change: Change, when: When) -> None:
        """Do what a change of a member means for others."""
        if change.what in THROWN:
            self._deliver(step, change, when)
        elif change.token is None:
            self._ended(step, when)
        elif change.what is What.PROCESS_CALLED:
            self._call(step, change.token, change.detail, when)
        else:
            self._cancelled(step, change.token, when)

    def _deliver(self, thrower: Step, change: Change, when: When) -> None:
        """Let a thrown signal reach all of the root that waited for it by then, a message the oldest of them."""
        self.budget.spend()
        found = self._waiting(thrower, change)
        for token_id in found[:1] if change.what is What.MESSAGE_THROWN else found:
            step = self._reach(token_id >> SEQUENCE_BITS, when)
            if step.tokens[token_id].live and step.instance.state is InstanceState.RUNNING:
                step.run.deliver(token_id)
                step.advance(when)

    def _waiting(self, thrower: Step, change: Change) -> list[int]:
        at_hand = [step for tree in self.forest.trees.values() for step in tree.steps.values()]
        known = [
            step.instance.id for step in at_hand if step.instance.root == thrower.instance.root
        ]
        params = {"root": thrower.instance.root, "name": change.detail, "known": known}
        found = [row[0] for row in db.rows(SQL["waiting"], params)]
        for step in at_hand:
            if step.instance.id in known:
                waits = (token.id for token in step.run.waiting(change.detail))
                before = thrower.run.work.base | change.next_seq
                found += [one for one in waits if step is not thrower or one < before]
        return sorted(found)

    def _reach(self, instance_id: int, when: When) -> Step:
        """Return an instance of the same root, of this tree or another whose lock is taken without waiting."""
        for tree in self.forest.trees.values():
            if instance_id in tree.steps:
                return tree.steps[instance_id]
        row = db.one(SQL["lock_free_top"], (instance_id,))
        if row is None:
            raise refusals.OtherProcessBusy
        tree = self.forest.trees.get(row[0]) or CallTree(reading.member(row[0]), self.forest)
        if tree is not self:
            self.forest.reached[tree.top.id] = tree
            step = tree.step(instance_id)
            step.begin(when.by, when.at)
            return step
        return self.step(instance_id)

    def _call(self, caller: Step, token: Token, process: str, when: When) -> None:
        if not token.live:
            return
        self.budget.spend(CALL_COST)
        if caller.instance.depth >= MOST_DEEP:
            raise refusals.CallsTooDeep
        values = caller.run.work.values(token.scope, token.local)
        instance = _called_instance(caller, token, process, values, when)
        called = Step(instance, [], self)
        data = {
            "definition": called.blueprint.key,
            "caller": caller.instance.ref,
            "node": token.node,
        }
        called.fact("process.started", instance.ref, when, data)
        called.run.start()
        called.advance(when)
        rests = caller.instance.state is InstanceState.SUSPENDED
        if rests and instance.state is InstanceState.RUNNING:
            called.suspend(when, None, "")

    def _ended(self, called: Step, when: When) -> None:
        found = self._caller(called)
        if found is None:
            return
        caller, token = found
        if called.failed_with is None:
            caller.run.call_ended(token.id)
        else:
            caller.run.call_failed(token.id, called.failed_with)
        caller.advance(when)

    def _escalated(self, called: Step, code: str, when: When) -> None:
        found = self._caller(called)
        if found is None:
            return
        caller, token = found
        caller.run.call_escalated(token.id, code)
        caller.advance(when)
        if not token.live:  # interrupted: whatever the called process had still to do is not done
            self._cancelled(caller, token, when)

    def _cancelled(self, caller: Step, token: Token, when: When) -> None:
        called = self._called_at(caller, token)
        if called is None or called.instance.ended_at is not None:
            return
        called.instance.state = InstanceState.TERMINATED
        called.instance.suspended_until = None
        called.clocks.stop(called.wake_owner, when.at)
        data = {"caller": caller.instance.ref, "how": token.close_kind}
        called.fact("process.cancelled", called.instance.ref, when, data)
        called.run.terminate()
        called.advance(when)

    # ------------------------------------------------------------ inside
    def _caller(self, called: Step) -> tuple[Step, Token] | None:
        """Return who waits for a called process, and where; None when nobody does any more."""
        token_id = called.instance.parent_token
        if token_id is None:
            return None
        caller = self.step(token_id >> SEQUENCE_BITS)
        token = caller.tokens.get(token_id)
        return (caller, token) if token is not None and token.live else None

    def _called_at(self, caller: Step, token: Token) -> Step | None:
        for step in self.steps.values():
            if step.instance.parent_token == token.id:
                return step
        row = db.one(SQL["called_by"], (self.top.id, token.id))
        return self.step(row[0]) if row is not None else None

    def refresh(self, step: Step) -> None:
        """Let what was just read of a member know which of its calendars were changed meanwhile."""
        if self._at is not None:
            for edited_at, edit in step.clocks.edits(self._at):
                step.clocks.recount(edit, edited_at)


def tree_of(top: Instance) -> CallTree:
    """Return the call tree of an instance that is started now."""
    batch = kept()
    if batch is None:
        return CallTree(top, Forest())
    if batch.forest is None:
        batch.forest = Forest()
    return CallTree(top, batch.forest)


def _calls(step: Step) -> list[Token]:
    return [token for token in step.known.values() if token.kind is TokenKind.CALL and token.live]


def _called_instance(
    caller: Step, token: Token, process: str, values: dict[str, Any], when: When
) -> Instance:
    above = caller.instance
    key = str(expressions.resolve(process, values))
    definition_id = called_definition(
        key, caller.graph.nodes[token.node].binding, above.definition_id
    )
    instance_id, _ = next_instance()
    return Instance(
        id=instance_id,
        definition_id=definition_id,
        subject=above.subject,
        root=above.root,
        unit_id=above.unit_id,
        calendar=blueprint(definition_id).calendar or above.calendar,
        initiator=above.initiator,
        parent_token=token.id,
        state=InstanceState.RUNNING,
        variables=dict(values),
        rev=0,
        next_seq=1,
        priority=above.priority,
        started_at=when.at,
        last_at=when.at,
        org_revision=above.org_revision,
        top=above.top,
        depth=above.depth + 1,
        is_new=True,
    )
