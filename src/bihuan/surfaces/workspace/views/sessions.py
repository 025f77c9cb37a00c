"""One's own signed-in browsers."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from bihuan.domain.org import actions, queries, rules
from bihuan.kit import clock
from bihuan.kit.htmx import render


@require_safe
def index(request: Any) -> HttpResponse:
    """List the browsers one is signed in with."""
    found = queries.sessions_of(
        request.access.staff_id, clock.now(), current_key=request.session.session_key
    )
    devices = [(row, rules.device_name(row.user_agent)) for row in found]
    return render(request, "sessions/list.html", {"devices": devices})


@require_POST
def destroy(request: Any, ref: str) -> HttpResponse:
    """Sign out one browser."""
    actions.sign_out_session(staff_id=request.access.staff_id, ref=ref, at=clock.now())
    return HttpResponseRedirect(reverse("sessions"))


@require_POST
def destroy_others(request: Any) -> HttpResponse:
    """Sign out every browser but this one."""
    actions.sign_out_others(
        staff_id=request.access.staff_id, keep=request.session.session_key, at=clock.now()
    )
    return HttpResponseRedirect(reverse("sessions"))
