"""`/healthz`: whether this process can do its work, for load balancers and `bihuan status`."""

import psycopg
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bihuan import __version__


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database can be read, else 503."""
    state = {"version": __version__, "database": "ok"}
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except (DatabaseError, psycopg.Error):
        state["database"] = "unreachable"
    return JsonResponse(state, status=200 if state["database"] == "ok" else 503)
