"""Files of the filtered list: numbers always masked, for a file travels; each export is a fact."""

from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_safe

from bihuan.domain.cases import actions
from bihuan.domain.cases.actions import Export
from bihuan.domain.cases.queries import CaseRow
from bihuan.surfaces.workspace import phrases
from bihuan.surfaces.workspace.desk import desk_of
from bihuan.surfaces.workspace.views.case_lists import wanted
from bihuan.surfaces.workspace.views.tables_out import Table, kind_asked, send

HEADS = (
    "单号", "标题", "类别", "状态", "等级", "渠道", "客户", "电话", "受理单位", "责任单位",
    "环节", "经办", "返工", "承诺时间", "受理时间", "办结时间",
)  # fmt: skip


@require_safe
def show(request: HttpRequest, kind: str) -> FileResponse | StreamingHttpResponse:
    """Send the cases of the filter as a file."""
    kind = kind_asked({"as": kind})
    desk = desk_of(request)
    asked = {**request.GET.dict(), "kind": kind}
    export = Export(desk.access, wanted(desk, request.GET), asked)
    found = actions.export_cases(export, by=desk.actor, at=desk.at)
    return send(Table("cases", "工单", HEADS, map(_cells, found)), kind, at=desk.at)


def _cells(row: CaseRow) -> tuple[object, ...]:
    return (
        row.number, row.title, row.class_name, row.state_title, row.grade_title,
        row.channel_title, row.contact_name, row.contact_phone, row.org_unit,
        row.responsible_unit, row.current_units, row.assignee, row.rework_count,
        phrases.full_moment(row.promised_at), phrases.full_moment(row.opened_at),
        phrases.full_moment(row.closed_at),
    )  # fmt: skip
