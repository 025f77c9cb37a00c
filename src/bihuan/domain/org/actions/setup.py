"""Put into force what a pack says about the organisation."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.contrib.auth.hashers import make_password
from django.db import transaction

from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import queries
from bihuan.domain.org.actions.holdings import Period, take_on
from bihuan.domain.org.actions.people import NewStaff
from bihuan.domain.org.actions.roles import define_post, define_role
from bihuan.domain.org.actions.units import create_unit
from bihuan.domain.org.models import Staff
from bihuan.domain.packs import queries as packs

ORG: Final = "org"


@transaction.atomic
def put_org(*, compiled: dict[str, Any], by: Actor, at: datetime) -> None:
    """Set the roles and posts of a compiled org file and add the units that are missing."""
    for role in compiled["roles"]:
        define_role(code=role["code"], name=role["name"], verbs=role["verbs"], by=by, at=at)
    for post in compiled["posts"]:
        define_post(code=post["code"], name=post["name"], role_code=post["role"], by=by, at=at)
    for unit in compiled["units"]:
        known = queries.tree().by_code
        if unit["code"] not in known:
            parent = known[unit["parent"]].id if unit["parent"] else None
            create_unit(code=unit["code"], name=unit["name"], parent_id=parent, by=by, at=at)


@transaction.atomic
def open_demo_logins(*, by: Actor, at: datetime) -> list[str]:
    """Take on the demonstration staff of the installed packs; return the login names that are new.

    Only `bihuan demo` does this: their passwords are printed in the packs. Somebody who exists already
    is left alone.
    """
    opened = []
    for definition in packs.definitions(kind=ORG):
        for person in definition.compiled["staff"]:
            if not Staff.objects.filter(login_name=person["login"]).exists():
                _take_on(person, by=by, at=at)
                opened.append(str(person["login"]))
    _set_passwords(opened)
    return opened


def _take_on(person: dict[str, Any], *, by: Actor, at: datetime) -> None:
    new = NewStaff(
        login_name=person["login"],
        name=person["name"],
        staff_no=str(person.get("staff_no", "")),
        phone=str(person.get("phone", "")),
        must_change_password=False,
    )
    holds = [(h["post"], queries.unit_by_code(h["unit"]).id) for h in person.get("holds", [])]
    take_on(new=new, holds=holds, period=Period(at), by=by, at=at)


def _set_passwords(logins: Iterable[str]) -> None:
    """Give the demo logins their passwords; a slow hash is made once for each different password."""
    wanted = set(logins)
    hashes: dict[str, str] = {}
    for definition in packs.definitions(kind=ORG):
        for person in definition.compiled["staff"]:
            password = str(person.get("password", ""))
            if password and person["login"] in wanted:
                if password not in hashes:
                    hashes[password] = make_password(password)
                Staff.objects.filter(login_name=person["login"]).update(password=hashes[password])
