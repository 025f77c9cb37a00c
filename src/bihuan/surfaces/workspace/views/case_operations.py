"""Everything that may be done with a case now, asked for only when somebody wants to see it."""

from dataclasses import replace
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from bihuan.domain.cases import actions, queries as cases
from bihuan.domain.cases.actions.acting import require_unchanged
from bihuan.domain.cases.queries import CaseView
from bihuan.domain.cases.queries.acts import latest_act
from bihuan.domain.processes import queries
from bihuan.domain.processes.queries import StripUnit, UnitView
from bihuan.kit.htmx import render
from bihuan.surfaces.workspace import case_operations, operations
from bihuan.surfaces.workspace.case_operations import CaseOperation
from bihuan.surfaces.workspace.desk import Desk, desk_of
from bihuan.surfaces.workspace.sheets.cases import ENDED
from bihuan.surfaces.workspace.sheets.dialogs import Dialog, new_key
from bihuan.surfaces.workspace.views.conversations import converse

MOST_UNITS = 12
ACT = "act"
OPEN = frozenset({"OPEN", "CLAIMED"})


@require_safe
def index(request: HttpRequest, number: str) -> HttpResponse:
    """List the operations: for each open unit, for what one has submitted, for the process, the case."""
    desk = desk_of(request)
    view = cases.case_view(desk.access, number)
    seen = _units(desk, view)
    groups = [(_heading(unit), _of(unit, "unit", "first")) for unit in seen]
    whole = {one["title"]: one for unit in seen for one in _of(unit, "whole")}
    groups.append(("整个流程", [*whole.values(), *_of_case(desk, view)]))
    groups += _of_the_loop(desk, view)
    shown = [(title, found) for title, found in groups if found]
    return render(request, "cases/_operations.html", {"groups": shown, "number": number})


@require_http_methods(["GET", "POST"])
def operate(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """Ask for what an operation on the whole case needs; carry it out when it is given."""
    desk = desk_of(request)
    view = cases.case_view(desk.access, number)
    operation = case_operations.named(verb)
    said = request.GET if request.method == "GET" else request.POST
    dialog = operation.dialog(view, desk, said)
    if operation.decides:
        seen = (ACT, str(latest_act(view.row.id).id))
        dialog = replace(dialog, kept=[*dialog.kept, seen])
    work = partial(_as_seen, operation, view, desk)
    return converse(request, dialog, work, f"{operation.told(view, desk, said)}：{number}")


def _as_seen(operation: CaseOperation, view: CaseView, desk: Desk, dialog: Dialog) -> None:
    """Carry an operation out on the case as its dialog showed it."""
    seen = dict(dialog.kept).get(ACT, "")
    if seen.isdecimal():
        require_unchanged(view.row.id, int(seen), locks=not operation.moves_process)
    operation.carry_out(view, desk, dialog)


@require_http_methods(["GET", "POST"])
def reopen(request: HttpRequest, number: str) -> HttpResponse:
    """Ask why a closed case is opened again; open it for another round."""
    desk = desk_of(request)
    view = cases.case_view(desk.access, number)

    def work(dialog: Dialog) -> None:
        actions.reopen_case(
            case_id=view.row.id, reason=dialog.whole_reason, by=desk.actor, at=desk.at
        )

    return converse(request, _why_again(number), work, "工单已重新打开")


def _why_again(number: str) -> Dialog:
    return Dialog(
        address=reverse("case-reopening", args=[number]),
        sign="refresh",
        title=f"重新打开工单 {number}",
        verb="重新打开",
        consequence="工单再走一轮，时限重新计；办过的人不能再回访确认。",
        reasons=("客户再次反映", "办结有误", "其他"),
        key=new_key(),
    )


def _units(desk: Desk, view: CaseView) -> list[UnitView]:
    """Return the units worth asking about: the open ones, what this person submitted last, or the last."""
    if view.row.instance_id is None:
        return []
    runs = [one for one in queries.units_of(view.row.instance_id) if one.id is not None]
    open_ = [one for one in runs if one.state in OPEN]
    mine = [one for one in runs if one.state == "DONE" and one.assignee_id == desk.staff_id]
    wanted = [*open_, *sorted(mine, key=_closed, reverse=True)[:3]] or sorted(runs, key=_closed)[
        -1:
    ]
    found = []
    for run in wanted[:MOST_UNITS]:
        try:
            found.append(queries.unit(desk.access, run.id or 0, at=desk.at))
        except queries.UnitMissing:
            continue
    return found


def _closed(unit: StripUnit) -> float:
    return unit.closed_at.timestamp() if unit.closed_at else 0.0


def _heading(unit: UnitView) -> str:
    return (
        f"{unit.title}（{unit.assignee or '待取'}）"
        if unit.closed_at is None
        else f"已办：{unit.title}"
    )


def _of(unit: UnitView, *places: str) -> list[dict[str, str]]:
    return [one for one in operations.offered(unit) if one["place"] in places]


def _of_the_loop(desk: Desk, view: CaseView) -> list[tuple[str, list[dict[str, str]]]]:
    """Return what may be done with the case itself, by what it is for."""
    codes = cases.case_operations(desk.access, view, at=desk.at)
    found: dict[str, list[dict[str, str]]] = {}
    for one in case_operations.offered(view.row.number, codes):
        found.setdefault(one["group"], []).append(one)
    return list(found.items())


def _of_case(desk: Desk, view: CaseView) -> list[dict[str, Any]]:
    if view.row.state not in ENDED or not desk.may("case.reopen", view.org_unit_id):
        return []
    address = reverse("case-reopening", args=[view.row.number])
    return [{"title": "重新打开工单", "sign": "refresh", "address": address, "place": "whole"}]
