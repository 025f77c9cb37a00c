"""Reads instances with a lock, each with its live tokens and their clocks."""

from typing import Any

from bihuan.domain.processes.actions.absorb import clock_owner
from bihuan.domain.processes.actions.in_hand import clock_of
from bihuan.domain.processes.actions.step import Step, Tree
from bihuan.domain.processes.queries.blueprints import blueprint
from bihuan.domain.processes.queries.rows import (
    Instance,
    InstanceMissing,
    clocks_from,
    edits_from,
    instance_from,
    tokens_from,
    tokens_of,
)
from bihuan.domain.processes.queries.statements import SQL
from bihuan.kit import db


def locked(instance_id: int) -> tuple[Instance, Instance]:
    """Lock an instance by the top one of its call tree; return the top one and itself."""
    found = [
        instance_from(row) for row in db.rows(SQL["lock_instance"], (instance_id, instance_id))
    ]
    if not found:
        raise InstanceMissing
    return found[0], found[-1]


def member(instance_id: int) -> Instance:
    """Return an instance of a call tree whose top one is locked."""
    row = db.one(SQL["member"], (instance_id,))
    if row is None:
        raise InstanceMissing
    return instance_from(row)


def step_of(instance: Instance, tree: Tree, *, history: bool = False, unit: int = 0) -> Step:
    """Return a step on a locked instance, with its live tokens, or with `history` all of them.

    With `unit` the form in force for that unit is looked up on the way.
    """
    owners = _owners(instance)
    if history:
        step = Step(instance, tokens_of(instance.id), tree)
        owners += [clock_owner(token) for token in step.run.work.live()]
        owners += [clock_of(one) for one, extra in step.extras.items() if extra.delegation]
        clocks = db.one(SQL["live_clocks"], (owners,)) or (None, None)
    else:
        step, clocks = _read_live(instance, tree, owners, unit)
    step.clocks.load(clocks_from(clocks[0]), edits_from(clocks[1]))
    return step


def _read_live(
    instance: Instance, tree: Tree, owners: list[str], unit: int
) -> tuple[Step, tuple[Any, ...]]:
    forms = blueprint(instance.definition_id).form_of_node if unit else "{}"
    params = {"instance": instance.id, "owners": owners, "forms": forms, "unit": unit}
    tokens, clocks, edits, form = db.one(SQL["live"], params) or (None, None, None, None)
    step = Step(instance, tokens_from(tokens), tree)
    if form is not None:
        step.form_version = (unit, form)
    return step, (clocks, edits)


def _owners(instance: Instance) -> list[str]:
    """Return the owners of the clocks that belong to the instance as a whole."""
    groups = blueprint(instance.definition_id).graph.process.limit_groups
    owners = [f"group:{instance.id}:{group.id}" for group in groups]
    if instance.suspended_until is not None:
        owners.append(f"resume:{instance.id}")
    return owners
