"""Schemes that say how often propose their rating by themselves, once in each period (SEG-06, SEG-12)."""

from contextlib import suppress
from datetime import date, datetime

from django.utils import timezone

from bihuan.domain.customers.actions.rating import RatingUnderWay, Wanted, propose
from bihuan.domain.customers.queries.schemes import schemes
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.org import queries as org


def propose_due(*, at: datetime) -> list[int]:
    """Propose each scheme's rating of this period for every top org unit; return those that were asked for.

    Who comes a second time in a period gets the same rating; a scheme whose last one is not decided yet waits.
    """
    tops = [unit.id for unit in org.tree().units.values() if unit.parent_id is None]
    found = []
    for one in schemes():
        if not one.scheme.every:
            continue
        key = period(one.scheme.every, timezone.localdate(at))
        for unit_id in tops:
            with suppress(RatingUnderWay):
                found.append(propose(Wanted(one.scheme.code, unit_id, key), by=SYSTEM, at=at))
    return found


def period(every: str, day: date) -> str:
    """Return the name of the month, quarter or year a day lies in."""
    if every == "month":
        return f"{day:%Y-%m}"
    return f"{day.year}-Q{(day.month + 2) // 3}" if every == "quarter" else str(day.year)
