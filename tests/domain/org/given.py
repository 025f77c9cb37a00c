"""A small organisation, built with the product's own verbs.

hq 总部 ── east 东区 ── east1 东一班
         └ west 西区
"""

from datetime import UTC, datetime, timedelta

from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.org import actions, queries
from bihuan.domain.org.choices import VERBS

START = datetime(2026, 11, 2, 0, 0, tzinfo=UTC)
NOON = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
PASSWORD = "a-long-enough-secret"

ROLES = {
    "agent": ("case.open", "case.view", "unit.work", "customer.view"),
    "supervisor": ("case.view", "unit.work", "unit.assign", "customer.view", "customer.see_phone"),
    "admin": tuple(VERBS),
}


def organisation() -> dict[str, int]:
    """Make the units, roles and posts; return unit ids by code."""
    ids: dict[str, int] = {}
    tree = (
        ("hq", "总部", None),
        ("east", "东区", "hq"),
        ("west", "西区", "hq"),
        ("east1", "东一班", "east"),
    )
    for code, name, parent in tree:
        unit = actions.create_unit(
            code=code, name=name, parent_id=ids[parent] if parent else None, by=SYSTEM, at=START
        )
        ids[code] = unit.id
    for code, verbs in ROLES.items():
        actions.define_role(code=code, name=code, verbs=verbs, by=SYSTEM, at=START)
        actions.define_post(code=code, name=code, role_code=code, by=SYSTEM, at=START)
    return ids


def person(login: str, *posts: tuple[str, int], password: str = "", name: str = "") -> int:
    """Take somebody on at START, holding these posts from then on; return their id."""
    new = actions.NewStaff(
        login_name=login,
        name=name or login.title(),
        first_password=password,
        must_change_password=False,
    )
    staff = actions.create_staff(new=new, by=SYSTEM, at=START)
    for post, unit in posts:
        actions.hold_post(
            staff_id=staff.pk,
            post_code=post,
            unit_id=unit,
            period=actions.Period(START),
            by=SYSTEM,
            at=START,
        )
    return staff.pk


def actor(staff_id: int) -> Actor:
    return queries.actor_for(staff_id, NOON)


def away(staff_id: int, since: datetime, until: datetime, delegate: int | None) -> int:
    absence = actions.Absence(staff_id, since, until, delegate, "出差")
    return actions.record_leave(absence=absence, by=SYSTEM, at=START).pk
