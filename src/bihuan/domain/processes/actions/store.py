"""Reads an instance with a lock and writes a step back, each in as few statements as can be."""

from typing import Any

from bihuan.domain.ledger.actions import FACT_CTES, announcing, fact_rows
from bihuan.domain.ledger.events import Fact
from bihuan.domain.processes.actions import reading, shown
from bihuan.domain.processes.actions.absorb import clock_owner
from bihuan.domain.processes.actions.calls import tree_of
from bihuan.domain.processes.actions.clock_book import CHANGE_CLOCKS, START_CLOCKS
from bihuan.domain.processes.actions.keeping import kept
from bihuan.domain.processes.actions.step import Step, When
from bihuan.domain.processes.choices import FAR, turn_of
from bihuan.domain.processes.ports import SUBJECTS, InstanceChange
from bihuan.domain.processes.queries.rows import Extra, InstanceMissing
from bihuan.domain.processes.queries.statements import SQL
from bihuan.engines.bpmn.run_state import SEQUENCE_BITS, Token, TokenKind
from bihuan.kit import db
from bihuan.kit.json_text import to_json

_NEW = [SQL["open_tokens"], START_CLOCKS, FACT_CTES]
_TAIL = ",\n".join([*_NEW, SQL["move_tokens"], CHANGE_CLOCKS]) + "\nselect 1"
# psycopg keeps the translation of a statement's parameters only up to 4096 characters.
_UPDATE = " ".join(f"with instance as ({SQL['update_instance']}), {_TAIL}".split())
_MANY = " ".join(f"with {SQL['write_instances']}, {_TAIL}".split())
# Nothing of a new instance can have changed: a third of the statement's own cost is spared.
_INSERT = " ".join(
    f"with instance as ({SQL['insert_instance']}), {', '.join(_NEW)} select 1".split()
)


def instance_of(unit_id: int) -> int:
    """Return the instance a token belongs to."""
    return unit_id >> SEQUENCE_BITS


def open_unit_step(unit_id: int) -> Step:
    """Lock the instance of a unit for an operation on that unit alone; the form in force for it is looked up.

    Other open units of a wide instance are read only when the operation turns out to need them.
    """
    return _open(instance_of(unit_id), unit=unit_id)


def open_step(instance_id: int, *, history: bool = False) -> Step:
    """Lock an instance and read its live tokens, or with `history` all of them, and its clocks.

    The lock is that of the whole call tree the instance belongs to.
    """
    return _open(instance_id, history=history)


def _open(instance_id: int, *, history: bool = False, unit: int = 0) -> Step:
    if (again := _again(instance_id, history=history)) is not None:
        return again
    locked = reading.locked(instance_id, unit=unit)
    batch = kept()
    trees = batch.forest.trees if batch is not None and batch.forest is not None else {}
    if locked.top.id in trees:  # another member is kept
        return trees[locked.top.id].step(instance_id)
    tree = tree_of(locked.top)
    if unit:
        return reading.unit_step(locked, tree, unit)
    return reading.step_of(locked.instance, tree, history=history)


def save(step: Step, when: When) -> InstanceChange:
    """Write everything the step did, let the subject's owner follow it, and return what changed.

    Inside a batch the step is kept instead, and written at its end.
    """
    acting = [step, *(one for tree in step.tree.take_reached() for one in tree.steps.values())]
    at_hand = {one.instance.id: one for one in (*step.tree.steps.values(), *acting)}
    written = [one for one in at_hand.values() if one is step or one.has_acted]
    for one in written:
        one.settle_groups(when.at)
        one.instance.last_at = max(one.instance.last_at or when.at, when.at)
    batch = kept()
    if batch is not None:
        for one in at_hand.values():
            batch.keep(one, when)
        change = shown.change_of(step, when)
        _ = change.units  # now: the step goes on
        return change
    if len(written) > 1:
        _write_many([(one, when) for one in written])
    else:
        _write(step, when)
    change = shown.change_of(step, when)
    others = {one.instance.top: one for one in acting[1:]}
    _follow([*(shown.change_of(one, when) for one in others.values()), change])
    return change


def _write(step: Step, when: When) -> None:
    instance = step.instance
    new, old = _token_rows(step)
    params: dict[str, Any] = {
        "instance": instance.id,
        "state": instance.state.value,
        "variables": to_json(step.run.variables),
        "next_seq": step.run.next_seq,
        "ended": instance.ended_at,
        "until": instance.suspended_until,
        "last": instance.last_at,
        "new": to_json(new),
        "old": to_json(old),
        **{name: to_json(rows) for name, rows in step.clocks.params().items()},
        "facts": to_json(fact_rows(_facts(step))),
        "announced": announcing(),
    }
    if instance.is_new:
        params |= {
            "definition": instance.definition_id,
            "subject": instance.subject,
            "root": instance.root,
            "unit": instance.unit_id,
            "calendar": instance.calendar,
            "initiator": instance.initiator,
            "parent": instance.parent_token,
            "priority": instance.priority,
            "started": instance.started_at,
            "top": instance.top,
            "depth": instance.depth,
        }
    db.send(_INSERT if instance.is_new else _UPDATE, params)


# ---------------------------------------------------------------- batches
def kept_change(instance_id: int) -> InstanceChange:
    """Return how a kept instance stands."""
    batch = kept()
    if batch is None or instance_id not in batch.steps:
        raise InstanceMissing
    return shown.change_of(*batch.steps[instance_id])


