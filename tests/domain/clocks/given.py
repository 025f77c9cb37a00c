"""Things the clock tests speak of."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

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
