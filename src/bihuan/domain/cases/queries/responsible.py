"""Who is responsible for a case, as a proposal with its reasons (TKT-15, CMP-03).

The pack's decision table says which org unit and post, from class, area, product and hour; who holds the post
there, who is away and covered by whom, and who has how much in hand is looked up. Nobody is assigned by it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings

from bihuan.domain.cases.queries.guidance import desk_of_pack
from bihuan.domain.cases.queries.taxonomy import class_named
from bihuan.domain.org import queries as org
from bihuan.domain.org.ports import Unit
from bihuan.domain.processes import queries as processes
from bihuan.domain.processes.queries import blueprints
from bihuan.engines import decisions
from bihuan.kit import db
from bihuan.kit.problems import NotFound

AREA = "area"
_KINDS: Final = re.compile(
    r"(供电所|分公司|公司|街道办?|物业|工程部|客户服务中心|中心|[省市区县镇乡所局部])+$"
)
_CUSTOMER = """
select u.code, (select min(a.kind) from customers_account a where a.customer_id = c.id)
from customers_customer c join org_orgunit u on u.id = c.unit_id where c.id = %s
"""


_ABOUT = """
select c.pack, k.code, c.grade, c.channel, c.customer_id, coalesce(f.address, '') || ' ' || c.title
from cases_case c join cases_caseclass k on k.id = c.cls_id
left join cases_fingerprint f on f.case_id = c.id where c.id = %s
"""


@dataclass(frozen=True, slots=True)
class About:
    """What is known of the case that somebody should be responsible for."""

    pack: str
    class_code: str
    grade: str = ""
    channel: str = ""
    customer_id: int | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One holder of the post: how many units are in hand, and who covers for them while away."""

    staff_id: int
    name: str
    in_hand: int
    is_away: bool
    covered_by: str = ""


@dataclass(frozen=True, slots=True)
class Responsible:
    """The org unit proposed, why, and who could do it there, the likeliest first."""

    org_unit_id: int
    org_unit_code: str
    org_unit: str
    reasons: tuple[str, ...]
    people: tuple[Candidate, ...]


def about_case(case_id: int) -> About:
    """Return what is known of a case, to ask who is responsible for it."""
    row = db.one(_ABOUT, (case_id,))
    if row is None:
        raise NotFound
    return About(*row)


def responsible_for(about: About, *, at: datetime) -> Responsible | None:
    """Return who should be responsible; None when the pack has no table, or no row of it fits."""
    key = desk_of_pack(about.pack).get("responsible", "")
    if not key or not about.class_code:
        return None
    kept_by, product = _customer(about.customer_id)
    named = _named_in(about.place)
    area = named.code if named else kept_by
    table = blueprints.table(key)
    known = _facts(about, area, product, at)
    values = {one.field: known[one.field] for one in table.inputs if one.field in known}
    try:
        found = decisions.decide(table, values)
    except decisions.NotDecided:
        return None
    said = str(found.output.get("org_unit") or "")
    unit = _unit(area if said == AREA else said)
    if unit is None:
        return None
    post = str(found.output.get("post") or "")
    people = _candidates(org.staff_holding(post, unit.id, at), at) if post else ()
    reasons = [str(found.output.get("note") or "")]
    if said == AREA:
        reasons.append(f"地点写明{named.name}" if named else "按客户档案所在单位")
    reasons += _reasons(unit, people, bool(post))
    return Responsible(unit.id, unit.code, unit.name, tuple(filter(None, reasons)), people)


def _facts(about: About, area: str, product: str, at: datetime) -> dict[str, str | int]:
    local = at.astimezone(ZoneInfo(settings.TIME_ZONE))
    levels = about.class_code.split(".")
    return {
        "class_code": about.class_code,
        "class_1": levels[0],
        "class_2": ".".join(levels[:2]),
        "request_type": class_named(about.pack, about.class_code).request_type,
        "grade": about.grade,
        "channel": about.channel,
        "area": area,
        "product": product,
        "weekday": local.isoweekday(),
        "hour": local.hour,
    }


def _customer(customer_id: int | None) -> tuple[str, str]:
    row = db.one(_CUSTOMER, (customer_id,)) if customer_id else None
    return (str(row[0]), str(row[1] or "")) if row else ("", "")


def _unit(code: str) -> Unit | None:
    return org.tree().by_code.get(code)


def _named_in(place: str) -> Unit | None:
    """Return the lowest org unit whose own name, without 公司 and the like, stands in a place; None without."""
    found = [
        unit
        for unit in org.tree().units.values()
        if len(bare := _KINDS.sub("", unit.name)) >= 2 and bare in place
    ]
    return max(found, key=lambda unit: (unit.path.count("/"), -unit.id), default=None)


def _candidates(rows: Iterable[org.StaffRow], at: datetime) -> tuple[Candidate, ...]:
    rows = list(rows)
    loads = processes.units_in_hand([row.id for row in rows])
    covers = org.covered_by([row.id for row in rows if row.is_away], at)
    names = org.names_of(covers.values())
    found = [
        Candidate(
            row.id,
            row.name,
            loads.get(row.id, 0),
            row.is_away,
            names.get(covers.get(row.id, 0), ""),
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda one: (one.is_away, one.in_hand, one.staff_id)))


def _reasons(unit: Unit, people: tuple[Candidate, ...], wants_post: bool) -> list[str]:  # noqa: FBT001
    said = []
    at_work = [one for one in people if not one.is_away]
    if at_work:
        said.append(f"{at_work[0].name} 在岗，手上 {at_work[0].in_hand} 件，最少")
    elif wants_post and not people:
        below = len(org.tree().under(unit.id)) > 1
        said.append("下属单位办理，请选到具体单位" if below else "该单位没有对应岗位的人，请核对")
    said += [
        f"{one.name} 休假" + (f"，由 {one.covered_by} 代办" if one.covered_by else "")
        for one in people
        if one.is_away
    ]
    return said
