"""Signed-in browsers and the tokens of programs."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from bihuan.domain.org.models import ApiToken, SignInSession
from bihuan.domain.org.queries.tree import noted
from bihuan.kit import db

_VISIT = """
select s.session_data, s.expire_date, s.staff_id, s.last_seen_at,
    coalesce(t.must_change_password, false), coalesce(r.revision, 0)
from org_signinsession s
left join org_staff t on t.id = s.staff_id
left join org_orgrevision r on r.id = 1
where s.session_key = %(key)s and s.expire_date > %(at)s
  and (s.staff_id is null or t.left_at is null or t.left_at > %(at)s)
"""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request's session, with all that is needed to know who asks: read in one query."""

    session_data: str
    expires_at: datetime
    staff_id: int | None
    last_seen_at: datetime
    must_change_password: bool
    revision: int


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One signed-in browser, as its owner sees it. `ref` names it without giving its key away."""

    ref: str
    user_agent: str
    ip: str
    created_at: datetime
    last_seen_at: datetime
    is_current: bool


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One living token, as its owner sees it."""

    id: int
    name: str
    hint: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


def session_ref(session_key: str) -> str:
    """Return a name for a session that may be shown."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:16]


def visit(session_key: str, at: datetime) -> Visit | None:
    """Return the session with this key if it lives and its owner still works here."""
    found = db.one(_VISIT, {"key": session_key, "at": at})
    if found is None:
        return None
    visit = Visit(*found)
    noted(visit.revision)
    return visit


def sessions_of(staff_id: int, at: datetime, *, current_key: str = "") -> list[SessionRow]:
    """Return a person's living sessions, the most recently used first."""
    found = SignInSession.objects.filter(staff_id=staff_id, expire_date__gt=at)
    return [
        SessionRow(
            ref=session_ref(row.session_key),
            user_agent=row.user_agent,
            ip=row.ip or "",
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            is_current=row.session_key == current_key,
        )
        for row in found.order_by("-last_seen_at", "session_key")[:100]
    ]


def tokens_of(staff_id: int) -> list[TokenRow]:
    """Return a person's tokens that were not revoked, newest first."""
    found = ApiToken.objects.filter(staff_id=staff_id, revoked_at=None).order_by("-id")
    return [
        TokenRow(
            id=row.pk,
            name=row.name,
            hint=row.hint,
            scopes=tuple(row.scopes),
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
        )
        for row in found[:100]
    ]
