"""Files of the filtered list: numbers always masked, for a file travels; each export is a fact."""

import csv
import io
from collections.abc import Iterator
from itertools import chain

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.writer.excel import save_workbook

from bihuan.domain.cases import actions
from bihuan.domain.cases.actions import Export
from bihuan.domain.cases.queries import CaseRow
from bihuan.kit.problems import Invalid
from bihuan.surfaces.workspace import phrases
from bihuan.surfaces.workspace.desk import desk_of
from bihuan.surfaces.workspace.views.case_lists import wanted

HEADS = (
    "单号", "标题", "类别", "状态", "等级", "渠道", "客户", "电话", "受理单位", "责任单位",
    "环节", "经办", "返工", "承诺时间", "受理时间", "办结时间",
)  # fmt: skip
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ExportFormatUnknown(Invalid):
    """Only the two formats offered on the page exist."""

    message = "只能导出 CSV 或 Excel。"


@require_safe
def show(request: HttpRequest, kind: str) -> HttpResponse | StreamingHttpResponse:
    """Send the cases of the filter as a file."""
    if kind not in {"csv", "xlsx"}:
        raise ExportFormatUnknown
    desk = desk_of(request)
    asked = {**request.GET.dict(), "kind": kind}
    export = Export(desk.access, wanted(desk, request.GET), asked)
    found = actions.export_cases(export, by=desk.actor, at=desk.at)
    rows = (tuple(_plain(value) for value in _cells(row)) for row in found)
    name = f"cases-{timezone.localtime(desk.at):%Y%m%d-%H%M}.{kind}"
    head = {"Content-Disposition": f'attachment; filename="{name}"'}
    if kind == "xlsx":
        return HttpResponse(_workbook(rows), content_type=XLSX, headers=head)
    return StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8", headers=head)


def _cells(row: CaseRow) -> tuple[object, ...]:
    return (
        row.number, row.title, row.class_name, row.state_title, row.grade_title,
        row.channel_title, row.contact_name, row.contact_phone, row.org_unit,
        row.responsible_unit, row.current_units, row.assignee, row.rework_count,
        phrases.full_moment(row.promised_at), phrases.full_moment(row.opened_at),
        phrases.full_moment(row.closed_at),
    )  # fmt: skip


def _plain(value: object) -> str:
    """Keep a spreadsheet from running what a customer wrote as a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _lines(rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield "\ufeff"  # tells Excel that the file is UTF-8
    for row in chain([HEADS], rows):
        writer.writerow(row)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _workbook(rows: Iterator[tuple[str, ...]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("工单")
    for row in chain([HEADS], rows):
        sheet.append([WriteOnlyCell(sheet, value) for value in row])
    buffer = io.BytesIO()
    save_workbook(book, buffer)
    return buffer.getvalue()
