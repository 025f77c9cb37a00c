"""The case base, and the report of corrective and preventive measures of a case."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from bihuan.domain.cases import actions, queries
from bihuan.domain.cases.queries import StudyFilter, StudyRow
from bihuan.domain.org.rules import require
from bihuan.kit.htmx import render
from bihuan.kit.paging import Page
from bihuan.kit.problems import NotFound
from bihuan.surfaces.workspace.desk import Desk, desk_of
from bihuan.surfaces.workspace.loop_panels import loop_panel
from bihuan.surfaces.workspace.operations.operation import org_unit_options
from bihuan.surfaces.workspace.panels import case_panel
from bihuan.surfaces.workspace.sheets.cases import case_address
from bihuan.surfaces.workspace.sheets.dialogs import Dialog, new_key
from bihuan.surfaces.workspace.sheets.masks import masked
from bihuan.surfaces.workspace.sheets.people import names_behind
from bihuan.surfaces.workspace.views.conversations import converse

FOUND: Final = 30


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show the case base: newest first, or what is nearest to the words asked for; or what waits."""
    desk, asked = desk_of(request), request.GET
    require(desk.access, "case.view")
    text, region = asked.get("q", "").strip(), asked.get("region", "")
    drafts = asked.get("view") == "drafts"
    page = _page(desk, asked, "" if drafts else text)
    context = {
        "rows": [_shown(desk, row) for row in page.rows],
        "page": page,
        "text": text,
        "region": region,
        "regions": org_unit_options(desk),
        "drafts": drafts,
        "may_publish": desk.may("case.study"),
        "query": "".join(f"{k}={asked[k]}&" for k in ("view", "region") if asked.get(k)),
        "names": names_behind([row.by for row in page.rows]),
    }
    return render(request, "studies/list.html", context)


def _page(desk: Desk, asked: QueryDict, text: str) -> Page[StudyRow]:
    """Return the nearest to some words, or all in order."""
    region = asked.get("region", "")
    region_id = int(region) if region.isdecimal() else None
    if text:
        found = queries.search_studies(text, pack="", region_id=region_id, size=FOUND)
        return Page(queries.studies_named(desk.access, [one.id for one in found]))
    wanted = StudyFilter(region_id=region_id, is_published=asked.get("view") != "drafts")
    return queries.case_base(desk.access, wanted, after=asked.get("after", ""))


@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, study_id: int) -> HttpResponse:
    """Offer a study to everybody."""
    desk = desk_of(request)
    dialog = Dialog(
        address=request.path,
        sign="book-upload",
        title="发布案例",
        verb="发布",
        consequence="发布后推荐给遇到类似问题的人；请核对没有客户姓名、号码和地址。",
        asks_reason=False,
        least=0,
        key=new_key(),
    )

    def work(_sent: Dialog) -> None:
        actions.publish_study(study_id=study_id, by=desk.actor, at=desk.at)

    return converse(request, dialog, work, "案例已发布")


@require_safe
def capa(request: HttpRequest, number: str) -> HttpResponse:
    """Show the report of a case's measures, ready to be printed and signed."""
    desk = desk_of(request)
    view = queries.case_view(desk.access, number)
    loop = loop_panel(desk, view)
    report = loop.learned["capa"]
    if report is None:
        raise NotFound("这件工单还没有制订纠正预防措施。")
    context = {
        **case_panel(desk, number, tab="report"),
        "capa": report,
        "state": loop.learned["capa_state"],
        "causes": loop.learned["causes"],
        "buttons": loop.buttons,
        "names": names_behind([report.by, report.checked_by]),
        "now": desk.at,
    }
    return render(request, "studies/capa.html", context)


def _shown(desk: Desk, row: StudyRow) -> dict[str, Any]:
    unit = desk.access.tree.units.get(row.region_id or 0)
    return {
        "row": masked(row),
        "region": unit.name if unit else "",
        "case_address": case_address(row.number) if row.number else "",
        "publish_address": reverse("study-publication", args=[row.id]) if row.may_publish else "",
    }
