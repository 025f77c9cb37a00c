"""Where the public begins: what one can ask for, what everybody should know, questions often asked."""

from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from bihuan.domain.cases.queries import portal as portals
from bihuan.kit import clock
from bihuan.surfaces.portal import visitor
from bihuan.surfaces.portal.pages import public, render
from bihuan.surfaces.portal.sheets import request as sheets


@require_safe
@public
def index(request: HttpRequest) -> HttpResponseBase:
    """Show which services there are; with one, go to it."""
    found = portals.portals()
    if len(found) == 1:
        return HttpResponseRedirect(reverse("portal-service", args=[found[0].pack]))
    if not found:
        raise portals.PortalMissing("这里还没有开通网上服务，请拨打服务电话。")
    return render(request, "index", {"portals": found, "portal": None})


@require_safe
@public
def show(request: HttpRequest, pack: str) -> HttpResponseBase:
    """Show a pack's portal."""
    found, draft = portals.portal(pack), visitor.draft_of(request, pack)
    context = {
        "tops": sheets.tops(found, ""),
        "notices": found.notices_at(clock.now()),
        "unfinished": bool(draft["class_code"] or draft["text"]),
    }
    return render(request, "service", context, pack=pack)
