"""The official holidays and make-up workdays of a country, as the packages at hand know them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

import chinese_calendar
from chinese_calendar.constants import Holiday


@dataclass(frozen=True, slots=True)
class OfficialDay:
    """A day the state declared a holiday (`is_open` false) or a make-up workday."""

    day: date
    is_open: bool
    name: str


@dataclass(frozen=True, slots=True)
class OfficialDays:
    """What is known of some years, and the years nothing is known of."""

    days: tuple[OfficialDay, ...]
    years: tuple[int, ...]
    missing_years: tuple[int, ...]


def _china(years: Iterable[int] | None) -> OfficialDays:
    holidays, workdays = chinese_calendar.holidays, chinese_calendar.workdays
    known = {day.year for day in holidays}
    wanted = sorted(known if years is None else set(years))
    names = {holiday.value: holiday.chinese for holiday in Holiday}
    days = [
        OfficialDay(day, is_open, names.get(name, name) + ("调休上班" if is_open else ""))
        for table, is_open in ((holidays, False), (workdays, True))
        for day, name in table.items()
        if day.year in wanted
    ]
    return OfficialDays(
        days=tuple(sorted(days, key=lambda one: one.day)),
        years=tuple(year for year in wanted if year in known),
        missing_years=tuple(year for year in wanted if year not in known),
    )


COUNTRIES: dict[str, Callable[[Iterable[int] | None], OfficialDays]] = {"CN": _china}
"""By ISO country code: the official days of the years asked for, or of all that are known."""

NAMES = {"CN": "CN", "china": "CN", "中国": "CN"}
"""How a pack may write a country."""
