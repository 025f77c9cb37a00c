"""Read the log: one CSV in a zip, a row per change of an incident, `?` for nothing."""

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from bihuan.kit.problems import Invalid

NOTHING = "?"
TIMES = {"opened_at", "sys_created_at", "sys_updated_at", "resolved_at", "closed_at"}
# Columns that say who, when and how often; everything else is an attribute that may change.
BOOKKEEPING = {
    "number",
    "incident_state",
    "active",
    "reassignment_count",
    "reopen_count",
    "sys_mod_count",
    "made_sla",
    "opened_by",
    "opened_at",
    "sys_created_by",
    "sys_created_at",
    "sys_updated_by",
    "sys_updated_at",
    "assignment_group",
    "assigned_to",
    "closed_code",
    "resolved_by",
    "resolved_at",
    "closed_at",
}
NEEDED = {
    "number",
    "incident_state",
    "opened_at",
    "sys_updated_at",
    "assignment_group",
    "assigned_to",
    "caller_id",
    "category",
    "subcategory",
}


class NotAnIncidentLog(Invalid):
    """The file is no zip with one CSV of incidents."""

    message = "这不是事件日志：需要一个 zip，里面有一个带 number、incident_state 等列的 CSV。"


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the log. `line` is its line in the file; empty texts stand for `?`."""

    line: int
    at: datetime
    state: str
    group: str
    person: str
    by: str
    resolver: str
    reassignments: int
    reopenings: int
    mod_count: str
    attributes: dict[str, str] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Incident:
    """All rows of one incident in file order."""

    number: str
    opened_at: datetime
    caller: str
    category: tuple[str, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """One worker's part of a log: every `of`-th incident, counted from `nth`."""

    nth: int = 0
    of: int = 1


@dataclass(frozen=True, slots=True)
class Names:
    """Everybody and everything a log names, sorted."""

    groups: tuple[str, ...]
    people: tuple[str, ...]
    callers: tuple[str, ...]
    categories: tuple[tuple[str, ...], ...]
    incidents: int
    events: int


def incidents(path: Path, zone: ZoneInfo, share: Share = Share()) -> Iterator[Incident]:
    """Yield the incidents of a share in file order. The log's times are local to `zone`."""
    with _text(path) as text:
        header, rows = _rows(text)
        at = header.index("number")
        numbered = enumerate(groupby(rows, key=lambda entry: entry[1][at]))
        for nth, (number, group) in numbered:
            if nth % share.of == share.nth:
                found = [(line, dict(zip(header, row, strict=False))) for line, row in group]
                yield _incident(number, found, zone)


def names_in(path: Path) -> Names:
    """Return the names in a log, read quickly."""
    groups, people, callers, categories = set(), set(), set(), set()
    events, incidents_, last = 0, 0, ""
    with _text(path) as text:
        header, rows = _rows(text)
        where = {name: header.index(name) for name in header}
        columns = [where[name] for name in ("number", "assignment_group", "assigned_to")]
        columns += [where[name] for name in ("caller_id", "category", "subcategory")]
        for _line, row in rows:
            number, group, person, caller, category, subcategory = (row[n] for n in columns)
            events += 1
            incidents_ += number != last
            last = number
            groups.add(group)
            people.add(person)
            callers.add(caller)
            categories.add(tuple(n for n in (category, subcategory) if n != NOTHING))
    return Names(
        groups=tuple(sorted(groups - {NOTHING})),
        people=tuple(sorted(people - {NOTHING})),
        callers=tuple(sorted(callers - {NOTHING})),
        categories=tuple(sorted(categories - {()})),
        incidents=incidents_,
        events=events,
    )


def _rows(text: io.TextIOBase) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    reader = csv.reader(text)
    header = next(reader, [])
    if not set(header) >= NEEDED:
        raise NotAnIncidentLog
    return header, ((line, row) for line, row in enumerate(reader, start=2) if row)


def _text(path: Path) -> io.TextIOBase:
    try:
        archive = zipfile.ZipFile(path)
        names = [name for name in archive.namelist() if name.lower().endswith(".csv")]
    except (zipfile.BadZipFile, OSError) as error:
        raise NotAnIncidentLog from error
    if len(names) != 1:
        raise NotAnIncidentLog
    return io.TextIOWrapper(archive.open(names[0]), encoding="utf-8-sig", newline="")


def _incident(number: str, rows: list[tuple[int, dict[str, str]]], zone: ZoneInfo) -> Incident:
    first = rows[0][1]
    return Incident(
        number=number,
        opened_at=_moment(first["opened_at"], zone) or _must(first["sys_updated_at"], zone),
        caller=_said(first.get("caller_id", "")),
        category=tuple(
            filter(None, (_said(first.get(k, "")) for k in ("category", "subcategory")))
        ),
        events=tuple(_event(line, row, zone) for line, row in rows),
    )


def _event(line: int, row: dict[str, str], zone: ZoneInfo) -> Event:
    return Event(
        line=line,
        at=_must(row["sys_updated_at"], zone),
        state=row["incident_state"],
        group=_said(row["assignment_group"]),
        person=_said(row.get("assigned_to", "")),
        by=_said(row.get("sys_updated_by", "")),
        resolver=_said(row.get("resolved_by", "")),
        reassignments=int(row.get("reassignment_count") or 0),
        reopenings=int(row.get("reopen_count") or 0),
        mod_count=row.get("sys_mod_count", ""),
        attributes={key: _said(value) for key, value in row.items() if key not in BOOKKEEPING},
    )


def _said(text: str) -> str:
    return "" if text == NOTHING else text.strip()


def _must(text: str, zone: ZoneInfo) -> datetime:
    found = _moment(text, zone)
    if found is None:
        raise NotAnIncidentLog
    return found


@lru_cache(maxsize=65_536)
def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        day, clock = text.split(" ")
        date, month, year = day.split("/")
        hour, minute = clock.split(":")
        return datetime(int(year), int(month), int(date), int(hour), int(minute), tzinfo=zone)
    except ValueError:
        return None
