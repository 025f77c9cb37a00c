"""Grow and reshape the unit tree."""

from datetime import datetime

from django.db import transaction

from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org import queries
from bihuan.domain.org.actions.revision import changing
from bihuan.domain.org.models import OrgUnit
from bihuan.domain.org.ports import Unit
from bihuan.kit import db
from bihuan.kit.problems import NotAllowed, Refused

_CREATE = """
insert into org_orgunit (id, code, name, parent_id, path)
select new.id, %(code)s, %(name)s, %(parent)s,
    coalesce((select path from org_orgunit where id = %(parent)s), '/') || new.id || '/'
from (select nextval(pg_get_serial_sequence('org_orgunit', 'id')) as id) as new
returning id
"""
_MOVE = """
update org_orgunit set
    path = %(new)s || substr(path, length(%(old)s) + 1),
    parent_id = case when id = %(id)s then %(parent)s else parent_id end
where path like %(old)s || '%%'
"""


class UnitCodeTaken(Refused):
    """Another unit has this code."""

    message = "机构代码已被使用，请换一个。"


class UnitMovedIntoItself(Refused):
    """A unit cannot be put under itself or one of its own units."""

    message = "不能把机构移到它自己或它的下级之下。"


@transaction.atomic
def create_unit(*, code: str, name: str, parent_id: int | None, by: Actor, at: datetime) -> Unit:
    """Add a unit under another, or a new root when `parent_id` is None."""
    _authorise_above(by, parent_id, at)
    with changing():
        if parent_id is not None:
            queries.unit(parent_id)
        if OrgUnit.objects.filter(code=code).exists():
            raise UnitCodeTaken
        [(unit_id,)] = db.rows(_CREATE, {"code": code, "name": name, "parent": parent_id})
        _record("org_unit.created", unit_id, by=by, at=at, code=code, name=name, parent=parent_id)
    return queries.unit(unit_id)


@transaction.atomic
def rename_unit(*, unit_id: int, name: str, by: Actor, at: datetime) -> Unit:
    """Give a unit another name; nothing is recorded when it has that name already."""
    queries.authorise(by, "org.manage", unit_id, at=at)
    before = queries.unit(unit_id)
    if before.name != name:
        with changing():
            OrgUnit.objects.filter(pk=unit_id).update(name=name)
            _record("org_unit.renamed", unit_id, by=by, at=at, before=before.name, after=name)
    return queries.unit(unit_id)


@transaction.atomic
def move_unit(*, unit_id: int, parent_id: int | None, by: Actor, at: datetime) -> Unit:
    """Put a unit, with all below it, under another; both places must be the actor's to manage."""
    queries.authorise(by, "org.manage", unit_id, at=at)
    _authorise_above(by, parent_id, at)
    with changing():
        before = queries.unit(unit_id)
        above = "/" if parent_id is None else queries.unit(parent_id).path
        if above.startswith(before.path):
            raise UnitMovedIntoItself
        if before.parent_id != parent_id:
            new = f"{above}{unit_id}/"
            db.run(_MOVE, {"old": before.path, "new": new, "id": unit_id, "parent": parent_id})
            moved = {"before": before.parent_id, "after": parent_id}
            _record("org_unit.moved", unit_id, by=by, at=at, **moved)
    return queries.unit(unit_id)


def _authorise_above(by: Actor, parent_id: int | None, at: datetime) -> None:
    """A new root lies in nobody's subtree: only who manages everything may make one."""
    access = queries.authorise(by, "org.manage", parent_id, at=at)
    if access is not None and parent_id is None and not access.scope("org.manage").everywhere:
        raise NotAllowed


def _record(fact: str, unit_id: int, /, *, by: Actor, at: datetime, **data: object) -> None:
    ref = f"org_unit:{unit_id}"
    ledger.record(Fact(fact, ref, ref, at, by, data=data))
