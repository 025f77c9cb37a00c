"""What the browser needs to keep clocks counting between refreshes."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from bihuan.domain.clocks import queries
from bihuan.surfaces.workspace.desk import desk_of
from bihuan.surfaces.workspace.sheets.chips import slots

KEPT_SECONDS = 3600
MOST_CALENDARS = 20


@require_safe
def index(request: HttpRequest) -> JsonResponse:
    """Return the working slots of some calendars; the browser keeps them for an hour."""
    at = desk_of(request).at
    codes = request.GET.get("codes", "").split(",")[:MOST_CALENDARS]
    found = {code: slots(queries.calendar(code), at) for code in codes if code}
    return JsonResponse(found, headers={"Cache-Control": f"private, max-age={KEPT_SECONDS}"})
