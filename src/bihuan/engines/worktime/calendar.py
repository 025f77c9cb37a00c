"""A working calendar: weekly slots, dated exceptions, a time zone. Frozen, and the same in JSON."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from itertools import pairwise
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bihuan.engines.worktime.timeline import Slot, Timeline, Wall, build, to_moment

Slots = tuple[Slot, ...]
DAY = 1440
YEARS = range(1900, 2500)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SLOT = re.compile(r"\s*(\d{1,2}):([0-5]\d)\s*-\s*(\d{1,2}):([0-5]\d)\s*")


class CalendarInvalid(ValueError):
    """The calendar contradicts itself; the message says where and what to write."""


class BeyondCalendar(ValueError):
    """The moment asked for lies outside the years any calendar covers."""


def parse_slot(text: str) -> Slot:
    """Read `08:30-12:00`. `24:00` is the end of the day; an end before the start is the next day's."""
    match = _SLOT.fullmatch(text)
    if not match:
        raise CalendarInvalid(f"'{text}' is not a slot: write it like 08:30-12:00")
    begin, finish = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    if begin >= DAY or finish > DAY:
        raise CalendarInvalid(f"'{text}' is not a slot: hours run from 00:00 to 24:00")
    if begin == finish:
        raise CalendarInvalid(f"'{text}' is empty: for a whole day write 00:00-24:00")
    return (begin, finish if finish > begin else finish + DAY)


def format_slot(slot: Slot) -> str:
    """Write a slot as `parse_slot` reads it."""
    begin, finish = slot
    if finish > DAY:
        finish -= DAY
    return f"{begin // 60:02}:{begin % 60:02}-{finish // 60:02}:{finish % 60:02}"


def read_slots(texts: Iterable[str]) -> Slots:
    """Read the slots of one day, in any order, and refuse slots that overlap."""
    return checked_slots(parse_slot(text) for text in texts)


def checked_slots(slots: Iterable[Slot]) -> Slots:
    """Return the slots of one day in order, and refuse impossible or overlapping ones."""
    found = tuple(sorted(slots))
    for begin, finish in found:
        if not (0 <= begin < DAY and begin < finish <= begin + DAY):
            raise CalendarInvalid(f"a slot from minute {begin} to minute {finish} is impossible")
    for earlier, later in pairwise(found):
        if later[0] < earlier[1]:
            raise CalendarInvalid(
                f"slots {format_slot(earlier)} and {format_slot(later)} overlap: join them into one"
            )
    return found


