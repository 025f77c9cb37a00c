"""The desk and its panels, each asked for again when something changed."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from bihuan.kit.htmx import render
from bihuan.surfaces.command import panels
from bihuan.surfaces.command.desk import commander_of


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show the desk."""
    return render(
        request, "command/desk.html", panels.desk_page(commander_of(request), request.GET)
    )


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Show the board alone."""
    who, fresh = commander_of(request), "fresh" in request.GET
    context = panels.board_panel(who, request.GET, fresh=fresh)
    return render(request, "command/_board.html", context)


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """Show the figures and the tabs' counts."""
    who = commander_of(request)
    context = panels.figures_panel(who, request.GET) | panels.tabs_panel(who, request.GET)
    return render(request, "command/_figures.html", {**context, "apart": True})


@require_safe
def loads(request: HttpRequest) -> HttpResponse:
    """Show what the org units have in hand."""
    context = panels.loads_panel(commander_of(request), request.GET)
    return render(request, "command/_loads.html", context)


@require_safe
def orders(request: HttpRequest) -> HttpResponse:
    """Show the supervision orders under way."""
    return render(request, "command/_orders.html", panels.orders_panel(commander_of(request)))
