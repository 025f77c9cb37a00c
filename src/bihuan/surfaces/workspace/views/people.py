"""Colleagues found by name, for the fields of dialogs that ask for a person."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from bihuan.domain.org import queries as org
from bihuan.kit.htmx import render
from bihuan.surfaces.workspace.desk import desk_of


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List people whose name contains what was typed in the field `name`."""
    desk = desk_of(request)
    typed = request.GET.get(request.GET.get("name", ""), "")
    found = org.staff_named(typed.partition("（")[0], desk.at)
    return render(request, "people/_options.html", {"people": found})
