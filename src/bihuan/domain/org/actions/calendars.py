"""Working calendars are changed by whoever manages the organisation; clocks, below, know no permissions."""

from datetime import datetime

from bihuan.domain.clocks import actions as clocks
from bihuan.domain.clocks.actions.foreseeing import CalendarChange
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import queries


def change_calendar(
    code: str, change: CalendarChange, *, reason: str = "", by: Actor, at: datetime
) -> None:
    """Give a calendar another week, or else other single days; running limits follow. Needs `org.manage`."""
    queries.authorise(by, "org.manage", at=at)
    if change.week is not None:
        clocks.edit_week(code, change.week, by=by, at=at, reason=reason)
    else:
        clocks.edit_days(code, change.days, by=by, at=at, reason=reason)
