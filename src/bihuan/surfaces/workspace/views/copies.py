"""What was copied to me (抄送我的)."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from bihuan.domain.cases import queries as cases
from bihuan.domain.cases.events import case_id_of
from bihuan.domain.processes import actions, queries
from bihuan.kit.htmx import render
from bihuan.surfaces.workspace.desk import desk_of
from bihuan.surfaces.workspace.sheets.cases import case_address
from bihuan.surfaces.workspace.sheets.people import names_behind


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the copies, those not read marked."""
    desk, unread = desk_of(request), request.GET.get("view") == "unread"
    page = queries.copies_for(desk.access, unread_only=unread, after=request.GET.get("after", ""))
    context = {
        "rows": page.rows,
        "page": page,
        "unread_only": unread,
        "names": names_behind([row.sender for row in page.rows]),
        "query": "view=unread&" if unread else "",
    }
    return render(request, "copies/list.html", context)


@require_POST
def show(request: HttpRequest, copy_id: int) -> HttpResponse:
    """Note that a copy was read, and lead to its case."""
    desk = desk_of(request)
    found = queries.copy_for(desk.access, copy_id)
    actions.mark_copy_read(copy_id, by=desk.actor, at=desk.at)
    if not found.subject.startswith("case:"):
        return HttpResponseRedirect(reverse("copies"))
    number = cases.case_number(case_id_of(found.subject))
    return HttpResponseRedirect(f"{case_address(number)}?unit={found.unit_id}")
