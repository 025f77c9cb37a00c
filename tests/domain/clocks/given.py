"""Things the clock tests speak of."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from bihuan.domain.clocks import actions
from bihuan.domain.ledger import queries as ledger
from bihuan.domain.ledger.events import Actor
from bihuan.engines.worktime import Calendar, parse_limit, parse_warns, read_slots

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = read_slots(["08:30-12:00", "13:30-17:30"])


def office(*, closed=(), revision=1, enforce_from=None, code="office"):
    """An office in Shanghai, Monday to Friday 08:30-12:00 and 13:30-17:30, shut on some March days."""
    return Calendar(
        code=code,
        time_zone="Asia/Shanghai",
        week=(OFFICE,) * 5 + ((), ()),
        exceptions={date(2026, 3, day): () for day in closed},
        revision=revision,
        enforce_from=enforce_from,
    )


def at(text):
    """A moment of March 2026 in Shanghai: `06 17:00` is Friday the 6th."""
    local = datetime.strptime(f"2026-03-{text} +0800", "%Y-%m-%d %H:%M %z")
    return local.astimezone(UTC)


def limit(text):
    return parse_limit(text)


def warn(text=""):
    return parse_warns(text)


BY = Actor("staff:12")
SYSTEM = Actor("system:test")


def made_office(*, code="office", official="", days=(), when="01 00:00"):
    """The office as rows in the database."""
    spec = actions.CalendarSpec(
        code=code,
        name="工时",
        time_zone="Asia/Shanghai",
        week=(OFFICE,) * 5 + ((), ()),
        official=official,
        days=tuple(days),
    )
    actions.put_calendar(spec, by=SYSTEM, at=at(when))


def started(owner="desk:7", when="06 09:00", *, limit="2h", warn="80%,30m", root="case:1", **terms):
    """A clock in the database."""
    terms = actions.ClockTerms(limit, terms.pop("calendar", "office"), warn, **terms)
    return actions.start_clock(owner, root, terms, by=BY, at=at(when))


def fire_all(when):
    """Run the dispatcher until nothing is due."""
    total = 0
    while fired := actions.fire_due(at(when)):
        total += fired
    return total


def facts(root="case:1", names=("clock.warned", "clock.overdue", "timer.fired")):
    """What was recorded of a root, oldest first, as (name, moment)."""
    found = ledger.facts_of(root, names=names, size=200).rows
    return [(fact.name, fact.at) for fact in sorted(found, key=lambda fact: fact.id)]
