"""Sign in and out."""

import ipaddress

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from bihuan.domain.org import actions
from bihuan.domain.org.ports import Device
from bihuan.kit import clock
from bihuan.kit.htmx import render


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Show the sign-in form; take it when it is sent."""
    values = {"login_name": request.POST.get("login_name", ""), "next": way_back(request)}
    if request.method == "GET":
        return render(request, "sign_in/new.html", {**values, "refusal": ""})
    at, device = clock.now(), device_of(request)
    try:
        staff = actions.sign_in(
            login_name=values["login_name"],
            password=request.POST.get("password", ""),
            device=device,
            at=at,
        )
    except actions.SignInRefused as refused:
        context = {**values, "refusal": refused.message}
        return render(request, "sign_in/new.html", context, status=refused.status)
    # A new session with a new key: whatever a stranger planted in the old one is gone.
    request.session.flush()
    request.session["_auth_user_id"] = str(staff.pk)
    request.session["signed_in_at"] = at.isoformat()
    request.session["ip"] = device.ip
    request.session["user_agent"] = device.user_agent
    return HttpResponseRedirect(values["next"])


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign this browser out."""
    actions.sign_out(session_key=request.session.session_key or "", at=clock.now())
    request.session.flush()
    return HttpResponseRedirect(reverse("sign-in"))


def way_back(request: HttpRequest) -> str:
    """Return the page to go to afterwards; only pages of ours count."""
    wanted = request.POST.get("next") or request.GET.get("next") or "/"
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else "/"


def device_of(request: HttpRequest) -> Device:
    """Return where a request comes from, as far as it tells."""
    address: str | None = str(request.META.get("REMOTE_ADDR", ""))
    try:
        ipaddress.ip_address(address or "")
    except ValueError:
        address = None
    return Device(address, request.headers.get("User-Agent", "")[:256])
