"""Reads an instance with a lock and writes a step back, each in as few statements as can be."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from bihuan.domain.ledger.actions import FACT_JSON_CTES, fact_rows
from bihuan.domain.processes.actions.clock_book import CLOCK_CTES
from bihuan.domain.processes.actions.step import Step, When, clock_owner
from bihuan.domain.processes.choices import (
    FAR,
)
from bihuan.domain.processes.ports import SUBJECTS, InstanceChange, UnitState
from bihuan.domain.processes.queries.blueprints import blueprint
from bihuan.domain.processes.queries.rows import (
    Extra,
    Instance,
    InstanceMissing,
    clocks_from,
    instance_from,
    tokens_from,
    tokens_of,
)
from bihuan.domain.processes.queries.statements import SQL
from bihuan.engines.bpmn.run_state import SEQUENCE_BITS, Token
from bihuan.kit import db

_TAIL = ",\n".join([SQL["write_tokens"], CLOCK_CTES, FACT_JSON_CTES]) + "\nselect 1"
# psycopg keeps the translation of a statement's parameters only up to 4096 characters.
_UPDATE = " ".join(f"with instance as ({SQL['update_instance']}), {_TAIL}".split())
_INSERT = " ".join(f"with instance as ({SQL['insert_instance']}), {_TAIL}".split())


def instance_of(unit_id: int) -> int:
    """Return the instance a token belongs to."""
    return unit_id >> SEQUENCE_BITS


def open_step(instance_id: int, *, history: bool = False, unit: int = 0) -> Step:
    """Lock an instance and read its live tokens, or with `history` all of them, and its clocks.

    With `unit` the form in force for that unit is looked up on the way.
    """
    if (kept := _again(instance_id, history=history)) is not None:
        return kept
    row = db.one(SQL["lock_instance"], (instance_id,))
    if row is None:
        raise InstanceMissing
    instance = instance_from(row)
    owners = _owners(instance)
    if history:
        step = Step(instance, tokens_of(instance_id))
        owners += [clock_owner(token) for token in step.run.work.live()]
        clocks = db.one(SQL["live_clocks"], (owners,))
    else:
        step, clocks = _read_live(instance, owners, unit)
    step.clocks.load(clocks_from(clocks[0] if clocks else None))
    return step


def _read_live(instance: Instance, owners: list[str], unit: int) -> tuple[Step, tuple[Any, ...]]:
    forms = blueprint(instance.definition_id).form_of_node if unit else "{}"
    params = {"instance": instance.id, "owners": owners, "forms": forms, "unit": unit}
    tokens, clocks, form = db.one(SQL["live"], params) or (None, None, None)
    step = Step(instance, tokens_from(tokens))
    if form is not None:
        step.form_version = (unit, form)
    return step, (clocks,)


def _owners(instance: Instance) -> list[str]:
    """Return the owners of the clocks that belong to the instance as a whole."""
    groups = blueprint(instance.definition_id).graph.process.limit_groups
    owners = [f"group:{instance.id}:{group.id}" for group in groups]
    if instance.suspended_until is not None:
        owners.append(f"resume:{instance.id}")
    return owners


def save(step: Step, when: When) -> InstanceChange:
    """Write everything the step did, let the subject's owner follow it, and return what changed.

    Inside a batch the step is kept instead, and written at its end.
    """
    step.settle_groups(when.at)
    kept = _kept.get()
    if kept is not None:
        kept[step.instance.id] = (step, when)
        return _change(step, when)
    return _write(step, when)


def _write(step: Step, when: When) -> InstanceChange:
    instance = step.instance
    facts = sorted([*step.clocks.facts, *step.facts], key=lambda fact: fact.at)
    params: dict[str, Any] = {
        "instance": instance.id,
        "state": instance.state.value,
        "variables": _json(step.run.variables),
        "next_seq": step.run.next_seq,
        "ended": instance.ended_at,
        "until": instance.suspended_until,
        **_token_params(step),
        **{name: _json(rows) for name, rows in step.clocks.params().items()},
        "facts": _json(fact_rows(facts)),
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
        }
    db.run(_INSERT if instance.is_new else _UPDATE, params)
    change = _change(step, when)
    kind = instance.subject.partition(":")[0]
    if kind in SUBJECTS:
        SUBJECTS.get(kind).changed(change)
    return change


# ---------------------------------------------------------------- batches
_kept: ContextVar[dict[int, tuple[Step, When]] | None] = ContextVar("kept steps", default=None)


@contextmanager
def keeping() -> Iterator[None]:
    """Keep steps in memory instead of writing them, until `write_kept`."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def kept_steps() -> list[Step]:
    """Return the steps kept so far."""
    return [step for step, _ in (_kept.get() or {}).values()]


def kept_change(instance_id: int) -> InstanceChange:
    """Return how a kept instance stands."""
    return _change(*(_kept.get() or {})[instance_id])


def write_kept() -> None:
    """Write the kept steps, each once, and forget them."""
    kept = _kept.get() or {}
    for step, when in kept.values():
        _write(step, when)
    kept.clear()


def _again(instance_id: int, *, history: bool) -> Step | None:
    """Return a kept step for its next operation; one that needs the history is written and read anew."""
    kept = _kept.get()
    if kept is None or instance_id not in kept:
        return None
    if history:
        _write(*kept.pop(instance_id))
        return None
    step = kept[instance_id][0]
    step.form = {}
    step.told.clear()
    return step


def _change(step: Step, when: When) -> InstanceChange:
    units = {token.id: _state(step, token.id) for token in step.open_units()}
    opened = tuple(units.get(one) or _state(step, one) for one in step.opened)
    return InstanceChange(
        instance_id=step.instance.id,
        subject=step.instance.subject,
        root=step.instance.root,
        state=step.instance.state.value,
        units=tuple(units.values()),
        opened=opened,
        closed=tuple(_state(step, token_id) for token_id in step.closed),
        due_at=step.clocks.earliest_due(),
        by=when.by,
        at=when.at,
        rev=step.instance.rev + (0 if step.instance.is_new else 1),
    )


def _state(step: Step, token_id: int) -> UnitState:
    token, extra = step.tokens[token_id], step.extras[token_id]
    return UnitState(
        id=token.id,
        node=token.node,
        title=extra.title,
        state=token.state.value,
        post=extra.post,
        unit_id=extra.unit_id,
        assignee_id=extra.assignee_id,
        due_at=extra.due_at,
        close_kind=token.close_kind.value,
        origin=token.origin.value,
    )


# ---------------------------------------------------------------- writing
def _token_params(step: Step) -> dict[str, str]:
    touched = step.run.work.touched | step.changed | _due_moved(step)
    first_new = step.run.work.base | step.instance.next_seq
    new: list[dict[str, Any]] = []
    old: list[dict[str, Any]] = []
    for token_id in sorted(touched):
        row = _row(step.tokens[token_id], step.extras[token_id])
        (new if token_id >= first_new else old).append(row)
    return {"new": _json(new), "old": _json(old)}


def _due_moved(step: Step) -> set[int]:
    """Set what live units repeat of their clocks; return those whose columns change."""
    moved = set()
    for token in step.run.work.live():
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
        "form": extra.form,
        "draft": extra.draft,
    }


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode
