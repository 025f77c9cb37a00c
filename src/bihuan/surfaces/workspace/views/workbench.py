"""工作台: what waits for me, the most urgent first."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from bihuan.domain.notifications.queries import ask_unread_count
from bihuan.kit import db
from bihuan.kit.htmx import render
from bihuan.surfaces.workspace.desk import desk_of
from bihuan.surfaces.workspace.panels import queue_panel


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show the queue; the first case is loaded beside it."""
    desk = desk_of(request)
    together = db.Together()
    context = {
        "unread": ask_unread_count(together, desk.access),
        "queue": queue_panel(desk, request.GET, together),
        "case": None,
        "form": None,
        "tab": "facts",
    }
    return render(request, "cases/workbench.html", context)


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """Show the queue for a filter."""
    desk = desk_of(request)
    queue = queue_panel(desk, request.GET, db.Together())
    return render(request, "cases/_queue.html", {"queue": queue})
