"""资料质量: what the last look through all files found, and what each owner has to collect."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from bihuan.domain.customers.actions import consolidating
from bihuan.domain.customers.queries import consolidations
from bihuan.domain.org import queries as org
from bihuan.domain.org.rules import require
from bihuan.kit.htmx import render
from bihuan.surfaces.workspace.desk import desk_of


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Show the last runs and their report; begin one over one's own org unit and below."""
    desk = desk_of(request)
    require(desk.access, "customer.merge")
    if request.method == "POST":
        consolidating.start(unit_id=desk.unit_id or 0, by=desk.actor, at=desk.at)
        return HttpResponseRedirect(reverse("customer-runs"))
    runs = consolidations.last_runs(desk.access)
    owners = {one.owner_id for run in runs for one in run.owners} - {None}
    context = {
        "runs": runs,
        "run": next((one for one in runs if one.customers), None),
        "is_going": any(one.state != "DONE" for one in runs),
        "units": {one.id: one.name for one in desk.access.tree.units.values()},
        "names": org.names_of({one for one in owners if one is not None}),
    }
    return render(request, "customer_files/runs.html", context)


@require_safe
def collecting(request: HttpRequest) -> HttpResponse:
    """Show the person's own customers whose files lack something."""
    desk = desk_of(request)
    require(desk.access, "customer.view")
    asked = {name: request.GET.get(name, "") for name in ("after", "before")}
    page = consolidations.mine_to_collect(desk.access, **asked)
    return render(request, "customer_files/collecting.html", {"page": page, "query": ""})
