"""What people set for themselves: how early they are warned (TKT-07)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from bihuan.domain.org import queries as org
from bihuan.domain.processes import actions
from bihuan.kit.htmx import render
from bihuan.kit.problems import Invalid
from bihuan.surfaces.workspace.desk import desk_of

USUAL = ("30m", "1h", "2h", "4h", "1wd", "80%")


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest) -> HttpResponse:
    """Show the warning lead; take a new one, and say how many units in hand follow it."""
    desk = desk_of(request)
    context: dict[str, Any] = {"usual": USUAL, "error": "", "saved": False, "units": 0}
    if request.method == "GET":
        context["lead"] = org.warning_lead(desk.staff_id, desk.at)
        return render(request, "preferences/edit.html", context)
    lead = context["lead"] = request.POST.get("lead", "").strip()
    try:
        units = actions.set_warning_lead(
            staff_id=desk.staff_id, lead=lead, by=desk.actor, at=desk.at
        )
    except Invalid as refused:
        error = refused.fields.get("lead", refused.message)
        return render(request, "preferences/edit.html", {**context, "error": error}, status=422)
    return render(request, "preferences/edit.html", {**context, "saved": True, "units": units})
