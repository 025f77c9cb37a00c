"""What higher apps fill in: service tasks by name, and who keeps a projection of which subjects."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

from bihuan.domain.ledger.events import Actor, Fact
from bihuan.kit.registry import Registry


@dataclass(frozen=True, slots=True)
class UnitState:
    """A unit as it is at the end of a transaction. `state` and `close_kind` are as in `choices`."""

    id: int
    node: str
    title: str
    state: str
    post: str
    unit_id: int | None
    assignee_id: int | None
    due_at: datetime | None
    close_kind: str = ""
    origin: str = "FLOW"


class Opening(Protocol):
    """A subject that is opened together with its process, and written after the process's first step.

    So what is shown of the process beside the subject is written once, not written empty and then changed.
    """

    instance: tuple[int, int]
    """The id for the process instance and the org's revision, as `next_instance_columns` gave them."""

    def take_facts(self) -> Sequence[Fact]:
        """Return the facts that come before those of the process, once; the caller writes them."""

    def write(self) -> None:
        """Write the subject and its facts now, if they are not written: a service task is to act on it."""


@dataclass(frozen=True)
class InstanceChange:
    """What one transaction did to an instance, for the projection its subject keeps.

    `opened` and `closed` are the units of this transaction. `units`, all that are open now, and `due_at` are
    looked up by `look` when they are asked for, the first time.
    """

    instance_id: int
    subject: str
    root: str
    state: str
    opened: tuple[UnitState, ...]
    closed: tuple[UnitState, ...]
    by: Actor
    at: datetime
    look: "Callable[[], tuple[tuple[UnitState, ...], datetime | None]]" = field(
        repr=False, compare=False
    )
    rev: int = 0
    opening: Opening | None = field(default=None, repr=False, compare=False)

    @cached_property
    def _looked(self) -> tuple[tuple[UnitState, ...], datetime | None]:
        return self.look()

    @property
    def units(self) -> tuple[UnitState, ...]:
        """All units that are open now, of the whole call tree."""
        return self._looked[0]

    @property
    def due_at(self) -> datetime | None:
        """The earliest moment at which an open unit or a limit group is due, None when no clock runs."""
        return self._looked[1]

    @property
    def id(self) -> int:
        """The instance's id."""
        return self.instance_id


@dataclass(frozen=True, slots=True)
class FormFound:
    """A form submitted earlier: its values, who submitted it and when."""

    values: Mapping[str, Any]
    by: Actor
    at: datetime | None


def _no_form(field: str) -> FormFound | None:
    return None


@dataclass(frozen=True, slots=True)
class VerbCall:
    """A service task that must be done now, inside the transaction of the step that reached it.

    `form` holds the values of the unit submitted last; `params` the parameters written in the diagram;
    `last_form_with` finds the latest form in which a field is filled in.
    """

    name: str
    subject: str
    root: str
    instance_id: int
    variables: Mapping[str, Any]
    form: Mapping[str, Any]
    by: Actor
    at: datetime
    params: Mapping[str, str]
    last_form_with: Callable[[str], FormFound | None] = _no_form


Verb = Callable[[VerbCall], "dict[str, Any] | None"]


class SubjectPort(Protocol):
    """The owner of the subjects of one kind (`case`)."""

    def changed(self, *changes: InstanceChange) -> None:
        """Follow changes of instances, in the same transaction; called once per operation or batch."""

    def due_moved(self, subject: str, instance_id: int, due_at: datetime | None) -> None:
        """Follow the earliest due moment of an instance's clocks, moved by a calendar or a limit."""


VERBS: Registry[Verb] = Registry("service task")
VARIABLES: Registry[frozenset[str]] = Registry("variables of a process")
"""By app: the variables that those who start processes and their service tasks give."""
SUBJECTS: Registry[SubjectPort] = Registry("process subject")
