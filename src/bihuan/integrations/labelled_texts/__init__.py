"""Read texts that people have labelled from a spreadsheet or a CSV file (TKT-13)."""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from bihuan.kit.problems import Invalid

Row = tuple[int, Sequence[Any]]


class NotATable(Invalid):
    """The file is neither a spreadsheet nor a CSV text."""

    message = "读不了这个文件：需要 .xlsx，或 UTF-8、GB18030 编码的 .csv。"


class ColumnMissing(Invalid):
    """The first row has no such heading."""

    def __init__(self, missing: Sequence[str], found: Sequence[str]) -> None:
        wanted, there = "、".join(missing), "、".join(found)
        super().__init__(f"第一行没有「{wanted}」这一列；有的是：{there}。")


@dataclass(frozen=True, slots=True)
class Labelled:
    """The usable rows, in the file's order, and for each other row its line and why it will not do."""

    texts: list[tuple[str, ...]]
    labels: list[str]
    rejected: list[tuple[int, str]]


def read_labelled(path: Path, *, texts: Sequence[str], label: str) -> Labelled:
    """Read the named columns. A row needs a label and some text."""
    rows = _csv(path) if path.suffix.lower() in (".csv", ".txt") else _xlsx(path)
    _line, header = next(rows, (0, ()))
    names = [_plain(title) for title in header]
    missing = [name for name in (*texts, label) if name not in names]
    if missing:
        raise ColumnMissing(missing, [name for name in names if name])
    wanted = [names.index(name) for name in (*texts, label)]
    read = Labelled([], [], [])
    for line, row in rows:
        *found, meant = (_plain(row[nth]) if nth < len(row) else "" for nth in wanted)
        if not meant or not any(found):
            read.rejected.append((line, "没有标签" if any(found) else "没有文字"))
            continue
        read.texts.append(tuple(found))
        read.labels.append(meant)
    return read


def _plain(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _xlsx(path: Path) -> Iterator[Row]:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError) as error:
        raise NotATable from error
    yield from _filled(enumerate(book.worksheets[0].iter_rows(values_only=True), start=1))


def _csv(path: Path) -> Iterator[Row]:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError as error:
            raise NotATable from error
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        yield from _filled((reader.line_num, row) for row in reader)
    except csv.Error as error:
        raise NotATable from error


def _filled(rows: Any) -> Iterator[Row]:
    return ((line, row) for line, row in rows if any(cell not in (None, "") for cell in row))
