"""Checking what is drawn or filled in now, whether saved or not."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from bihuan.surfaces.studio import pages
from bihuan.surfaces.studio.answers import for_scripts
from bihuan.surfaces.studio.views import definitions, trials


@require_POST
@for_scripts
def check(request: HttpRequest, definition_id: int) -> HttpResponse:
    """Check a diagram or a table."""
    one = pages.shown(definition_id)
    view = definitions.check if one.kind == "process" else trials.check_table
    return view(request, definition_id)
