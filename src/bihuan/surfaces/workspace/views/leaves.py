"""One's own leave (休假): when one is away, who stands in, and being back early (TKT-11)."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from bihuan.domain.org import actions, queries as org
from bihuan.kit.htmx import render
from bihuan.kit.problems import Refused
from bihuan.surfaces.workspace.desk import Desk, desk_of
from bihuan.surfaces.workspace.operations.operation import (
    chosen,
    moment,
    moment_typed,
    person,
    staff_typed,
)
from bihuan.surfaces.workspace.sheets.dialogs import Dialog
from bihuan.surfaces.workspace.sheets.fields import FieldSheet

MISSING = "请填写时间"


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """List one's leaves from now on; note another one."""
    desk, form = desk_of(request), _form()
    if request.method == "GET":
        return _page(request, desk, form)
    form = form.typed(request.POST)
    try:
        actions.record_leave(absence=_absence(form, desk), by=desk.actor, at=desk.at)
    except Refused as refused:
        return _page(request, desk, form.refused(refused), status=422)
    return HttpResponseRedirect(reverse("leaves"))


@require_POST
def end(request: HttpRequest, leave_id: int) -> HttpResponse:
    """Be back early, or take a leave back that has not begun."""
    desk = desk_of(request)
    actions.end_leave(leave_id=leave_id, by=desk.actor, at=desk.at)
    return HttpResponseRedirect(reverse("leaves"))


def _form() -> Dialog:
    reason = FieldSheet(name="why", label="事由", kind="text", placeholder="可不填", width="w6")
    fields = [
        moment("since", "从"),
        moment("until", "到（当天不在岗，到此时回岗）"),
        person("cover", "代办人"),
        reason,
    ]
    return Dialog(reverse("leaves"), "", "", "登记", "", least=0, fields=fields)


def _absence(form: Dialog, desk: Desk) -> actions.Absence:
    since, until = moment_typed(form, "since"), moment_typed(form, "until")
    if since is None or until is None:
        empty = {name: MISSING for name, at in (("since", since), ("until", until)) if at is None}
        raise actions.LeaveIncomplete(fields=empty)
    cover = staff_typed(form, "cover")
    return actions.Absence(desk.staff_id, since, until, cover, chosen(form, "why")[:200])


def _page(request: HttpRequest, desk: Desk, form: Dialog, *, status: int = 200) -> HttpResponse:
    rows: list[dict[str, Any]] = [
        {"leave": one, "is_now": one.away_from <= desk.at}
        for one in org.leaves_ahead(desk.staff_id, desk.at)
    ]
    context = {"rows": rows, "form": form}
    return render(request, "leaves/list.html", context, status=status)
