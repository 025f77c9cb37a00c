"""A case for its customer: how it goes, as it goes."""

from typing import Any

from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from bihuan.domain.attachments import queries as attachments
from bihuan.domain.cases.events import case_ref
from bihuan.domain.cases.queries.progress import progress
from bihuan.kit import clock
from bihuan.surfaces.portal import visitor
from bihuan.surfaces.portal.pages import public, render
from bihuan.surfaces.portal.sheets.progress import progress_sheet


@require_safe
@public
def show(request: HttpRequest, number: str) -> HttpResponseBase:
    """Show the whole page."""
    return _page(request, number, "case")


@require_safe
@public
def now(request: HttpRequest, number: str) -> HttpResponseBase:
    """Show what may have changed; the page asks for it again and again."""
    return _page(request, number, "_live")


@require_POST
@public
def leave(request: HttpRequest, number: str) -> HttpResponseBase:
    """Show the case no more in this browser: a phone may be lent."""
    visitor.forget(request, number)
    return HttpResponseRedirect(reverse("portal"))


def _page(request: HttpRequest, number: str, template: str) -> HttpResponseBase:
    at = clock.now()
    grant = visitor.grant_of(request, number, at)
    found = progress(grant.case_id, at=at)
    files = attachments.attachments_of(case_ref(grant.case_id))
    context: dict[str, Any] = {
        "sheet": progress_sheet(found, at),
        "case": found,
        "oob": template == "_live",
        "files": [one for one in files if one.added_by == grant.actor.ref],
    }
    return render(request, template, context, pack=found.pack)
