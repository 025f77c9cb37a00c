"""Pure decisions about when a message goes out."""

from datetime import datetime, timedelta

from bihuan.domain.notifications.choices import RETRY_FIRST, RETRY_MOST
from bihuan.domain.notifications.events import Notice, Preference
from bihuan.engines.contacting import after_quiet, next_time


def due_at(notice: Notice, wish: Preference, at: datetime) -> datetime:
    """Return when a message may go out; `at` is in the time zone people live in.

    The giver's quiet hours hold back whatever it is; a person's digest and do-not-disturb give way to
    what is urgent.
    """
    moment = max(at, notice.not_before.astimezone(at.tzinfo)) if notice.not_before else at
    if notice.urgent:
        return moment
    if wish.digest_at is not None:
        return next_time(wish.digest_at, moment)
    return after_quiet(wish.quiet, moment)


def retry_after(attempts: int) -> timedelta:
    """Return how long to wait after this many failures."""
    doublings: int = 2 ** min(attempts - 1, 12)
    return min(RETRY_FIRST * doublings, RETRY_MOST)
