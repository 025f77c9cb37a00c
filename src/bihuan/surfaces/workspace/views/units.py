"""The current unit: take it, fill it in, pass it on, give it back."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bihuan.domain.cases import queries as cases
from bihuan.domain.cases.events import case_id_of
from bihuan.domain.processes import actions, queries
from bihuan.domain.processes.queries import UnitView
from bihuan.kit.htmx import render
from bihuan.kit.idempotency import Answer, Request, once
from bihuan.kit.problems import Invalid, Refused
from bihuan.surfaces.workspace import operations
from bihuan.surfaces.workspace.desk import Desk, desk_of
from bihuan.surfaces.workspace.errors import toast, trigger
from bihuan.surfaces.workspace.operations import Operation
from bihuan.surfaces.workspace.panels import unit_chips
from bihuan.surfaces.workspace.sheets.cases import case_address
from bihuan.surfaces.workspace.sheets.chips import NO_CHIP
from bihuan.surfaces.workspace.sheets.dialogs import Dialog
from bihuan.surfaces.workspace.sheets.fields import Filled
from bihuan.surfaces.workspace.sheets.typed import typed_values, with_row
from bihuan.surfaces.workspace.unit_forms import UnitForm, unit_form
from bihuan.surfaces.workspace.views.cases import case_fragment

CSRF = "csrfmiddlewaretoken"
SEEN = "seen"
NOTHING_TO_TAKE = "组内没有可取的工单"


@require_POST
def take_next(request: HttpRequest) -> HttpResponse:
    """Take the most urgent unit of one's posts that nobody has."""
    desk = desk_of(request)
    page = queries.inbox(
        desk.access, at=desk.at, wanted=queries.InboxFilter(open_only=True), size=1
    )
    if not page.rows:
        return toast(HttpResponse(status=204), NOTHING_TO_TAKE)
    return _claimed(request, desk, page.rows[0].id)


@require_safe
def show(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Lead to the case of a unit."""
    desk = desk_of(request)
    unit = queries.unit(desk.access, unit_id, at=desk.at)
    number = cases.case_number(case_id_of(unit.subject))
    return HttpResponseRedirect(f"{case_address(number)}?unit={unit_id}")


@require_POST
def claim(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Take a unit."""
    return _claimed(request, desk_of(request), unit_id)


@require_POST
def submit(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Pass the unit on; show what is missing on the same form when it is refused."""
    desk = desk_of(request)
    unit = queries.unit(desk.access, unit_id, at=desk.at)
    values = _typed(unit, request)
    goes_home = "submit" not in unit.operations and "complete_delegation" in unit.operations
    pass_on = actions.complete_delegation if goes_home else actions.submit
    try:
        pass_on(unit_id, values, by=desk.actor, at=desk.at)
    except Invalid as refused:
        return _form_again(request, desk, unit, values, refused)
    said = f"{unit.title}已交回委派人" if goes_home else f"{unit.title}已提交"
    return _moved(request, desk, unit, said)


@require_POST
def draft(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Keep what is typed; nothing moves."""
    desk = desk_of(request)
    unit = queries.unit(desk.access, unit_id, at=desk.at)
    actions.save_draft(unit_id, _typed(unit, request), by=desk.actor, at=desk.at)
    return HttpResponse(f"{timezone.localtime(desk.at):%H:%M} 已自动暂存")


@require_POST
def redraw(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Show the fields that belong to what was chosen so far."""
    desk = desk_of(request)
    unit = queries.unit(desk.access, unit_id, at=desk.at)
    values = _typed(unit, request)
    if unit.form:
        row = {name: request.GET.get(name, "") for name in ("add", "remove")}
        values = with_row(unit.form, values, **row)
    filled = Filled(values, {}, desk.at)
    return render(request, "units/_form.html", {"form": _form(unit, desk, filled)})


@require_http_methods(["GET", "POST"])
def operate(request: HttpRequest, unit_id: int, verb: str) -> HttpResponse:
    """Ask for the reason of an operation; carry it out when it is given."""
    desk = desk_of(request)
    unit = queries.unit(desk.access, unit_id, at=desk.at)
    operation = operations.named(verb)
    dialog = replace(operation.dialog(unit, desk), kept=[(SEEN, queries.unit_standing(unit_id))])
    if request.method == "GET":
        return asked(request, dialog)
    dialog = dialog.typed(request.POST)
    if not dialog.is_complete:
        return asked(request, dialog, status=422)
    try:
        carry_out_once(request, dialog, partial(_as_seen, request, operation, unit, desk, dialog))
    except Refused as refused:
        return asked(request, dialog.refused(refused), status=422)
    return answered(f"{operation.done}：{unit.title}")


def _as_seen(
    request: HttpRequest, operation: Operation, unit: UnitView, desk: Desk, dialog: Dialog
) -> None:
    """Carry an operation out on the unit as the dialog showed it."""
    if SEEN in request.POST:
        actions.require_unit_unchanged(unit.id, request.POST[SEEN])
    operation.carry_out(unit, desk, dialog)


def answered(said: str, *, undo: str = "") -> HttpResponse:
    """Close the dialog, say what happened, and let the page ask for what has changed."""
    answer = toast(HttpResponse(status=204), said, undo=undo)
    return trigger(answer, **{"dialog-close": "", "case-changed": "", "queue-changed": ""})


def carry_out_once(request: HttpRequest, dialog: Dialog, work: Callable[[], object]) -> None:
    """Do the work once for a dialog, however often it is sent."""

    def answer() -> Answer:
        work()
        return Answer(204, {})

    answer_once(request, dialog, answer)


def answer_once(request: HttpRequest, dialog: Dialog, work: Callable[[], Answer]) -> Answer:
    """Do the work once for a dialog, and answer the same however often it is sent."""
    posted = sorted((name, said) for name, said in request.POST.lists() if name != CSRF)
    scope = f"{desk_of(request).access.ref} {request.path}"[:80]
    attempt = Request(scope, dialog.key, repr(posted).encode())
    return once(attempt, work, at=desk_of(request).at)


def _claimed(request: HttpRequest, desk: Desk, unit_id: int) -> HttpResponse:
    actions.claim(unit_id, by=desk.actor, at=desk.at)
    unit = queries.unit(desk.access, unit_id, at=desk.at)
    return _moved(request, desk, unit, f"已取单：{unit.title}")


def _form(unit: UnitView, desk: Desk, filled: Filled) -> UnitForm:
    """Return the dock with what was typed, its clock beside it."""
    chip = unit_chips([unit.row], desk.at).get(unit.id, NO_CHIP)
    return unit_form(unit, desk, filled, chip=chip)


def _typed(unit: UnitView, request: HttpRequest) -> dict[str, Any]:
    return typed_values(unit.form, request.POST) if unit.form else {}


def _form_again(
    request: HttpRequest, desk: Desk, unit: UnitView, values: dict[str, Any], refused: Invalid
) -> HttpResponse:
    form = _form(unit, desk, Filled(values, refused.fields, desk.at, refused.message))
    response = render(request, "units/_form.html", {"form": form}, status=422)
    response.headers["HX-Retarget"] = "#unit-form"
    response.headers["HX-Reswap"] = "outerHTML"
    return response


def _moved(request: HttpRequest, desk: Desk, unit: UnitView, words: str) -> HttpResponse:
    response = case_fragment(request, desk, unit.subject)
    return trigger(toast(response, words), **{"queue-changed": ""})


def asked(request: HttpRequest, dialog: Dialog, *, status: int = 200) -> HttpResponse:
    """Show a dialog."""
    return render(request, "units/_reason_dialog.html", {"dialog": dialog}, status=status)
