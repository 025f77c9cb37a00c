"""Read event logs from CSV: one line per event, columns by name."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Final

from bihuan.engines.insight.lifecycle import Lifecycle
from bihuan.engines.insight.log import Log, Rejected, Trace, Unreadable
from bihuan.engines.insight.xes import MAX_EVENTS, moment

MAX_BYTES: Final = 512 * 1024**2
# What columns are commonly called, the first that is there is taken; compared without case and blanks.
KNOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "case": ("case:concept:name", "caseid", "case", "单号", "工单号", "案例"),
    "activity": ("concept:name", "activity", "activityid", "环节", "活动"),
    "time": ("time:timestamp", "completetimestamp", "timestamp", "time", "时间", "完成时间"),
    "begun": ("starttimestamp", "start_timestamp", "begun", "开始时间"),
    "transition": ("lifecycle:transition",),
    "resource": ("org:resource", "resource", "经办", "人员"),
}
_TITLES: Final = {"case": "案例", "activity": "活动", "time": "时间"}


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of the columns; an empty one is looked for among the usual names."""

    case: str = ""
    activity: str = ""
    time: str = ""
    begun: str = ""
    transition: str = ""
    resource: str = ""


def read(pieces: Iterable[bytes], columns: Columns | None = None, zone: tzinfo = UTC) -> Log:
    """Return the log in these bytes (UTF-8 or GB18030), or raise `Unreadable` when columns are missing.

    Lines without a case, an activity or a readable moment are rejected; moments are written year first.
    """
    text = _text(_whole(pieces))
    rows = csv.reader(io.StringIO(text), delimiter=_delimiter(text))
    places = _places(_head(rows), columns or Columns())
    cases: dict[str, Lifecycle] = {}
    rejected = []
    for values in _values(rows, places):
        reason = _take(values, cases, zone)
        if reason:
            rejected.append(Rejected(rows.line_num, reason))
    traces = [Trace(case, events) for case, life in cases.items() if (events := life.events())]
    return Log(traces, rejected, sum(life.passed_over for life in cases.values()))


def _whole(pieces: Iterable[bytes]) -> bytes:
    whole = bytearray()
    for piece in pieces:
        whole += piece
        if len(whole) > MAX_BYTES:
            raise Unreadable(f"日志超过上限 {MAX_BYTES // 1024**2} MB，请分成几个文件。")
    return bytes(whole)


def _text(whole: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return whole.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable("文件不是 UTF-8 或 GB18030 编码的文本。")


def _delimiter(text: str) -> str:
    head = text[: text.find("\n")] if "\n" in text else text
    return max((",", ";", "\t"), key=head.count)


def _head(rows: Iterator[list[str]]) -> list[str]:
    try:
        return next(rows)
    except (StopIteration, csv.Error):
        raise Unreadable("文件是空的，或第一行不是列名。", 1) from None


def _places(head: list[str], columns: Columns) -> dict[str, int]:
    plain = [name.strip().lower().replace(" ", "") for name in head]
    places = {}
    for role, usual in KNOWN.items():
        wanted = str(getattr(columns, role)).strip().lower().replace(" ", "")
        names = (wanted,) if wanted else usual
        place = next((plain.index(name) for name in names if name in plain), None)
        if place is not None:
            places[role] = place
        elif wanted or role in _TITLES:
            told = getattr(columns, role) or f"写{_TITLES[role]}的列"
            raise Unreadable(f"没有“{told}”，文件的列是：{'、'.join(head)}。", 1)
    return places


def _values(rows: Iterator[list[str]], places: Mapping[str, int]) -> Iterator[dict[str, str]]:
    seen = 0
    try:
        for row in rows:
            if not any(row):
                continue
            seen += 1
            if seen > MAX_EVENTS:
                raise Unreadable(f"日志超过上限 {MAX_EVENTS} 个事件。")
            yield {
                role: row[place].strip() if place < len(row) else ""
                for role, place in places.items()
            }
    except csv.Error as wrong:
        raise Unreadable(f"第 {seen + 2} 行附近读不出：{wrong}。", seen + 2) from None


def _take(values: Mapping[str, str], cases: dict[str, Lifecycle], zone: tzinfo) -> str:
    """Note one line; return why it cannot be, or nothing."""
    for role, title in _TITLES.items():
        if not values[role]:
            return f"没有写{title}"
    at = moment(values["time"], zone)
    if at is None:
        return f"时间“{values['time']}”不是年在前的时刻"
    begun = moment(values["begun"], zone) if values.get("begun") else None
    if values.get("begun") and begun is None:
        return f"开始时间“{values['begun']}”不是年在前的时刻"
    life = cases.setdefault(values["case"], Lifecycle())
    resource = values.get("resource", "")
    if begun is not None:
        life.see(values["activity"], min(begun, at), "start", resource)
    life.see(values["activity"], at, values.get("transition", ""), resource)
    return ""
