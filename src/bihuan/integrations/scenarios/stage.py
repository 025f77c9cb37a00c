"""Who and what a scenario is about: the case, the people, the moment."""

from dataclasses import dataclass, replace
from datetime import datetime

from bihuan.domain.cases import actions as cases
from bihuan.domain.cases.events import CaseRequest, OpenedCase
from bihuan.domain.customers import actions as customers
from bihuan.domain.customers.choices import Tier
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import queries as org
from bihuan.domain.org.models import Holding, Staff
from bihuan.domain.processes.models import Token
from bihuan.engines.packs.scenario import Scenario, moment
from bihuan.kit.problems import NotFound

_OPEN = ("OPEN", "CLAIMED")


class PersonUnknown(NotFound):
    """The scenario names a post or person that the pack does not have."""

    def __init__(self, name: str) -> None:
        super().__init__(f"没有叫“{name}”的岗位或人员。")


class UnitIsNotOpen(NotFound):
    """The scenario works on a unit that is not open now."""

    def __init__(self, node: str) -> None:
        super().__init__(f"环节“{node}”现在没有打开。")


@dataclass(slots=True)
class Stage:
    """A case being played, and the moment reached."""

    case: OpenedCase
    at: datetime

    @property
    def ref(self) -> str:
        """Return the case's ref."""
        return self.case.ref

    def unit(self, node: str, name: str = "") -> Token:
        """Return the open unit of a node; of several that of the person named, else the newest."""
        units = Token.objects.filter(instance_id=self.case.instance_id, kind="USER", node=node)
        found = list(units.filter(state__in=_OPEN).order_by("-id"))
        if not found:
            raise UnitIsNotOpen(node)
        mine = person(name) if name and len(found) > 1 else None
        return next((unit for unit in found if unit.assignee_id == mine), found[0])

    def latest(self, node: str) -> Token | None:
        """Return the newest run of a unit, open or not."""
        units = Token.objects.filter(instance_id=self.case.instance_id, kind="USER", node=node)
        return units.order_by("-id").first()

    def open_units(self) -> list[str]:
        """Return the nodes of the open units in order of name."""
        units = Token.objects.filter(instance_id=self.case.instance_id, kind="USER")
        return sorted(units.filter(state__in=_OPEN).values_list("node", flat=True))

    def actor(self, name: str) -> Actor:
        """Return a person as who acts now."""
        return org.actor_for(person(name), self.at)


def person(name: str) -> int:
    """Return the id of a person, or of the first holder of the post of this name."""
    staff = Staff.objects.filter(name=name).order_by("id").first()
    if staff is not None:
        return int(staff.pk)
    holding = Holding.objects.filter(post__name=name).order_by("id").first()
    if holding is None:
        raise PersonUnknown(name)
    return int(holding.staff_id)


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as scenarios and demo data write it."""

    pack: str
    class_code: str
    title: str
    description: str = ""
    channel: str = "PHONE"
    customer_id: int | None = None
    name: str = ""
    phone: str = ""
    tier: str = Tier.NORMAL
    source_ref: str = ""
    unit_id: int | None = None


def set_up(scenario: Scenario, *, pack: str, zone: datetime) -> Stage:
    """Open the scenario's case as its first actor would. `zone` lends its time zone."""
    given = scenario.given
    at = moment(str(given["at"]), zone)
    first = str(given.get("by") or next(step.by for step in scenario.steps if step.by))
    by = org.actor_for(person(first), at)
    unit = org.unit_by_code(str(given["org_unit"])).id if given.get("org_unit") else by.unit_id
    customer, written = given.get("customer") or {}, given.get("case") or {}
    row = CaseRow(
        pack=pack,
        class_code=str(given["class"]),
        title=str(written.get("title") or scenario.title),
        description=str(written.get("description") or ""),
        channel=str(written.get("channel") or "PHONE"),
        name=str(customer.get("name") or ""),
        phone=str(customer.get("phone") or ""),
        tier=str(customer.get("tier") or given.get("tier") or Tier.NORMAL),
        unit_id=unit,
    )
    if row.phone:
        row = replace(row, customer_id=_customer(row, by, at))
    return Stage(open_case(row, by=by, at=at), at)


def open_case(row: CaseRow, *, by: Actor, at: datetime) -> OpenedCase:
    """Open a case in the unit the row names, else where the actor works."""
    request = CaseRequest(
        pack=row.pack,
        title=row.title,
        description=row.description,
        channel=row.channel,
        org_unit_id=row.unit_id or by.unit_id or 0,
        class_code=row.class_code,
        customer_id=row.customer_id,
        contact_name=row.name,
        contact_phone=row.phone,
        source_ref=row.source_ref,
        variables={"tier": row.tier},
    )
    return cases.open_case(request, by=by, at=at)


def _customer(row: CaseRow, by: Actor, at: datetime) -> int:
    new = customers.NewCustomer(name=row.name, unit_id=row.unit_id or 0, tier=Tier(row.tier))
    found = customers.find_or_create_by_phone(phone=row.phone, new=new, by=by, at=at)
    return found.customer_id
