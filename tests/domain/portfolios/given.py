"""A department whose files belong to somebody (vip), beside one where they do not (east), under one roof (hq)."""

from dataclasses import dataclass

from bihuan.domain.customers import actions as customers
from bihuan.domain.customers.actions import profiling
from bihuan.domain.customers.choices import ContactKind, CustomerKind
from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.org import actions as org, queries
from bihuan.domain.packs.actions import install_pack
from bihuan.engines.packs.source import read_pack
from tests.domain.org import given
from tests.domain.org.given import NOON, START

ROLES = {
    "seller": (
        *("case.open", "case.view", "customer.view", "customer.see_phone", "customer.edit"),
        "customer.break_glass",
    ),
    "manager": (
        *("case.view", "customer.view", "customer.sign", "customer.edit", "customer.erase"),
        "customer.segment",
    ),
    "archivist": ("customer.view", "customer.edit"),
}
PACK = {
    "pack.toml": b'key = "vip"\nversion = "1.0.0"\nname = { zh = "VIP", en = "VIP" }\n'
    b'description = { zh = "d", en = "d" }\n',
    "org/units.yaml": """
units:
  - {code: hq, name: 总部, children: [{code: vip, name: 大客户部}]}
""".encode(),
    "customers/files.yaml": """
title: 档案
portfolios: [vip]
quiet_hours: {from: "21:00", until: "08:00"}
fields: [{key: fleet_size, title: 车队规模}]
handovers:
  - {code: fleets, title: 三台车以上, where: [{field: fleet_size, least: 3}]}
  - {code: old, title: 老客户, months: 12}
""".encode(),
}


@dataclass
class House:
    """Who works here, and the unit ids by code."""

    ids: dict[str, int]
    ada: int
    bea: int
    agent: int
    boss: int
    clerk: int
    outsider: int


def house() -> House:
    ids = given.organisation()
    install_pack(read_pack(PACK), by=SYSTEM, at=START)
    ids["vip"] = queries.unit_by_code("vip").id
    for code, verbs in ROLES.items():
        org.define_role(code=code, name=code, verbs=verbs, by=SYSTEM, at=START)
        org.define_post(code=code, name=code, role_code=code, by=SYSTEM, at=START)
    return House(
        ids,
        ada=given.person("ada", ("seller", ids["vip"])),
        bea=given.person("bea", ("seller", ids["vip"])),
        agent=given.person("kim", ("seller", ids["hq"])),
        boss=given.person("lee", ("manager", ids["hq"])),
        clerk=given.person("archie", ("archivist", ids["vip"])),
        outsider=given.person("max", ("seller", ids["east"])),
    )


def customer(house: House, name: str, phone: str, owner: int | None, unit: str = "vip") -> int:
    new = customers.NewCustomer(
        name=name,
        unit_id=house.ids[unit],
        kind=CustomerKind.ORGANISATION,
        contacts=[customers.Contact(ContactKind.PHONE, phone)],
    )
    made = customers.create_customer(new=new, by=SYSTEM, at=START).pk
    if owner is not None:
        profiling.assign_owner(customer_id=made, staff_id=owner, reason="建档", by=SYSTEM, at=START)
    return made


def by(staff_id: int) -> Actor:
    return queries.actor_for(staff_id, NOON)


def access(staff_id: int, at=NOON):
    return queries.access_of(staff_id, at)
