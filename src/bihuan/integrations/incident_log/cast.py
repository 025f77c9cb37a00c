"""Whom and what a log names, as rows of ours: made once, before the replay, and found again later."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bihuan.domain.cases.actions import taxonomy
from bihuan.domain.customers import actions as customers
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import actions as org, queries as places
from bihuan.integrations.incident_log.log import Names

IMPORT = Actor("system:import")


@dataclass(frozen=True, slots=True)
class Cast:
    """The ids behind the names of a log. `home` is the unit of what names no group."""

    pack: str
    home: int
    groups: dict[str, int]
    people: dict[str, int]
    customers: dict[str, int]
    classes: dict[str, str]

    def unit(self, group: str) -> int:
        """Return the org unit of a group."""
        return self.groups.get(group, self.home)


@transaction.atomic
def prepare(names: Names, *, pack: str, home: int, at: datetime) -> Cast:
    """Make the units, staff, customers and classes a log names, those that are not there yet."""
    groups = _units(pack, home, names.groups, at)
    people = _staff(pack, names.people, at)
    callers = customers.import_customers(
        new=[_customer(pack, caller, home) for caller in names.callers], by=IMPORT, at=at
    )
    classes = taxonomy.ensure_imported_classes(pack=pack, paths=names.categories)
    return Cast(
        pack=pack,
        home=home,
        groups=groups,
        people=people,
        customers={caller: callers[_number(pack, caller)] for caller in names.callers},
        classes=classes,
    )


def code_of(*parts: str) -> str:
    """Return a code made of names: `itsm-group-70`."""
    return re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower()).strip("-")


def _units(pack: str, home: int, groups: Sequence[str], at: datetime) -> dict[str, int]:
    known = places.tree().by_code
    found: dict[str, int] = {}
    for group in groups:
        code = code_of(pack, group)
        unit = known.get(code)
        if unit is None:
            unit = org.create_unit(code=code, name=group, parent_id=home, by=IMPORT, at=at)
        found[group] = unit.id
    return found


def _staff(pack: str, people: Iterable[str], at: datetime) -> dict[str, int]:
    """Return the ids of the people, made without a password: nobody can sign in as them."""
    return {person: _person(pack, person, at) for person in people}


def _person(pack: str, name: str, at: datetime) -> int:
    login = code_of(pack, name)
    try:
        return places.staff_by_login(login).id
    except places.StaffUnknown:
        new = org.NewStaff(login_name=login, name=name)
        return int(org.create_staff(new=new, by=IMPORT, at=at).pk)


def _customer(pack: str, caller: str, home: int) -> customers.NewCustomer:
    account = customers.NewAccount(number=_number(pack, caller), kind="caller")
    return customers.NewCustomer(name=caller, unit_id=home, accounts=(account,))


def _number(pack: str, caller: str) -> str:
    return code_of(pack, caller).upper()
