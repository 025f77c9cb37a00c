"""What every page of the portal has in common: open to strangers, never kept, refusals in the public's words."""

import functools
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache

from bihuan.domain.cases.queries import portal as portals
from bihuan.domain.cases.queries.portal import Portal
from bihuan.kit import htmx
from bihuan.kit.problems import NotFound, Refused
from bihuan.surfaces.portal.visitor import NotShown

View = Callable[..., HttpResponseBase]
TITLES = {403: "现在不能这样做", 404: "没有找到", 429: "操作太频繁了", 503: "暂时办不了"}


def public(view: View) -> View:
    """Open a view to everybody; a refusal becomes a page of the portal, a case not proved the way to prove it."""

    @functools.wraps(view)
    def shown(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **named)
        except NotShown:
            return _to_proof(request, str(named.get("number", "")))
        except Refused as refused:
            return refusal(request, refused)

    return login_not_required(never_cache(shown))


def render(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    pack: str = "",
    status: int = 200,
) -> HttpResponse:
    """Render a page with the head of a pack's portal."""
    head = {"portal": portals.portal(pack) if pack else _only_one(), "once": uuid.uuid4().hex}
    return htmx.render(request, f"portal/{template}.html", {**head, **context}, status=status)


def refusal(request: HttpRequest, refused: Refused) -> HttpResponse:
    """Say in one sentence why something cannot be done, and where to go on."""
    context = {"title": TITLES.get(refused.status, "现在不能这样做"), "message": refused.message}
    return render(request, "refused", context, status=refused.status)


def not_found(request: HttpRequest) -> HttpResponse:
    """Answer an address of the portal that leads nowhere."""
    return refusal(request, NotFound("没有这一页，请从首页重新进入。"))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer when we failed; it needs no database, which may be what failed."""
    context = {
        "portal": None,
        "title": "服务器出错",
        "message": "这一步没有保存，请稍后再试；着急的话请拨打服务电话。",
    }
    return htmx.render(request, "portal/refused.html", context, status=500)


def _only_one() -> Portal | None:
    found = portals.portals()
    return found[0] if len(found) == 1 else None


def _to_proof(request: HttpRequest, number: str) -> HttpResponse:
    address = f"{reverse('portal-lookup')}?{urlencode({'number': number})}"
    if htmx.wants_fragment(request):
        return HttpResponse(status=401, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)
