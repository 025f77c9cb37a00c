"""One case in the drawer: supervise it, end an order, take care of an escalation."""

from collections.abc import Callable
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from bihuan.domain.cases import actions, queries
from bihuan.domain.escalations import actions as escalations
from bihuan.kit.htmx import render
from bihuan.kit.problems import NotFound, Refused
from bihuan.surfaces.command import drawer
from bihuan.surfaces.command.answers import do_once, told
from bihuan.surfaces.command.desk import Commander, commander_of


class OrderVerbUnknown(NotFound):
    """There is nothing of this name to do with an order."""

    message = "没有这个操作。"


@require_safe
def show(request: HttpRequest, number: str) -> HttpResponse:
    """Show a case in the drawer; only its story when the drawer is open already."""
    found = drawer.drawer(commander_of(request), number)
    part = "_story" if "story" in request.GET else "_drawer"
    return render(request, f"command/{part}.html", {"drawer": found, "limits": drawer.LIMITS})


@require_POST
def create_order(request: HttpRequest, number: str) -> HttpResponse:
    """Issue a supervision order; show the case as it is now when that is refused."""
    who, form = commander_of(request), drawer.typed(request.POST)
    seen = int(text) if (text := request.POST.get("seen", "")).isdecimal() else 0
    try:
        do_once(request, who, form.key, partial(drawer.issue, who, number, form, seen))
    except Refused as refused:
        return _drawn(request, who, number, drawer.refused(form, refused), status=422)
    return told(_drawn(request, who, number), "已发出督办")


@require_POST
def operate_order(request: HttpRequest, order_id: int, verb: str) -> HttpResponse:
    """Answer an order, accept or return the answer, or take the order back."""
    who = commander_of(request, "case.supervise", "unit.work", "case.view")
    order = queries.supervision_order(who.access, order_id)
    text, key = request.POST.get("text", "").strip(), request.POST.get("key", "")[:64]
    work = partial(do_once, request, who, key, partial(_operate, who, order_id, verb, text))
    return _after(request, who, order.number, work, _DONE.get(verb, ""))


_DONE = {
    "answer": "已答复督办",
    "confirm": "督办已销号",
    "return": "已退回，重新计时",
    "withdraw": "督办已撤回",
}


def _operate(who: Commander, order_id: int, verb: str, text: str) -> None:
    by, at = who.actor, who.at
    if verb == "answer":
        actions.answer_supervision(order_id=order_id, answer=text, by=by, at=at)
    elif verb in {"confirm", "return"}:
        actions.confirm_supervision(
            order_id=order_id, is_enough=verb == "confirm", note=text, by=by, at=at
        )
    elif verb == "withdraw":
        actions.withdraw_supervision(order_id=order_id, reason=text, by=by, at=at)
    else:
        raise OrderVerbUnknown


@require_POST
def acknowledge(request: HttpRequest, number: str, escalation_id: int) -> HttpResponse:
    """Say that one takes care of an escalation."""
    who = commander_of(request, "case.supervise", "case.view")
    note = request.POST.get("text", "")
    work = partial(escalations.acknowledge, escalation_id, note=note, by=who.actor, at=who.at)
    return _after(request, who, number, work, "已确认，由您跟进")


def _after(
    request: HttpRequest, who: Commander, number: str, work: Callable[[], None], said: str
) -> HttpResponse:
    """Do it and show the case as it is now, also when it was refused."""
    try:
        work()
    except Refused as refused:
        return told(_drawn(request, who, number, status=422), refused.message, bad=True)
    return told(_drawn(request, who, number), said)


def _drawn(
    request: HttpRequest,
    who: Commander,
    number: str,
    form: drawer.OrderForm | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {"drawer": drawer.drawer(who, number, form), "limits": drawer.LIMITS}
    response = render(request, "command/_drawer.html", context, status=status)
    response.headers["HX-Retarget"] = "#drawer"
    response.headers["HX-Reswap"] = "innerHTML"
    return response
