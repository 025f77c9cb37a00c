"""Pure decisions about permissions, lock-out and delegation."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bihuan.domain.org.choices import (
    FAILURE_WINDOW,
    FAILURES_BEFORE_LOCK,
    LOCK_LASTS,
)
from bihuan.domain.org.ports import Access, Scope
from bihuan.kit.problems import NotAllowed


def may(access: Access, verb: str, unit_id: int | None = None) -> bool:
    """Tell whether the verb is allowed in a unit, or anywhere at all when no unit is named."""
    return access.may(verb, unit_id)


def require(access: Access, verb: str, unit_id: int | None = None) -> None:
    """Refuse with NotAllowed unless the verb is allowed."""
    if not access.may(verb, unit_id):
        raise NotAllowed


def scope(access: Access, verb: str) -> Scope:
    """Return where the verb is allowed, to filter a list with."""
    return access.scope(verb)


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a password was wrong of late, and until when the account is locked."""

    failures: int = 0
    first_failed_at: datetime | None = None
    locked_until: datetime | None = None

    def is_locked(self, at: datetime) -> bool:
        """Tell whether sign-in is refused at this moment, whatever the password."""
        return self.locked_until is not None and at < self.locked_until


def after_failure(before: Patience, *, at: datetime) -> Patience:
    """Return the state after one more wrong password.

    Failures count within a window that begins at the first of them. The failure that fills it locks
    the account for a while and starts the count afresh.
    """
    first = before.first_failed_at
    if first is None or at - first >= FAILURE_WINDOW:
        first, failures = at, 1
    else:
        failures = before.failures + 1
    if failures >= FAILURES_BEFORE_LOCK:
        return Patience(locked_until=at + LOCK_LASTS)
    return Patience(failures, first, before.locked_until)


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody is away in a half-open period, and who stands in."""

    staff_id: int
    delegate_id: int
    away_from: datetime
    away_until: datetime


def closes_a_loop(planned: Absence, others: Iterable[Absence]) -> bool:
    """Tell whether, at some moment of the planned absence, its work would come back to its owner."""
    known = list(others)
    waiting = [planned]
    seen = set()
    while waiting:
        step = waiting.pop()
        if step.delegate_id == planned.staff_id:
            return True
        for other in known:
            since = max(step.away_from, other.away_from)
            until = min(step.away_until, other.away_until)
            if other.staff_id == step.delegate_id and since < until:
                onward = Absence(other.staff_id, other.delegate_id, since, until)
                if onward not in seen:
                    seen.add(onward)
                    waiting.append(onward)
    return False


_BROWSERS = (
    ("MicroMessenger", "微信"),
    ("Edg/", "Edge"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("HarmonyOS", "鸿蒙"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """Return what a person would call the browser: `Chrome · Windows`."""
    found = [
        next((name for mark, name in marks if mark in user_agent), "")
        for marks in (_BROWSERS, _SYSTEMS)
    ]
    return " · ".join(name for name in found if name) or "未知设备"
