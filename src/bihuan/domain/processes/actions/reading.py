"""Reads instances with a lock, each with its live tokens and their clocks.

Of a wide instance an operation on one unit reads that unit and all that is no unit; the other open units are
read when it turns out that it needs them (decision 0104).
"""

from dataclasses import dataclass
from typing import Any, Final

from bihuan.domain.processes.actions.absorb import clock_owner
from bihuan.domain.processes.actions.in_hand import clock_of
from bihuan.domain.processes.actions.keeping import kept
from bihuan.domain.processes.actions.step import Step, Tree
from bihuan.domain.processes.choices import InstanceState
from bihuan.domain.processes.queries import blueprints
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

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """How the live tokens of an instance are asked for: under which definition, and whether narrowly."""

    definition_id: int
    narrowly: bool


@dataclass(frozen=True, slots=True)
class Locked:
    """A locked instance, the top one of its call tree, and its live tokens if they came in the same round trip."""

    top: Instance
    instance: Instance
    asked: _Asked | None = None
    live: Row | None = None


# How instances were asked for last by this process. A guess, checked when the answer is there; it saves a round trip.
_LAST_ASKED: Final[dict[int, _Asked]] = {}
_MOST_GUESSES: Final = 20_000


def forget() -> None:
    """Forget how instances and definitions were read: another database gives them other numbers."""
    _LAST_ASKED.clear()
    blueprints.forget()


def locked(instance_id: int, *, unit: int = 0) -> Locked:
    """Lock an instance by the top one of its call tree; with `unit` its live tokens come along if they can."""
    lock = (SQL["lock_instance"], (instance_id, instance_id))
    asked = _LAST_ASKED.get(instance_id) if unit and kept() is None else None
    live: Row | None = None
    if asked is None:
        rows = db.rows(*lock)
    else:
        rows, (live,) = db.rows_of(lock, _live(instance_id, asked, unit))
    if not rows:
        raise InstanceMissing
    found = [instance_from(row) for row in rows]
    return Locked(found[0], found[-1], asked, live)


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


def unit_step(locked: Locked, tree: Tree, unit: int) -> Step:
    """Return a step for an operation on one unit of a locked instance, with the form in force for that unit.

    The other units of a wide instance are left for later.
    """
    instance, live = locked.instance, locked.live
    asked = _Asked(instance.definition_id, _may_be_wide(instance))
    if live is None or asked != locked.asked or instance.suspended_until is not None:
        live = db.one(*_live(instance.id, asked, unit, _owners(instance)))
    if len(_LAST_ASKED) >= _MOST_GUESSES:
        _LAST_ASKED.clear()
    _LAST_ASKED[instance.id] = asked
    tokens, clocks, edits, form, has_rest = live or (None,) * 5
    rest = Left(instance.id, unit) if has_rest else None
    step = Step(instance, tokens_from(tokens), tree, rest)
    if form is not None:
        step.form_version = (unit, form)
    if has_rest and any(is_together(token) for token in step.known.values()):
        _ = step.tokens  # co-handlers and stand-ins concern each other: nothing may be left out
    step.clocks.load(clocks_from(clocks), edits_from(edits))
    return step


def step_of(instance: Instance, tree: Tree, *, history: bool = False) -> Step:
    """Return a step on a locked instance, with its live tokens, or with `history` all of them."""
    owners = _owners(instance)
    if history:
        step = Step(instance, tokens_of(instance.id), tree)
        owners += [clock_owner(token) for token in step.run.work.live()]
        owners += [clock_of(one) for one, extra in step.extras.items() if extra.delegation]
        clocks, edits = db.one(SQL["live_clocks"], (owners,)) or (None, None)
    else:
        asked = _Asked(instance.definition_id, narrowly=False)
        live = db.one(*_live(instance.id, asked, 0, owners))
        tokens, clocks, edits, *_ = live or (None,) * 5
        step = Step(instance, tokens_from(tokens), tree)
    step.clocks.load(clocks_from(clocks), edits_from(edits))
    return step


def _live(
    instance_id: int, asked: _Asked, unit: int, owners: list[str] | None = None
) -> tuple[str, dict[str, Any]]:
    """Return the statement that reads the live tokens, and its values; the owners unless they are the usual ones."""
    params: dict[str, Any] = {"instance": instance_id, "unit": unit}
    params["forms"] = blueprint(asked.definition_id).form_of_node if unit else "{}"
    if asked.narrowly:
        return SQL["live_narrowly"], params
    params["owners"] = _groups(instance_id, asked.definition_id) if owners is None else owners
    return SQL["live"], params


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
    owners = _groups(instance.id, instance.definition_id)
    if instance.suspended_until is not None:
        owners.append(f"resume:{instance.id}")
    return owners


def _groups(instance_id: int, definition_id: int) -> list[str]:
    groups = blueprint(definition_id).graph.process.limit_groups
    return [f"group:{instance_id}:{group.id}" for group in groups]
