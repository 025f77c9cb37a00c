"""Reads instances with a lock, each with its live tokens and their clocks.

Of a wide instance an operation on one unit reads that unit and all that is no unit; the other open units are
read when it turns out that it needs them (decision 0104).
"""

from typing import Any, Final

from bihuan.domain.processes.actions.absorb import clock_owner
from bihuan.domain.processes.actions.in_hand import clock_of
from bihuan.domain.processes.actions.keeping import kept
from bihuan.domain.processes.actions.step import Step, Tree
from bihuan.domain.processes.choices import InstanceState
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
from bihuan.engines.bpmn.run_marks import is_together
from bihuan.engines.bpmn.run_state import Token
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


# Instances with fewer tokens than this, ever, are read whole: they can not be wide.
NARROW_FROM: Final = 40


class Left:
    """The open units left out of a wide instance."""

    def __init__(self, instance_id: int, unit: int) -> None:
        self.step: Step | None = None
        self._instance_id = instance_id
        self._unit = unit

    def count(self, scope: int) -> int:
        """Return how many of them lie directly in a scope."""
        row = db.one(SQL["count_rest"], (self._instance_id, self._unit, scope))
        return int(row[0]) if row is not None else 0

    def read(self) -> list[Token]:
        """Return them all; their clocks are locked and known to the step."""
        params = {"instance": self._instance_id, "unit": self._unit}
        tokens, *clocks = db.one(SQL["rest"], params) or (None, None, None)
        found = tokens_from(tokens)
        if self.step is not None:
            self.step.extras |= {token.id: extra for token, extra in found}
            self.step.clocks.load(clocks_from(clocks[0]), edits_from(clocks[1]))
            self.step.tree.refresh(self.step)
        return [token for token, _ in found]


def step_of(
    instance: Instance, tree: Tree, *, history: bool = False, unit: int = 0, is_narrow: bool = False
) -> Step:
    """Return a step on a locked instance, with its live tokens, or with `history` all of them.

    With `unit` the form in force for that unit is looked up on the way; with `is_narrow` the other units of a
    wide instance are left for later.
    """
    owners = _owners(instance)
    if is_narrow and _may_be_wide(instance):
        step, clocks = _read_narrowly(instance, tree, unit)
    elif history:
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


def _read_narrowly(instance: Instance, tree: Tree, unit: int) -> tuple[Step, tuple[Any, ...]]:
    forms = blueprint(instance.definition_id).form_of_node
    params = {"instance": instance.id, "unit": unit, "forms": forms}
    row = db.one(SQL["live_narrowly"], params) or (None, None, None, None, False)
    tokens, clocks, edits, form, has_rest = row
    rest = Left(instance.id, unit) if has_rest else None
    step = Step(instance, tokens_from(tokens), tree, rest)
    if form is not None:
        step.form_version = (unit, form)
    if any(is_together(token) for token in step.known.values()):
        _ = (
            step.tokens
        )  # co-handlers and stand-ins concern units of their own: nothing may be left out
    return step, (clocks, edits)


def _may_be_wide(instance: Instance) -> bool:
    """Whether units may be left out: limit groups and units that may be skipped ask for all open ones."""
    return (
        instance.next_seq > NARROW_FROM
        and instance.state is InstanceState.RUNNING
        and kept() is None
        and blueprint(instance.definition_id).asks_units_alone
    )


def _owners(instance: Instance) -> list[str]:
    """Return the owners of the clocks that belong to the instance as a whole."""
    groups = blueprint(instance.definition_id).graph.process.limit_groups
    owners = [f"group:{instance.id}:{group.id}" for group in groups]
    if instance.suspended_until is not None:
        owners.append(f"resume:{instance.id}")
    return owners
