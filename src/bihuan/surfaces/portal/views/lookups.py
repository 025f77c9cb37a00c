"""Whose case is it? The number and the phone, then the code sent to it; or the receipt."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from bihuan.domain.cases.actions import portal as actions
from bihuan.domain.cases.actions.portal.proving import can_send
from bihuan.kit import clock
from bihuan.kit.problems import Refused
from bihuan.surfaces.portal import visitor
from bihuan.surfaces.portal.pages import public, render


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@public
def ask(request: HttpRequest) -> HttpResponseBase:
    """Ask for number and phone; send the code and ask for it."""
    if request.method == "GET":
        return _page(request, {"number": request.GET.get("number", "")[:20]})
    typed = _typed(request)
    try:
        actions.send_code(_claim(request), at=clock.now())
    except Refused as refused:
        return _page(request, typed, refused)
    return _page(request, {**typed, "was_sent": "1"})


@require_POST
@sensitive_post_parameters()
@public
def prove(request: HttpRequest) -> HttpResponseBase:
    """Take the code or the receipt, and show the case."""
    try:
        proven = actions.prove(_claim(request), request.POST.get("code", "")[:40], at=clock.now())
    except Refused as refused:
        return _page(request, {**_typed(request), "was_sent": "1"}, refused)
    visitor.begin_anew(request)
    visitor.allow(request, proven, clock.now())
    return HttpResponseRedirect(reverse("portal-case", args=[proven.number]))


def _claim(request: HttpRequest) -> actions.Claim:
    typed = _typed(request)
    return actions.Claim(typed["number"], typed["phone"], visitor.address_of(request))


def _typed(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST.get(name, "").strip()[:40] for name in ("number", "phone")}


def _page(
    request: HttpRequest, typed: dict[str, str], refused: Refused | None = None
) -> HttpResponse:
    context = {
        "typed": {"number": "", "phone": "", "was_sent": "", **typed},
        "errors": refused.fields if refused else {},
        "refusal": refused.message if refused else "",
        "can_send": can_send(),
        "demo": settings.DEMO_PHONE,
    }
    return render(request, "lookup", context, status=refused.status if refused else 200)
