"""The flow of one instance, as the strip over a case shows it, and other facts about instances."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bihuan.domain.ledger.events import Actor
from bihuan.domain.processes.queries import blueprints, rows
from bihuan.domain.processes.queries.statements import LISTS
from bihuan.engines.bpmn.model import Node, NodeKind
from bihuan.kit import db


@dataclass(frozen=True, slots=True)
class InstanceView:
    """One process instance."""

    id: int
    definition_id: int
    subject: str
    root: str
    unit_id: int
    state: str
    rev: int
    started_at: datetime
    ended_at: datetime | None
    suspended_until: datetime | None

    @property
    def process_name(self) -> str:
        """Return the name of its process."""
        return blueprints.blueprint(self.definition_id).graph.process.name


@dataclass(frozen=True, slots=True)
class StripUnit:
    """One unit of the process: its latest run, or none yet (`id` is then None and `state` empty).

    `visits` counts its runs; more than one is rework.
    """

    node: str
    title: str
    id: int | None = None
    state: str = ""
    post: str = ""
    unit_id: int | None = None
    assignee_id: int | None = None
    assignee: str = ""
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    close_kind: str = ""
    due_at: datetime | None = None
    origin: str = ""
    visits: int = 0

    @property
    def clock_owner(self) -> str:
        """Return the owner of its clock."""
        return f"unit:{self.id}" if self.id else ""


@dataclass(frozen=True, slots=True)
class ClockGroup:
    """A limit over several units. `owner` names its clock."""

    id: str
    name: str
    units: tuple[str, ...]
    owner: str


@dataclass(frozen=True, slots=True)
class OpenUnitRow:
    """An open unit of a subject: enough to hand it over."""

    id: int
    subject: str
    node: str
    title: str
    post: str
    unit_id: int | None
    assignee_id: int | None


@dataclass(frozen=True, slots=True)
class FilledForm:
    """What was submitted at a unit, by whom and when."""

    form: dict[str, Any]
    by: Actor
    at: datetime


def instance(instance_id: int) -> InstanceView:
    """Return an instance, or refuse with `InstanceMissing`."""
    row = db.one(LISTS["instance"], (instance_id,))
    if row is None:
        raise rows.InstanceMissing
    return InstanceView(*row)


def instances_of(subject: str) -> list[InstanceView]:
    """Return the instances of a subject, oldest first."""
    return [InstanceView(*row) for row in db.rows(LISTS["instances_of"], (subject,))]


def suspended(subjects: Sequence[str]) -> dict[str, datetime | None]:
    """Return those of some subjects whose process rests, with until when, None for until resumed."""
    return dict(db.rows(LISTS["suspended"], (list(subjects),)))


def open_units(subjects: Sequence[str]) -> list[OpenUnitRow]:
    """Return the open units of some subjects, oldest first."""
    return [OpenUnitRow(*row) for row in db.rows(LISTS["open_units_of"], (list(subjects),))]


def units_of(instance_id: int) -> list[StripUnit]:
    """Return every unit of the process in the order of the drawing, each with its latest run.

    In the place of a call activity stand the units of what it has called.
    """
    nodes = blueprints.blueprint(instance(instance_id).definition_id).graph.nodes.values()
    runs = {row[0]: row for row in db.rows(LISTS["strip"], (instance_id,))}
    calls = any(node.kind is NodeKind.CALL_ACTIVITY for node in nodes)
    called = _called_from(instance_id) if calls else {}
    found: list[StripUnit] = []
    for node in nodes:
        if node.unit is not None:
            found.append(_strip_unit(node, runs.get(node.id)))
        for below in called.get(node.id, ()):
            found += units_of(below)
    return found


def _called_from(instance_id: int) -> dict[str, list[int]]:
    """Return by node the instances called there that run, else the latest one."""
    rows = db.rows(LISTS["called_from"], {"instance": instance_id})
    running: dict[str, list[int]] = {}
    for node, below, runs in rows:
        if runs:
            running.setdefault(node, []).append(below)
    return {node: [below] for node, below, _ in rows} | running


def clock_groups(instance_id: int) -> list[ClockGroup]:
    """Return the limit groups of an instance's process."""
    process = blueprints.blueprint(instance(instance_id).definition_id).graph.process
    return [
        ClockGroup(group.id, group.name, group.units, f"group:{instance_id}:{group.id}")
        for group in process.limit_groups
    ]


def last_form_with(instance_id: int, field: str) -> FilledForm | None:
    """Return the latest submitted form of an instance that has a field."""
    row = db.one(LISTS["last_form_with"], {"instance": instance_id, "field": field})
    if row is None:
        return None
    text, assignee_id, delegate_of, unit_id, closed_at = row
    behalf = f"staff:{delegate_of}" if delegate_of else ""
    ref = f"staff:{assignee_id}" if assignee_id else "system:engine"
    return FilledForm(json.loads(text), Actor(ref, behalf, unit_id), closed_at)


def _strip_unit(node: Node, run: Sequence[Any] | None) -> StripUnit:
    title = node.name or node.id
    if run:
        return StripUnit(node.id, title, *_run(run))
    return StripUnit(node.id, title, post=node.unit.post if node.unit else "")


def _run(row: Sequence[Any]) -> list[Any]:
    return [row[1], *row[3:]]
