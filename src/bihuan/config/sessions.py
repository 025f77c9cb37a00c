"""Django's session store on org's table: one query tells who asks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.sessions.backends import db as database_sessions

from bihuan.domain.org import queries
from bihuan.domain.org.models import SignInSession
from bihuan.kit import clock

STAFF = "_auth_user_id"  # Django's own name for it, so that its test client can sign in


class SessionStore(database_sessions.SessionStore):
    """Keeps who signed in, from where and when in columns of their own."""

    def __init__(self, session_key: str | None = None) -> None:
        """Remember the key; nothing is read before somebody asks."""
        super().__init__(session_key)
        self._visits: dict[str, queries.Visit | None] = {}

    @classmethod
    def get_model_class(cls) -> type[SignInSession]:
        """Return the table."""
        return SignInSession

    def visit(self) -> queries.Visit | None:
        """Return the living session behind the key, read once."""
        key = self.session_key
        if not key:
            return None
        if key not in self._visits:
            self._visits[key] = queries.visit(key, clock.now())
        return self._visits[key]

    def load(self) -> dict[str, Any]:
        """Return the session's data, empty when it does not live."""
        visit = self.visit()
        if visit is None:
            self._session_key = None
            return {}
        return self.decode(visit.session_data)

    def create_model_instance(self, data: Mapping[str, Any]) -> SignInSession:
        """Return the row to store for this data."""
        self._visits.clear()
        now = clock.now()
        since = data.get("signed_in_at")
        return SignInSession(
            session_key=self._get_or_create_session_key(),  # type: ignore[attr-defined]
            session_data=self.encode(dict(data)),
            expire_date=self.get_expiry_date(modification=now),
            staff_id=data.get(STAFF),
            ip=data.get("ip"),
            user_agent=data.get("user_agent", "")[:256],
            created_at=datetime.fromisoformat(since) if since else now,
            last_seen_at=now,
        )