@dataclass(frozen=True)
class Calendar:
    """When work is done. `week` runs from Monday; `exceptions` replace the slots of single days.

    An exception without slots closes its day. `official` names the country whose holidays the
    exceptions hold, for the years in `official_years`; other years follow the plain week, which
    `years_without_official` points out. Moments before `enforce_from` are counted but not enforced.
    """

    code: str
    time_zone: str
    week: tuple[Slots, ...]
    exceptions: Mapping[date, Slots] = field(default_factory=dict, hash=False)
    revision: int = 1
    official: str = ""
    official_years: tuple[int, ...] = ()
    enforce_from: datetime | None = None
    wall: Wall = field(init=False, repr=False, compare=False)
    _tables: list[Timeline] = field(init=False, repr=False, compare=False, default_factory=list)

    def __post_init__(self) -> None:
        """Refuse an unknown zone, impossible slots, and a week that never opens."""
        try:
            zone = ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise CalendarInvalid(
                f"'{self.time_zone}' is not a time zone: write one like Asia/Shanghai"
            ) from None
        if len(self.week) != len(WEEKDAYS) or not any(self.week):
            raise CalendarInvalid(f"calendar '{self.code}' never opens: give a slot in its week")
        for slots in (*self.week, *self.exceptions.values()):
            if checked_slots(slots) != tuple(slots):
                raise CalendarInvalid(f"calendar '{self.code}' has slots that are not in order")
        object.__setattr__(self, "wall", Wall(zone))

    def slots_of(self, day: date) -> Slots:
        """Return the slots of one day, exceptions considered."""
        slots = self.exceptions.get(day)
        return self.week[day.weekday()] if slots is None else slots

    @cached_property
    def always_open(self) -> bool:
        """Whether working time and elapsed time are the same."""
        return not self.exceptions and all(slots == ((0, DAY),) for slots in self.week)

    @cached_property
    def usual_day_micros(self) -> int:
        """Return the working time of a usual day: that of most days of the week which open."""
        lengths = [sum(finish - begin for begin, finish in slots) for slots in self.week if slots]
        return max(lengths, key=lambda length: (lengths.count(length), length)) * 60_000_000

    def years_without_official(self, first: int, last: int) -> list[int]:
        """Return the years from `first` to `last` for which the official holidays are not entered."""
        if not self.official:
            return []
        return [year for year in range(first, last + 1) if year not in self.official_years]

    def timeline(self, micros: int) -> Timeline:
        """Return a table that covers the instant."""
        if self._tables and self._tables[-1].covers(micros):
            return self._tables[-1]
        year = to_moment(micros).year
        if not self._tables:
            return self._lay_out(year - 1, year + 2)
        table = self._tables[-1]
        return self._lay_out(min(table.first_year, year - 1), max(table.last_year, year + 2))

    def widened(self, table: Timeline, beyond: int) -> Timeline:
        """Return a table that reaches twice as far in the direction of an instant it did not cover."""
        first, last = table.first_year, table.last_year
        span = last - first + 1
        if beyond > table.usable_until:
            reach = (first, min(last + span, YEARS.stop - 1))
        else:
            reach = (max(first - span, YEARS.start), last)
        if reach == (first, last):
            raise BeyondCalendar(
                f"calendar '{self.code}' ends: calendars reach from {first} to {last}"
            )
        return self._lay_out(*reach)

    def _lay_out(self, first_year: int, last_year: int) -> Timeline:
        if first_year not in YEARS or last_year not in YEARS:
            raise BeyondCalendar(
                f"calendar '{self.code}' is asked for {first_year} to {last_year};"
                f" calendars reach from {YEARS.start} to {YEARS.stop - 1}"
            )
        table = build(self.wall, self.slots_of, first_year, last_year)
        self._tables[:] = [table]
        return table

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values from which `from_json` builds an equal calendar."""
        return {
            "code": self.code,
            "time_zone": self.time_zone,
            "week": [[format_slot(slot) for slot in slots] for slots in self.week],
            "exceptions": {
                day.isoformat(): [format_slot(slot) for slot in slots]
                for day, slots in sorted(self.exceptions.items())
            },
            "revision": self.revision,
            "official": self.official,
            "official_years": list(self.official_years),
            "enforce_from": self.enforce_from.isoformat() if self.enforce_from else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Build a calendar from `to_json` values."""
        enforce_from = data.get("enforce_from")
        week = tuple(read_slots(slots) for slots in data["week"])
        if len(week) != len(WEEKDAYS):
            raise CalendarInvalid(f"a week has seven days, not {len(week)}")
        return cls(
            code=data["code"],
            time_zone=data["time_zone"],
            week=week,
            exceptions={
                date.fromisoformat(day): read_slots(slots)
                for day, slots in data.get("exceptions", {}).items()
            },
            revision=data.get("revision", 1),
            official=data.get("official", ""),
            official_years=tuple(data.get("official_years", ())),
            enforce_from=datetime.fromisoformat(enforce_from) if enforce_from else None,
        )


_WHOLE_DAY: Slots = ((0, DAY),)
ALWAYS = Calendar(
    code="",
    time_zone="UTC",
    week=(_WHOLE_DAY,) * 7,
)
"""The calendar of those who never close. It has no code and no row."""
