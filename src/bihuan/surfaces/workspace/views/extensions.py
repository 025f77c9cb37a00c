"""Requests for more time that wait for this person's decision."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from bihuan.domain.org.rules import require
from bihuan.domain.processes import queries
from bihuan.kit.htmx import render
from bihuan.surfaces.workspace.desk import desk_of
from bihuan.surfaces.workspace.operations.pressing import asked_for
from bihuan.surfaces.workspace.sheets.people import names_behind


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the requests, newest first; each leads to the dialog that decides it."""
    desk = desk_of(request)
    require(desk.access, "unit.extend")
    page = queries.pending_extensions(desk.access, after=request.GET.get("after", ""))
    names = names_behind([row.requested_by for row in page.rows])
    rows = [
        {
            "title": row.title,
            "who": names.get(row.requested_by, "—"),
            "lines": asked_for(row, desk),
            "scope": "时限组" if row.clock_owner.startswith("group:") else "环节",
            "unit_address": reverse("unit", args=[row.unit_id]),
            "decide_address": reverse("unit-operation", args=[row.unit_id, "decide-extension"]),
        }
        for row in page.rows
    ]
    return render(request, "extensions/list.html", {"rows": rows, "page": page, "query": ""})
