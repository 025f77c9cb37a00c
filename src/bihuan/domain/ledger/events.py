"""Who acts, and what happened: the two values every action passes around."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: `ref` is `staff:12`, `customer:5` or `system:import`.

    `on_behalf_of` is the ref of the person whose work it is, when somebody else does it (TKT-11).
    `unit_id` is the org unit the actor acts for.
    """

    ref: str
    on_behalf_of: str = ""
    unit_id: int | None = None

    @property
    def is_system(self) -> bool:
        """Tell whether no person stands behind this; permissions do not apply then."""
        return self.ref.startswith("system:")

    @property
    def staff_id(self) -> int | None:
        """Return the staff member's id, or None for anybody else."""
        kind, _, key = self.ref.partition(":")
        return int(key) if kind == "staff" else None


SYSTEM = Actor("system:bihuan")


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened at `at` (aware).

    `name` is `noun.past_verb`; `subject` what it happened to and `root` the whole it belongs to, as
    refs `kind:id`; `data` is plain JSON.
    """

    name: str
    subject: str
    root: str
    at: datetime
    by: Actor
    reason: str = ""
    data: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
