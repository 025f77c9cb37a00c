"""Tables taken away as CSV or Excel: who took them, when and what for stands in the file; formulas stay text."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from tempfile import TemporaryFile
from typing import Final

from django.http import FileResponse, StreamingHttpResponse
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.writer.excel import save_workbook

from bihuan.domain.customers.actions.exporting import Watermark
from bihuan.kit.problems import Invalid

CSV: Final = "text/csv; charset=utf-8"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS: Final = (("xlsx", "Excel"), ("csv", "CSV"))
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class ExportFormatUnknown(Invalid):
    """Only the two formats offered on the page exist."""

    message = "只能导出 CSV 或 Excel。"


@dataclass(frozen=True, slots=True)
class Table:
    """A table to be taken away: the file's name without ending, what it is called, its heads and rows."""

    name: str
    title: str
    heads: Sequence[str]
    rows: Iterable[Sequence[object]]


def kind_asked(asked: Mapping[str, str]) -> str:
    """Return the format a request asks for, CSV where it says nothing, or refuse."""
    kind = asked.get("as", "csv")
    if kind not in dict(KINDS):
        raise ExportFormatUnknown
    return kind


def send(
    table: Table, kind: str, *, at: datetime, mark: Watermark | None = None
) -> FileResponse | StreamingHttpResponse:
    """Send a table as `csv` or `xlsx`; a watermark is its first and last line, and Excel's footer when printed."""
    name = f"{table.name}-{timezone.localtime(at):%Y%m%d-%H%M}.{kind}"
    said = told(mark) if mark else ""
    line = [(said,)] if said else []
    rows: Iterator[Sequence[object]] = chain(line, [table.heads], table.rows, line)
    plain = ([_plain(value) for value in row] for row in rows)
    if kind == "xlsx":
        return _workbook(table.title, plain, said, name)
    head = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(_lines(plain), content_type=CSV, headers=head)


def told(mark: Watermark) -> str:
    """Return a watermark in words."""
    at = timezone.localtime(mark.at)
    said = f"导出人 {mark.who}，时间 {at:%Y-%m-%d %H:%M}，用途：{mark.purpose}"
    return said + (f"，编号 {mark.code}" if mark.code else "")


def _plain(value: object) -> str:
    """Keep a spreadsheet from running what somebody wrote as a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield "\ufeff"  # tells Excel that the file is UTF-8
    for row in rows:
        writer.writerow(row)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _workbook(title: str, rows: Iterable[Sequence[str]], said: str, name: str) -> FileResponse:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    heads_at = 1 if said else 0
    sheet.freeze_panes = f"A{heads_at + 2}"
    # An ampersand begins a code in Excel's footers; no more than 255 characters are read.
    sheet.oddFooter.center.text = said.replace("&", "&&")[:200]
    for number, row in enumerate(rows):
        cells = [WriteOnlyCell(sheet, value) for value in row]
        for cell in cells if number == heads_at else ():
            cell.font = Font(bold=True)
        sheet.append(cells)
    file = TemporaryFile()  # noqa: SIM115 -- the response closes it
    save_workbook(book, file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)
