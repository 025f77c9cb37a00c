"""What presses on people: supervision orders, escalations, bursts. Each list leads to its dialog."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from bihuan.domain.cases import actions, queries
from bihuan.domain.cases.events import case_id_of
from bihuan.domain.cases.queries import SupervisionRow
from bihuan.domain.escalations import actions as escalations, queries as escalated
from bihuan.kit.htmx import render
from bihuan.kit.masking import mask_text
from bihuan.kit.problems import NotFound
from bihuan.surfaces.workspace.desk import Desk, desk_of
from bihuan.surfaces.workspace.sheets.dialogs import Dialog, new_key
from bihuan.surfaces.workspace.sheets.pressing import burst_sheet, escalation_sheet, order_sheet
from bihuan.surfaces.workspace.views.conversations import converse

SHOWN: Final = 50


@require_safe
def orders(request: HttpRequest) -> HttpResponse:
    """List the orders: those to answer, or all under way."""
    desk, view = desk_of(request), request.GET.get("view", "")
    asked = queries.supervision_under_way if view == "all" else queries.supervision_to_answer
    page = asked(desk.access, after=request.GET.get("after", ""))
    context = {
        "orders": [order_sheet(row, desk.at) for row in page.rows],
        "page": page,
        "view": view,
        "query": f"view={view}&" if view else "",
        **tabs(desk, "orders-all" if view == "all" else "orders"),
    }
    return render(request, "pressing/orders.html", context)


@require_safe
def escalations_page(request: HttpRequest) -> HttpResponse:
    """List what was escalated to this person and waits for an acknowledgement."""
    desk = desk_of(request)
    rows = [
        escalation_sheet(row, queries.case_number(case_id_of(row.subject)))
        for row in escalated.unanswered_for(desk.access)
        if row.subject.startswith("case:")
    ]
    return render(request, "pressing/escalations.html", {"rows": rows, **tabs(desk, "escalations")})


@require_safe
def bursts(request: HttpRequest) -> HttpResponse:
    """List the bursts: those nobody has taken in hand, or all."""
    desk, everything = desk_of(request), request.GET.get("view") == "all"
    found = queries.bursts(desk.access, open_only=not everything, size=SHOWN)
    context = {
        "bursts": [burst_sheet(row) for row in found],
        "everything": everything,
        **tabs(desk, "bursts"),
    }
    return render(request, "pressing/bursts.html", context)


@require_http_methods(["GET", "POST"])
def operate(request: HttpRequest, order_id: int, verb: str) -> HttpResponse:
    """Answer an order, accept the answer, send it back or take the order back."""
    desk = desk_of(request)
    order = queries.supervision_order(desk.access, order_id)
    if verb not in _ORDERS:
        raise NotFound
    dialog, work, said = _ORDERS[verb](order, desk)
    return converse(request, dialog, work, f"{said}：{order.number}")


@require_http_methods(["GET", "POST"])
def acknowledge(request: HttpRequest, escalation_id: int) -> HttpResponse:
    """Say that one takes care of an escalation."""
    desk = desk_of(request)
    dialog = Dialog(
        address=request.path,
        sign="user-check",
        title="确认收到升级",
        verb="确认收到",
        consequence="由您接着督促，不再重复提醒；您的姓名和时间记入留痕。",
        reason_label="打算怎么办",
        least=0,
        key=new_key(),
    )

    def work(sent: Dialog) -> None:
        escalations.acknowledge(escalation_id, note=sent.whole_reason, by=desk.actor, at=desk.at)

    return converse(request, dialog, work, "已确认收到")


@require_http_methods(["GET", "POST"])
def take_burst(request: HttpRequest, burst_id: int) -> HttpResponse:
    """Say that one takes a burst in hand."""
    desk = desk_of(request)
    dialog = Dialog(
        address=request.path,
        sign="user-check",
        title="接手处理集中出现的问题",
        verb="接手",
        consequence="由您统一处理这批工单；可以并入一张母单统一答复。",
        reason_label="打算怎么办",
        least=0,
        key=new_key(),
    )

    def work(sent: Dialog) -> None:
        actions.take_burst(burst_id=burst_id, note=sent.whole_reason, by=desk.actor, at=desk.at)

    return converse(request, dialog, work, "已接手")


def tabs(desk: Desk, here: str) -> dict[str, Any]:
    """Return the tabs over these lists."""
    links = [
        ("orders", "待我答复", reverse("orders"), True),
        ("orders-all", "督办进行中", f"{reverse('orders')}?view=all", desk.may("case.view")),
        ("escalations", "待我确认的升级", reverse("escalations"), True),
        ("bursts", "多发问题", reverse("bursts"), desk.may("case.view")),
    ]
    return {
        "tabs": [
            {"title": title, "address": address, "on": name == here}
            for name, title, address, shown in links
            if shown
        ]
    }


_Plan = tuple[Dialog, Callable[[Dialog], None], str]


def _answer(order: SupervisionRow, desk: Desk) -> _Plan:
    dialog = _dialog(order, "answer", "答复督办", "答复", "答复送给督办人，由其销号或退回。")

    def work(sent: Dialog) -> None:
        actions.answer_supervision(
            order_id=order.id, answer=sent.whole_reason, by=desk.actor, at=desk.at
        )

    return dialog, work, "已答复督办"


def _confirm(order: SupervisionRow, desk: Desk) -> _Plan:
    dialog = _dialog(order, "confirm", "督办销号", "销号", "认可答复，这份督办到此结束。", least=0)
    return dialog, partial(_decide, order, desk, is_enough=True), "已销号"


def _return(order: SupervisionRow, desk: Desk) -> _Plan:
    words = "答复不够，退回重新答复；时限重新计。"
    dialog = _dialog(order, "return", "退回督办答复", "退回", words, least=4)
    return dialog, partial(_decide, order, desk, is_enough=False), "已退回"


def _decide(order: SupervisionRow, desk: Desk, sent: Dialog, *, is_enough: bool) -> None:
    actions.confirm_supervision(
        order_id=order.id,
        is_enough=is_enough,
        note=sent.whole_reason,
        by=desk.actor,
        at=desk.at,
    )


def _withdraw(order: SupervisionRow, desk: Desk) -> _Plan:
    words = "不再要求答复；督办和撤销的原因都留痕。"
    dialog = _dialog(order, "withdraw", "撤销督办", "撤销督办", words, least=4)

    def work(sent: Dialog) -> None:
        actions.withdraw_supervision(
            order_id=order.id, reason=sent.whole_reason, by=desk.actor, at=desk.at
        )

    return dialog, work, "已撤销督办"


def _dialog(
    order: SupervisionRow, verb: str, title: str, button: str, words: str, *, least: int = 6
) -> Dialog:
    lines = [f"{order.issuer} 督办：{order.reason}"]
    if order.answer:
        lines.append(f"{order.addressee} 答复：{order.answer}")
    return Dialog(
        address=reverse("order-operation", args=[order.id, verb]),
        sign="eye-check",
        title=f"{title}：{order.number}",
        verb=button,
        consequence=words,
        lines=[mask_text(line) for line in lines],
        least=least,
        key=new_key(),
    )


_ORDERS: Final[dict[str, Callable[[SupervisionRow, Desk], _Plan]]] = {
    "answer": _answer,
    "confirm": _confirm,
    "return": _return,
    "withdraw": _withdraw,
}
