"""Pure decisions about when a message goes out."""

from datetime import datetime, time, timedelta

from bihuan.domain.notifications.choices import RETRY_FIRST, RETRY_MOST
from bihuan.domain.notifications.events import Notice, Preference, Quiet

DAY = timedelta(days=1)


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


def after_quiet(quiet: Quiet | None, at: datetime) -> datetime:
    """Return `at`, or the end of the quiet hours it falls into."""
    if quiet is None or not is_quiet(quiet, at):
        return at
    return next_time(quiet.ends, at)


def is_quiet(quiet: Quiet, at: datetime) -> bool:
    """Tell whether a local moment lies in quiet hours, which may pass midnight."""
    now = at.timetz().replace(tzinfo=None)
    if quiet.begins <= quiet.ends:
        return quiet.begins <= now < quiet.ends
    return now >= quiet.begins or now < quiet.ends


def next_time(wanted: time, at: datetime) -> datetime:
    """Return the first moment at or after `at` that has this time of day."""
    today = at.replace(hour=wanted.hour, minute=wanted.minute, second=wanted.second, microsecond=0)
    return today if today >= at else today + DAY


def retry_after(attempts: int) -> timedelta:
    """Return how long to wait after this many failures."""
    doublings: int = 2 ** min(attempts - 1, 12)
    return min(RETRY_FIRST * doublings, RETRY_MOST)
