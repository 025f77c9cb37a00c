"""Change one's own password."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from bihuan.domain.org import actions
from bihuan.kit import clock
from bihuan.kit.htmx import render
from bihuan.surfaces.workspace.views.sign_in import way_back


@never_cache
@sensitive_post_parameters("old", "new", "again")
@require_http_methods(["GET", "POST"])
def edit(request: Any) -> HttpResponse:
    """Show the form; take it when it is sent."""
    context = {
        "next": way_back(request),
        "is_first": request.visit.must_change_password,
        "fields": {},
        "login_name": request.user.login_name,
    }
    if request.method == "GET":
        return render(request, "passwords/edit.html", context)
    posted = {name: request.POST.get(name, "") for name in ("old", "new", "again")}
    fields = _refusals(request, posted)
    if fields:
        context["fields"] = fields
        return render(request, "passwords/edit.html", context, status=422)
    return HttpResponseRedirect(context["next"])


def _refusals(request: Any, posted: dict[str, str]) -> dict[str, str]:
    """Change the password; return what stands in the way, by field."""
    if posted["new"] != posted["again"]:
        return {"again": "两次输入的新密码不一致。"}
    try:
        actions.change_password(
            staff_id=request.access.staff_id,
            old=posted["old"],
            new=posted["new"],
            session_key=request.session.session_key,
            at=clock.now(),
        )
    except actions.PasswordTooWeak as refused:
        return refused.fields
    return {}
