"""`calendars/*.yaml`: working calendars of a pack."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from bihuan.domain.clocks import actions
from bihuan.domain.clocks.actions.official import NAMES
from bihuan.domain.ledger.events import Actor
from bihuan.domain.packs.ports import PublishedDefinition
from bihuan.engines import worktime
from bihuan.engines.packs.problem import Problem
from bihuan.engines.packs.shape import Shape
from bihuan.engines.packs.source import PackFile, PackSource
from bihuan.engines.worktime.calendar import WEEKDAYS

_BY = Actor("system:packs")
_DAYS = re.compile(r"(\w{3})(?:-(\w{3}))?")


class CalendarPart:
    """Calendars: a week of slots, days that differ, and a country whose official days count.

    The code of the calendar is the definition's key: `base.office`.
    """

    kind, folder, suffixes = "calendar", "calendars", (".yaml",)

    def check(self, file: PackFile, pack: PackSource) -> list[Problem]:
        """Return what is wrong: days, slots, time zone, country."""
        shape = Shape(file)
        shape.text("title", example="工时")
        zone = shape.text("time_zone", example="Asia/Shanghai")
        shape.word("official", NAMES, "")
        _check_week(shape)
        _check_exceptions(shape)
        problems = shape.done()
        if not problems:
            _check_whole(shape, zone)
        return problems

    def compile(self, file: PackFile, pack: PackSource) -> dict[str, Any]:
        """Return the calendar with its week written out from Monday."""
        data = file.data
        return {
            "title": data["title"],
            "time_zone": data["time_zone"],
            "week": _week(data["week"]),
            "official": NAMES.get(data.get("official") or "", ""),
            "exceptions": _exceptions(data.get("exceptions") or []),
        }

    def apply(self, definition: PublishedDefinition, *, at: datetime) -> None:
        """Make the calendar or bring it up to date; days that people entered stay."""
        data = definition.compiled
        spec = actions.CalendarSpec(
            code=definition.key,
            name=data["title"],
            time_zone=data["time_zone"],
            week=tuple(worktime.read_slots(slots) for slots in data["week"]),
            official=data["official"],
            days=tuple(
                actions.DayEdit(
                    date.fromisoformat(day["date"]), worktime.read_slots(day["slots"]), day["note"]
                )
                for day in data["exceptions"]
            ),
        )
        actions.put_calendar(spec, by=_BY, at=at)


def _check_week(shape: Shape) -> None:
    week = shape.child("week")
    if week is None:
        return
    seen: set[str] = set()
    for key in week.keys():  # noqa: SIM118 - asks the shape, it is no mapping
        days = _days(key)
        if not days:
            week.report((key,), f"“{key}”不是星期", "请写 mon 到 sun，或 mon-fri 这样的一段")
        for day in seen.intersection(days):
            week.report((key,), f"{day} 写了两次", "请把同一天的时段写在一行里")
        seen.update(days)
        _check_slots(week, key, week.texts(key, ()))


def _check_exceptions(shape: Shape) -> None:
    if isinstance(shape.file.data.get("exceptions"), dict):
        short = shape.child("exceptions")
        for key in short.keys() if short else ():
            _check_date(shape, ("exceptions", key), key)
            if short:
                _check_slots(short, key, short.texts(key, ()))
        return
    for day in shape.children("exceptions", required=False):
        _check_date(day, ("date",), day.text("date", example="2026-02-17"))
        day.text("note", "")
        _check_slots(day, "slots", day.texts("slots", ()))
        day.done()


def _check_slots(shape: Shape, key: str, texts: Sequence[str]) -> None:
    try:
        worktime.read_slots(texts)
    except worktime.CalendarInvalid as mistake:
        remedy = '请写成例如 ["08:30-12:00", "13:30-17:30"]，时段不重叠，全天写 00:00-24:00'
        shape.report((key,), f"时段写法有误（{mistake}）", remedy)


def _check_date(shape: Shape, path: tuple[str, ...], text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        shape.report(path, f"没有“{text}”这一天", "请写成例如 2026-02-17")


def _check_whole(shape: Shape, zone: str) -> None:
    week = shape.file.data["week"]
    slots = tuple(worktime.read_slots(texts) for texts in _week(week))
    if not any(slots):
        shape.report(("week",), "这个日历一周都不开门", "请至少给一天写上时段")
        return
    try:
        worktime.Calendar("", zone, slots)
    except worktime.CalendarInvalid:
        shape.report(("time_zone",), f"不认识时区“{zone}”", "请写成例如 Asia/Shanghai")


def _week(data: dict[str, list[str]]) -> list[list[str]]:
    found: dict[str, list[str]] = {}
    for key, slots in data.items():
        found |= dict.fromkeys(_days(key), slots or [])
    return [found.get(day, []) for day in WEEKDAYS]


def _exceptions(data: Any) -> list[dict[str, Any]]:
    """Read the days that differ, written as a list or, short, as `date: slots`."""
    if isinstance(data, dict):
        data = [{"date": day, "slots": slots} for day, slots in data.items()]
    return [
        {"date": day["date"], "slots": day.get("slots") or [], "note": day.get("note") or ""}
        for day in data
    ]


def _days(key: str) -> list[str]:
    """Read `mon` or `mon-fri`; nothing when it is neither."""
    match = _DAYS.fullmatch(str(key))
    return list(_between(match[1], match[2] or match[1])) if match else []


def _between(first: str, last: str) -> Iterator[str]:
    if first in WEEKDAYS and last in WEEKDAYS:
        yield from WEEKDAYS[WEEKDAYS.index(first) : WEEKDAYS.index(last) + 1]
