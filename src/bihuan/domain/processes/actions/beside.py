"""What an operation that moves nothing needs of a unit: where it is, whose it is, who may.

Copies, urges and requests leave route and clocks alone. They lock the instance, so that two at once follow one
another, but count no revision: nobody's page gets stale by them.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bihuan.domain.ledger.actions import record
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org import queries as org
from bihuan.domain.org.ports import Access
from bihuan.domain.processes.choices import TokenState
from bihuan.domain.processes.models import permission
from bihuan.domain.processes.queries.inbox import UnitRow, row_of
from bihuan.domain.processes.queries.rows import UnitMissing
from bihuan.domain.processes.queries.statements import LISTS
from bihuan.engines.bpmn.run_state import SEQUENCE_BITS
from bihuan.kit import db
from bihuan.kit.problems import NotAllowed

_LOCK = "select id from processes_processinstance where id = %s for update"


@dataclass(frozen=True, slots=True)
class Beside:
    """A unit, and the one who does something about it; `access` is None for the system."""

    row: UnitRow
    instance_unit: int
    place: permission.Place
    by: Actor
    at: datetime
    access: Access | None

    @property
    def is_open(self) -> bool:
        """Tell whether the unit still waits for work."""
        return self.row.state in {TokenState.OPEN, TokenState.CLAIMED}

    @property
    def standing(self) -> permission.Standing:
        """Return what the actor is to the unit."""
        if self.access is None:
            return permission.Standing(may_work=True)
        return permission.standing(self.access, self.place)

    def may(self, verb: str) -> bool:
        """Tell whether the actor has a verb where the unit is, or where its process was started."""
        return self.access is None or self.access.may_in_any(
            verb, self.row.unit_id, self.instance_unit
        )

    def worker_or(self, verb: str) -> Actor:
        """Return the actor, on whose behalf if not their own, as the unit's worker or with the verb."""
        standing = self.standing
        if standing.may_work:
            behalf = standing.on_behalf_of
            return replace(self.by, on_behalf_of=f"staff:{behalf}") if behalf else self.by
        if not self.may(verb):
            raise NotAllowed
        return self.by

    def tell(self, name: str, by: Actor, *, reason: str = "", **data: Any) -> None:
        """Record a fact of the unit."""
        told = {"node": self.row.node, "title": self.row.title, "instance": self.row.instance_id}
        subject = f"unit:{self.row.id}"
        record(Fact(name, subject, self.row.root, self.at, by, reason, {**told, **data}))


def beside(unit_id: int, *, by: Actor, at: datetime) -> Beside:
    """Lock a unit's instance and return the unit; refuse who is neither staff nor the system."""
    if by.staff_id is None and not by.is_system:
        raise NotAllowed
    db.one(_LOCK, (unit_id >> SEQUENCE_BITS,))
    found = db.one(LISTS["unit"], (unit_id,))
    if found is None:
        raise UnitMissing
    row = row_of(found, at)
    return Beside(
        row=row,
        instance_unit=found[20],
        place=permission.place_of(found, at),
        by=by,
        at=at,
        access=None if by.staff_id is None else org.access_of(by.staff_id, at),
    )
