"""The list of cases: filters in the address, keyset pages, exports of what is filtered."""

from datetime import datetime, time
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from bihuan.domain.cases import queries
from bihuan.domain.cases.queries import CaseFilter
from bihuan.engines.forms.clean import read_date
from bihuan.kit.htmx import render
from bihuan.surfaces.workspace import batches
from bihuan.surfaces.workspace.desk import Desk, desk_of
from bihuan.surfaces.workspace.operations import org_unit_options
from bihuan.surfaces.workspace.sheets import words
from bihuan.surfaces.workspace.sheets.cases import case_line
from bihuan.surfaces.workspace.sheets.clocks import chips_of_cases

OPEN_STATES = ("OPEN", "RESOLVED")
VIEWS = (("", "未结"), ("mine", "我名下"), ("overdue", "已超期"), ("all", "全部"))


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the cases one may see."""
    desk, asked = desk_of(request), request.GET
    page = queries.case_list(
        desk.access,
        wanted(desk, asked),
        after=asked.get("after", ""),
        before=asked.get("before", ""),
    )
    chips = chips_of_cases([row.id for row in page.rows], desk.at)
    context = {
        "rows": [case_line(row, chips) for row in page.rows],
        "page": page,
        "query": _query(asked),
        **_filters(desk, asked),
        "exports": _exports(desk, asked),
        "batch": batches.offered(desk),
    }
    return render(request, "cases/list.html", context)


def wanted(desk: Desk, asked: QueryDict) -> CaseFilter:
    """Read the filter from the address."""
    view = asked.get("view", "")
    state = asked.get("state", "")
    states = () if view == "all" else OPEN_STATES
    return CaseFilter(
        states=(state,) if state in words.STATES else states,
        channel=asked.get("channel", ""),
        grade=asked.get("grade", ""),
        class_code=asked.get("class", ""),
        unit_id=int(unit) if (unit := asked.get("unit", "")).isdigit() else None,
        assignee_id=desk.staff_id if view == "mine" else None,
        overdue_at=desk.at if view == "overdue" else None,
        opened_since=_midnight(asked.get("since", "")),
        opened_until=_midnight(asked.get("until", "")),
        order="due" if asked.get("order") == "due" else "newest",
    )


def _midnight(text: str) -> datetime | None:
    day = read_date(text.strip())
    return timezone.make_aware(datetime.combine(day, time())) if day else None


def _filters(desk: Desk, asked: QueryDict) -> dict[str, Any]:
    view = asked.get("view", "")
    return {
        "views": [
            {"title": title, "on": view == value, "address": f"?view={value}" if value else "?"}
            for value, title in VIEWS
        ],
        "view": view,
        "filters": [
            _filter("class", "类型", queries.top_classes(), asked),
            _filter("unit", "单位", dict(org_unit_options(desk)), asked),
            _filter("state", "状态", words.STATES, asked),
            _filter("channel", "渠道", words.CHANNELS, asked),
            _filter("grade", "等级", words.GRADES, asked),
            _filter("order", "排序", {"due": "先到时限"}, asked),
        ],
        "since": asked.get("since", ""),
        "until": asked.get("until", ""),
        "filtered": any(value for name, value in asked.items() if name not in {"after", "before"}),
        "searched": "",
    }


def _filter(name: str, title: str, options: dict[str, str], asked: QueryDict) -> dict[str, Any]:
    return {
        "name": name,
        "title": title,
        "value": asked.get(name, ""),
        "options": list(options.items()),
    }


def _query(asked: QueryDict) -> str:
    kept = asked.copy()
    for name in ("after", "before"):
        kept.pop(name, None)
    return f"{kept.urlencode()}&" if kept else ""


def _exports(desk: Desk, asked: QueryDict) -> list[tuple[str, str]]:
    if not desk.may("export.run"):
        return []
    return [
        (title, f"{reverse('case-export', args=[kind])}?{_query(asked)}")
        for kind, title in (("csv", "CSV 文件"), ("xlsx", "Excel 文件"))
    ]
