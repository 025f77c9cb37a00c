"""Who sits at this desk: the signed-in person, what they may do, and the moment of this request."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from bihuan.domain.customers import actions as customers
from bihuan.domain.customers.queries import CustomerRow
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org.ports import Access
from bihuan.kit import clock


@dataclass(frozen=True, slots=True)
class Desk:
    """One person at one moment; every query of a page gets the same `at`."""

    access: Access
    at: datetime

    @property
    def staff_id(self) -> int:
        """Return whose desk it is."""
        return self.access.staff_id

    @property
    def name(self) -> str:
        """Return the person's name."""
        return self.access.name

    @property
    def unit_id(self) -> int | None:
        """Return the org unit of the post held longest."""
        return self.access.own_posts[0][1] if self.access.own_posts else None

    @property
    def role(self) -> str:
        """Return where the person works."""
        unit = self.access.tree.units.get(self.unit_id or 0)
        return unit.name if unit else "没有岗位"

    @property
    def actor(self) -> Actor:
        """Return who acts when this person presses a button."""
        return Actor(self.access.ref, unit_id=self.unit_id)

    def may(self, verb: str, unit_id: int | None = None) -> bool:
        """Tell whether the verb is allowed, somewhere or in one unit."""
        return self.access.may(verb, unit_id)


def look_up(desk: Desk, text: str, *, size: int) -> list[CustomerRow]:
    """Search the customer files as this person, leaving a fact; nothing where they may not look."""
    if not desk.may("customer.view"):
        return []
    return customers.look_up(access=desk.access, text=text, size=size, by=desk.actor, at=desk.at)


def desk_of(request: HttpRequest) -> Desk:
    """Return the desk of a request, the same for its whole length."""
    asked: Any = request
    desk: Desk | None = getattr(asked, "desk", None)
    if desk is None:
        desk = asked.desk = Desk(asked.access, clock.now())
    return desk
