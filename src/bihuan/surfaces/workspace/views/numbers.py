"""The whole number of whoever got in touch about a case: for a reason, each look kept as a fact."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from bihuan.domain.cases import actions, queries
from bihuan.domain.cases.queries.calling import may_call
from bihuan.domain.org.rules import require
from bihuan.kit.htmx import render
from bihuan.kit.problems import Invalid
from bihuan.surfaces.workspace.desk import desk_of
from bihuan.surfaces.workspace.operations.operation import chosen
from bihuan.surfaces.workspace.sheets.dialogs import DESPITE, number_dialog, warned


@require_http_methods(["GET", "POST"])
def phone(request: HttpRequest, number: str) -> HttpResponse:
    """Ask why the number is needed; show it to those who may see it."""
    desk = desk_of(request)
    require(desk.access, "customer.see_phone")
    view = queries.case_view(desk.access, number)
    name = view.row.contact_name or "未留名"
    dialog = number_dialog(reverse("case-phone", args=[number]), name)
    dialog = warned(dialog, may_call(view.row.id, at=desk.at))
    if request.method == "GET":
        return render(request, "units/_reason_dialog.html", {"dialog": dialog})
    dialog = dialog.typed(request.POST)
    if not dialog.is_complete:
        return render(request, "units/_reason_dialog.html", {"dialog": dialog}, status=422)
    try:
        value = actions.reveal_phone(
            view=view,
            reason=dialog.whole_reason,
            despite=chosen(dialog, DESPITE),
            by=desk.actor,
            at=desk.at,
        )
    except Invalid as refused:
        context = {"dialog": dialog.refused(refused)}
        return render(request, "units/_reason_dialog.html", context, status=422)
    return render(request, "customers/_phone.html", {"phone": value, "name": name})
