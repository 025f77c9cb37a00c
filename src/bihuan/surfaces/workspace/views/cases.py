"""One case: its head, what happened, its unit's form, its process, what lies around it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from bihuan.domain.cases import actions, queries
from bihuan.domain.cases.events import case_id_of
from bihuan.kit.htmx import render, wants_fragment
from bihuan.surfaces.workspace import panels
from bihuan.surfaces.workspace.desk import Desk, desk_of
from bihuan.surfaces.workspace.errors import toast, trigger


@require_safe
def show(request: HttpRequest, number: str, tab: str = "facts") -> HttpResponse:
    """Show a case: alone when HTMX asks, else beside the queue."""
    desk = desk_of(request)
    unit_id = _number(request.GET.get("unit"))
    case = panels.case_panel(desk, number, unit_id=unit_id, tab=tab)
    if wants_fragment(request):
        return _fragment(request, case)
    later = {"queue": panels.queue_later(), "follow": False}
    return render(request, "cases/workbench.html", {**case, **later})


def original(request: HttpRequest, number: str) -> HttpResponse:
    """Show the customer's own words instead of what happened."""
    return show(request, number, tab="original")


def loop(request: HttpRequest, number: str) -> HttpResponse:
    """Show who was told, who must answer, what belongs together and what was learned."""
    return show(request, number, tab="loop")


@require_safe
def facts(request: HttpRequest, number: str) -> HttpResponse:
    """Show older facts, below those on the page."""
    desk, asked = desk_of(request), request.GET
    found = panels.facts_panel(desk, number, after=asked.get("after", ""))
    return render(request, "cases/_facts.html", {"facts": found})


@require_safe
def flow(request: HttpRequest, number: str) -> HttpResponse:
    """Show the process of a case with its clocks, facts and the customer's consent."""
    desk = desk_of(request)
    context = panels.flow_panel(desk, number, kind=request.GET.get("kind", ""))
    return render(request, "cases/flow.html", {**context, "now": desk.at})


@require_safe
def context(request: HttpRequest, number: str) -> HttpResponse:
    """Show what lies around a case: limits, the customer, similar cases."""
    desk = desk_of(request)
    return render(request, "cases/_context.html", panels.context_panel(desk, number))


@require_POST
def note(request: HttpRequest, number: str) -> HttpResponse:
    """Add a remark."""
    desk = desk_of(request)
    case = queries.case_view(desk.access, number)
    actions.add_note(
        case_id=case.row.id, text=request.POST.get("text", ""), by=desk.actor, at=desk.at
    )
    return trigger(toast(HttpResponse(status=204), "已记下备注"), **{"case-changed": ""})


def case_fragment(request: HttpRequest, desk: Desk, subject: str) -> HttpResponse:
    """Return a case after something was done to one of its units."""
    number = queries.case_number(case_id_of(subject))
    context: dict[str, Any] = panels.case_panel(desk, number)
    response = _fragment(request, context)
    response.headers["HX-Push-Url"] = context["case"].address
    return response


def _fragment(request: HttpRequest, case: dict[str, Any]) -> HttpResponse:
    """Return a case alone; the side panel follows it."""
    response = render(request, "cases/_case.html", {**case, "follow": True})
    if request.GET.get("first"):
        return response  # loaded beside the queue, not opened: a narrow page stays on the queue
    return trigger(response, **{"case-shown": {"number": case["case"].number}})


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None
