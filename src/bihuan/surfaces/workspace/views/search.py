"""One box finds cases and customers."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from bihuan.domain.cases import queries as cases
from bihuan.kit.htmx import render
from bihuan.kit.masking import mask_text
from bihuan.surfaces.workspace.desk import desk_of, look_up
from bihuan.surfaces.workspace.sheets.cases import case_line
from bihuan.surfaces.workspace.sheets.clocks import chips_of_cases
from bihuan.surfaces.workspace.sheets.customers import customer_line

MOST = 20


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show what fits; go straight to a case when its whole number was typed."""
    desk, text = desk_of(request), request.GET.get("q", "").strip()
    rows = cases.search(desk.access, text, size=MOST) if text else []
    found = [case_line(row, {}) for row in rows]
    if len(found) == 1 and found[0].number == text:
        return HttpResponseRedirect(found[0].address)
    chips = chips_of_cases([row.id for row in rows], desk.at)
    people = look_up(desk, text, size=MOST) if text else []
    context = {
        "searched": mask_text(text),
        "most": MOST,
        "cases": [case_line(row, chips) for row in rows],
        "customers": [customer_line(row) for row in people],
    }
    return render(request, "cases/search.html", context)