def write_kept() -> None:
    """Write the kept steps, all in one statement, and forget them."""
    batch = kept()
    if batch is not None and batch.steps:
        _write_kept(batch.forget())


def _again(instance_id: int, *, history: bool) -> Step | None:
    """Return a kept step for its next operation; one that needs the history is written and read anew."""
    batch = kept()
    if batch is None or instance_id not in batch.steps:
        return None
    step = batch.steps[instance_id][0]
    if history:
        _write_kept([batch.steps.pop(one) for one in step.tree.steps])
        if batch.forest is not None:
            batch.forest.trees.pop(step.instance.top, None)
        return None
    for one in step.tree.steps.values():
        one.form = {}
        one.told.clear()
    return step


def _write_kept(written: list[tuple[Step, When]]) -> None:
    """Write steps of a batch; each call tree is followed once, as its latest operation left it."""
    acted = [(step, when) for step, when in written if step.has_acted]
    if acted:
        _write_many(acted)
    latest = {step.instance.top: (step, when) for step, when in written}
    _follow([shown.change_of(step, when) for step, when in latest.values()])


def _write_many(written: list[tuple[Step, When]]) -> None:
    steps = [step for step, _ in written]
    tokens = [_token_rows(step) for step in steps]
    clocks = [step.clocks.params() for step in steps]
    params = {
        "started": [_instance_row(step) for step in steps if step.instance.is_new],
        "moved_on": [_instance_row(step) for step in steps if not step.instance.is_new],
        "new": [row for new, _ in tokens for row in new],
        "old": [row for _, old in tokens for row in old],
        "new_clocks": [row for one in clocks for row in one["new_clocks"]],
        "old_clocks": [row for one in clocks for row in one["old_clocks"]],
        "facts": fact_rows(fact for step in steps for fact in _facts(step)),
    }
    texts: dict[str, Any] = {name: to_json(rows) for name, rows in params.items()}
    db.run(_MANY, {**texts, "announced": announcing()})


def _follow(changes: list[InstanceChange]) -> None:
    """Let the owners of the subjects follow what changed."""
    by_kind: dict[str, list[InstanceChange]] = {}
    for change in changes:
        by_kind.setdefault(change.subject.partition(":")[0], []).append(change)
    for kind, found in by_kind.items():
        if kind in SUBJECTS:
            SUBJECTS.get(kind).changed(*found)


# ---------------------------------------------------------------- writing
def _facts(step: Step) -> list[Fact]:
    own = sorted([*step.clocks.facts, *step.facts], key=lambda fact: fact.at)
    opening = step.tree.opening
    return own if opening is None else [*opening.take_facts(), *own]


def _instance_row(step: Step) -> dict[str, Any]:
    instance = step.instance
    return {
        "id": instance.id,
        "definition_id": instance.definition_id,
        "subject": instance.subject,
        "root": instance.root,
        "unit_id": instance.unit_id,
        "calendar": instance.calendar,
        "initiator": instance.initiator,
        "parent_token": instance.parent_token,
        "state": instance.state,
        "variables": step.run.variables,
        "rev": instance.rev,
        "next_seq": step.run.next_seq,
        "priority": instance.priority,
        "started_at": instance.started_at,
        "last_at": instance.last_at,
        "suspended_until": instance.suspended_until,
        "ended_at": instance.ended_at,
        "top": instance.top,
        "depth": instance.depth,
    }


def _token_rows(step: Step) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the rows of the tokens that are new, and of those that changed."""
    touched = step.run.work.touched | step.changed | _due_moved(step)
    first_new = step.run.work.base | step.instance.next_seq
    new: list[dict[str, Any]] = []
    old: list[dict[str, Any]] = []
    for token_id in sorted(touched):
        row = _row(step.known[token_id], step.extras[token_id])
        (new if token_id >= first_new else old).append(row)
    return new, old


def _due_moved(step: Step) -> set[int]:
    """Set what live units repeat of their clocks; return those whose columns change."""
    moved = set()
    for token in step.known.values():
        if token.kind is TokenKind.JOIN or not token.live:
            continue
        extra = step.extras[token.id]
        due_at, warn_at = step.clocks.shown(clock_owner(token))
        if (due_at, warn_at) != (extra.due_at, extra.warn_at):
            extra.due_at, extra.warn_at = due_at, warn_at
            moved.add(token.id)
    return moved


def _row(token: Token, extra: Extra) -> dict[str, Any]:
    return {
        "id": token.id,
        "instance_id": token.id >> SEQUENCE_BITS,
        "node": token.node,
        "title": extra.title,
        "flow_in": token.flow_in,
        "kind": token.kind,
        "state": token.state,
        "scope": token.scope,
        "parents": token.parents,
        "consumed_by": token.consumed_by,
        "origin": token.origin,
        "loop_no": token.loop_no,
        "local": token.local,
        "post": extra.post,
        "unit_id": extra.unit_id,
        "owner_id": extra.owner_id,
        "assignee_id": extra.assignee_id,
        "delegate_of": extra.delegate_of,
        "priority": extra.priority,
        "opened_at": extra.opened_at,
        "claimed_at": extra.claimed_at,
        "closed_at": extra.closed_at,
        "close_kind": token.close_kind,
        "due_at": extra.due_at,
        "warn_at": extra.warn_at,
        "rank_at": extra.due_at or FAR,
        "turn_at": turn_of(extra.due_at, extra.priority),
        "form": extra.form,
        "draft": extra.draft,
        "delegation": extra.delegation.to_json() if extra.delegation else None,
    }
