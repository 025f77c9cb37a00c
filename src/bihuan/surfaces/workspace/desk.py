"""Who sits at this desk: the signed-in person, what they may do, and the moment of this request."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from bihuan.domain.customers import actions as customers, queries
from bihuan.domain.customers.queries import CustomerCard, CustomerRow
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import queries as org
from bihuan.domain.org.ports import Access
from bihuan.domain.org.rules import require
from bihuan.kit import clock
from bihuan.kit.problems import NotFound


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


def owners_named(desk: Desk, typed: str) -> list[int]:
    """Return whose customers are asked for: the person named as `姓名（登录名）` or by login name, else one's own."""
    if not typed:
        return [desk.staff_id, *desk.access.delegated_from]
    login = typed.rpartition("（")[2].rstrip("）") if typed.endswith("）") else typed
    try:
        return [org.staff_by_login(login).pk]
    except NotFound:
        return []


def editor_of(request: HttpRequest, customer_id: int) -> tuple[Desk, CustomerCard]:
    """Return the desk of somebody who may change a customer, and the file as they see it."""
    desk = desk_of(request)
    card = queries.customer_card(desk.access, customer_id)
    require(desk.access, "customer.edit", card.unit_id)
    return desk, card


def desk_of(request: HttpRequest) -> Desk:
    """Return the desk of a request, the same for its whole length."""
    asked: Any = request
    desk: Desk | None = getattr(asked, "desk", None)
    if desk is None:
        desk = asked.desk = Desk(asked.access, clock.now())
    return desk
