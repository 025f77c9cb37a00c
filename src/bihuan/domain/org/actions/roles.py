"""Define roles and the posts that carry them; packs do this when they are installed."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org import queries
from bihuan.domain.org.actions.revision import changing
from bihuan.domain.org.choices import VERBS
from bihuan.domain.org.models import Post, Role
from bihuan.kit.problems import Invalid, NotAllowed


class VerbUnknown(Invalid):
    """A role or token names something nobody can do."""

    message = "权限名称有误。"


class RoleUnknown(Invalid):
    """A post names a role that does not exist."""

    message = "没有这个角色。"


def known_verbs(verbs: Iterable[str]) -> list[str]:
    """Return the verbs sorted and without repeats, or refuse with VerbUnknown."""
    wanted = set(verbs)
    if strange := wanted - VERBS:
        raise VerbUnknown(f"没有这样的权限：{'、'.join(sorted(strange))}。")
    return sorted(wanted)


@transaction.atomic
def define_role(*, code: str, name: str, verbs: Iterable[str], by: Actor, at: datetime) -> Role:
    """Create a role, or give it this name and these verbs; no fact when nothing changes."""
    wanted = known_verbs(verbs)
    access = queries.authorise(by, "org.manage", at=at)
    if access is not None and not all(access.scope(verb).everywhere for verb in wanted):
        raise NotAllowed("只有在全部机构都有这些权限的人，才能定义含有它们的角色。")
    role = Role.objects.filter(code=code).first() or Role(code=code)
    if role.pk and (role.name, role.verbs) == (name, wanted):
        return role
    with changing():
        role.name, role.verbs = name, wanted
        role.save()
        _record("role.defined", f"role:{role.pk}", by=by, at=at, code=code, verbs=wanted)
    return role


@transaction.atomic
def define_post(*, code: str, name: str, role_code: str, by: Actor, at: datetime) -> Post:
    """Create a post, or give it this name and role; no fact when nothing changes."""
    access = queries.authorise(by, "org.manage", at=at)
    role = Role.objects.filter(code=role_code).first()
    if role is None:
        raise RoleUnknown(f"没有代码为「{role_code}」的角色。")
    if access is not None and not all(access.scope(verb).everywhere for verb in role.verbs):
        raise NotAllowed("只有在全部机构都有这些权限的人，才能设置带有它们的岗位。")
    post = Post.objects.filter(code=code).first() or Post(code=code)
    if post.pk and (post.name, post.role_id) == (name, role.pk):
        return post
    with changing():
        post.name, post.role = name, role
        post.save()
        _record("post.defined", f"post:{post.pk}", by=by, at=at, code=code, role=role_code)
    return post


def _record(fact: str, ref: str, /, *, by: Actor, at: datetime, **data: object) -> None:
    ledger.record(Fact(fact, ref, ref, at, by, data=data))
