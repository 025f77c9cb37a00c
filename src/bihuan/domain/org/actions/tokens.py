"""Keys that programs sign in with."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org import queries
from bihuan.domain.org.actions.roles import known_verbs
from bihuan.domain.org.choices import SEEN_EVERY
from bihuan.domain.org.models import ApiToken
from bihuan.domain.org.ports import Access
from bihuan.kit.problems import Invalid, NotAllowed, NotFound, Refused

PREFIX = "bh_"


class TokenNameTaken(Refused):
    """The person has a living token of this name."""

    message = "已有同名令牌，请换一个名称或先撤销旧的。"


class TokenAllowsNothing(Invalid):
    """A token needs at least one verb, and none that its owner lacks."""

    message = "令牌至少要有一项本人已有的权限。"


class TokenUnknown(NotFound):
    """There is no such token."""

    message = "没有这个令牌。"


class TokenRefused(Refused):
    """Unknown, revoked or expired: the answer is the same, on purpose."""

    status = 401
    message = "令牌无效或已过期。"


@dataclass(frozen=True, slots=True)
class NewToken:
    """What a token is for, what it may do, and until when (for good when None)."""

    staff_id: int
    name: str
    scopes: Iterable[str]
    expires_at: datetime | None = None


@transaction.atomic
def issue_token(*, new: NewToken, by: Actor, at: datetime) -> tuple[ApiToken, str]:
    """Return a new token and its key. The key is shown here and never again."""
    _own_or_managed(by, new.staff_id, at)
    scopes = known_verbs(new.scopes)
    access = queries.access_of(new.staff_id, at)
    if not scopes or not all(access.may(verb) for verb in scopes):
        raise TokenAllowsNothing(fields={"scopes": TokenAllowsNothing.message})
    if ApiToken.objects.filter(staff_id=new.staff_id, name=new.name, revoked_at=None).exists():
        raise TokenNameTaken(fields={"name": TokenNameTaken.message})
    key = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        staff_id=new.staff_id,
        name=new.name,
        hint=key[:9],
        token_hash=hashlib.sha256(key.encode()).hexdigest(),
        scopes=scopes,
        created_at=at,
        expires_at=new.expires_at,
    )
    _record("token.issued", token, by=by, at=at, scopes=scopes)
    return token, key


@transaction.atomic
def revoke_token(*, token_id: int, by: Actor, at: datetime) -> None:
    """Make a token useless from now on; one that is revoked already is left alone."""
    token = ApiToken.objects.select_for_update().filter(pk=token_id).first()
    if token is None:
        raise TokenUnknown
    _own_or_managed(by, token.staff_id, at)
    if token.revoked_at is None:
        token.revoked_at = at
        token.save(update_fields=["revoked_at"])
        _record("token.revoked", token, by=by, at=at)


def admit_token(*, key: str, at: datetime) -> Access:
    """Return what a program with this key may do, or refuse with TokenRefused."""
    admitted = queries.access_by_token(key, at)
    if admitted is None:
        raise TokenRefused
    last = admitted.last_used_at
    if last is None or at - last >= SEEN_EVERY:
        ApiToken.objects.filter(pk=admitted.token_id).update(last_used_at=at)
    return admitted.access


def _own_or_managed(by: Actor, staff_id: int, at: datetime) -> None:
    """Only people themselves and administrators at the console deal in keys to their work."""
    queries.staff(staff_id)
    if not by.is_system and by.staff_id != staff_id:
        raise NotAllowed


def _record(fact: str, token: ApiToken, /, *, by: Actor, at: datetime, **data: object) -> None:
    owner = f"staff:{token.staff_id}"
    data = {"name": token.name, **data}
    ledger.record(Fact(fact, f"token:{token.pk}", owner, at, by, data=data))
