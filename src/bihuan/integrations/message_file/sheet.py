"""Read a spreadsheet of messages: columns by their headings, a reason for each row that will not do."""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from bihuan.kit.problems import Invalid

COLUMNS = {
    "留言编号": "key",
    "留言用户": "user",
    "留言主题": "subject",
    "留言时间": "sent_at",
    "留言详情": "text",
    "答复意见": "reply",
    "答复时间": "replied_at",
    "一级分类": "first",
    "二级分类": "second",
    "三级分类": "third",
    "点赞数": "likes",
    "反对数": "dislikes",
}
NEEDED = ("留言编号", "留言用户", "留言主题", "留言时间")
LEVELS = ("first", "second", "third")
LONGEST_TITLE = 300
_FORMATS = ("%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M")
_DAYS = ("%Y/%m/%d", "%Y-%m-%d")


class NotAMessageFile(Invalid):
    """The file is no spreadsheet with the columns of messages."""

    message = "这不是留言表：第一行需要有「留言编号、留言用户、留言主题、留言时间」几列。"


@dataclass(frozen=True, slots=True)
class Message:
    """One usable row. `classes` are the names of its classes as far as the file gives them.

    `replied_at` is None without a reply. A reply that names only a day counts as given at its end:
    earlier would make the answer look quicker than the file says.
    """

    line: int
    key: str
    user: str
    subject: str
    text: str
    sent_at: datetime
    reply: str = ""
    replied_at: datetime | None = None
    classes: tuple[str, ...] = ()
    likes: int | None = None
    dislikes: int | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """One row that cannot be used, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything a file holds. `classes` are rows of a taxonomy file, which has no messages."""

    messages: tuple[Message, ...]
    rejected: tuple[Rejected, ...]
    classes: tuple[tuple[str, ...], ...] = ()

    @property
    def rows(self) -> int:
        """Return how many rows the file has, usable or not."""
        return len(self.messages) + len(self.rejected) + len(self.classes)


def read_sheet(path: Path, zone: ZoneInfo) -> Sheet:
    """Read a file. Times in it are local to `zone`; the same message twice counts once."""
    rows = _rows(path)
    _line, header = next(rows, (0, ()))
    names = [COLUMNS.get(str(title or "").strip(), "") for title in header]
    if "first" in names and "key" not in names:
        return Sheet((), (), tuple(_class_path(names, row) for _line, row in rows))
    if not {COLUMNS[title] for title in NEEDED} <= set(names):
        raise NotAMessageFile
    return _read(rows, names, zone)


def _read(rows: Iterator[tuple[int, Sequence[Any]]], names: list[str], zone: ZoneInfo) -> Sheet:
    messages: dict[str, Message] = {}
    rejected: list[Rejected] = []
    for line, row in rows:
        values = {name: value for name, value in zip(names, row, strict=False) if name}
        found = _message(line, values, zone)
        if isinstance(found, Message) and found.key in messages:
            first = messages[found.key].line
            found = Rejected(line, f"留言编号 {found.key} 与第 {first} 行重复")
        if isinstance(found, Rejected):
            rejected.append(found)
        else:
            messages[found.key] = found
    return Sheet(tuple(messages.values()), tuple(rejected))


def _rows(path: Path) -> Iterator[tuple[int, Sequence[Any]]]:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError) as error:
        raise NotAMessageFile from error
    sheet = book.worksheets[0]
    for line, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        if any(cell not in (None, "") for cell in row):
            yield line, row


def _class_path(names: list[str], row: Sequence[Any]) -> tuple[str, ...]:
    values = dict(zip(names, row, strict=False))
    return _classes(values)


def _classes(values: dict[str, Any]) -> tuple[str, ...]:
    found: list[str] = []
    for level in LEVELS:
        name = _text(values.get(level))
        if not name:
            break
        found.append(name)
    return tuple(found)


def _message(line: int, values: dict[str, Any], zone: ZoneInfo) -> Message | Rejected:
    key, subject = _text(values.get("key")), _text(values.get("subject"))
    sent_at = _moment(values.get("sent_at"), zone, latest=False)
    reply = _text(values.get("reply"))
    replied_at = _moment(values.get("replied_at"), zone, latest=True)
    reason = _wrong(key, subject, sent_at, values)
    if reason or sent_at is None:
        return Rejected(line, reason)
    if reply and replied_at is None:
        return Rejected(line, "有答复而没有可读的答复时间")
    if replied_at is not None and replied_at < sent_at:
        return Rejected(line, "答复时间早于留言时间")
    return Message(
        line=line,
        key=key,
        user=_text(values.get("user")),
        subject=subject[:LONGEST_TITLE],
        text=_text(values.get("text")),
        sent_at=sent_at,
        reply=reply,
        replied_at=replied_at if reply else None,
        classes=_classes(values),
        likes=_count(values.get("likes")),
        dislikes=_count(values.get("dislikes")),
    )


def _wrong(key: str, subject: str, sent_at: datetime | None, values: dict[str, Any]) -> str:
    if not key:
        return "没有留言编号"
    if not subject:
        return "没有留言主题"
    if sent_at is None:
        said = _text(values.get("sent_at"))
        return f"留言时间“{said}”读不懂" if said else "没有留言时间"
    return ""


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _moment(value: Any, zone: ZoneInfo, *, latest: bool) -> datetime | None:
    if isinstance(value, datetime):
        return value.replace(tzinfo=zone)
    text = _text(value)
    for pattern in _FORMATS:
        found = _parsed(text, pattern)
        if found is not None:
            return found.replace(tzinfo=zone)
    for pattern in _DAYS:
        found = _parsed(text, pattern)
        if found is not None:
            day_end = time(23, 59, 59) if latest else time(0)
            return datetime.combine(found.date(), day_end, tzinfo=zone)
    return None


def _parsed(text: str, pattern: str) -> datetime | None:
    try:
        return datetime.strptime(text, pattern)  # noqa: DTZ007 — the zone is added by the caller
    except ValueError:
        return None
