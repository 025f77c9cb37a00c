"""The price list, to be read."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from bihuan.domain.billing import queries
from bihuan.domain.org.rules import require
from bihuan.kit.htmx import render
from bihuan.surfaces.workspace.desk import desk_of


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List what each item costs where, now and as announced."""
    desk = desk_of(request)
    require(desk.access, "case.view")
    context = {"rows": queries.price_list(desk.at), "units": desk.access.tree.units}
    return render(request, "prices/list.html", {**context, "now": desk.at})
