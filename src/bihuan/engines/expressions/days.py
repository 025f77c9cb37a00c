"""Dates as numbers, so that they can be compared and subtracted: one is one day."""

from datetime import UTC, date, datetime, timedelta, timezone

LOCAL = timezone(timedelta(hours=8), "Asia/Shanghai")
_EPOCH = datetime(1970, 1, 1, tzinfo=LOCAL)


def day_number(value: object) -> int | float | None:
    """Return the days since 1970-01-01 in China, or None if the value is no date.

    A date is a whole number; a moment has a fraction, rounded to the second. A moment without
    offset is taken as Chinese time. A number is returned as it is.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return None
    if isinstance(moment, datetime):
        aware = moment if moment.tzinfo else moment.replace(tzinfo=LOCAL)
        seconds = round((aware.astimezone(UTC) - _EPOCH).total_seconds())
        days, rest = divmod(seconds, 86400)
        return days + rest / 86400 if rest else days
    return moment.toordinal() - 719163 if isinstance(moment, date) else None
