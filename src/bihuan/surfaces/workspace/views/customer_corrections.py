"""资料修正: report a wrong value, assign it, write it right (CUS-15); write an agency's change down (CUS-14)."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from bihuan.domain.org.rules import require
from bihuan.domain.portfolios.actions import corrections as actions
from bihuan.domain.portfolios.choices import LEAST_REASON
from bihuan.domain.portfolios.queries import corrections as queries
from bihuan.domain.portfolios.queries.corrections import CorrectionRow
from bihuan.kit.htmx import render
from bihuan.kit.problems import NotFound
from bihuan.surfaces.workspace.desk import Desk, desk_of
from bihuan.surfaces.workspace.operations.operation import choice, chosen, person, staff_needed
from bihuan.surfaces.workspace.sheets.dialogs import Dialog, new_key
from bihuan.surfaces.workspace.sheets.fields import FieldSheet
from bihuan.surfaces.workspace.views.conversations import converse


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the corrections one signs for, works on or reported."""
    desk = desk_of(request)
    require(desk.access, "customer.view")
    done = request.GET.get("view") == "done"
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = queries.corrections(desk.access, done=done, after=after, before=before)
    context = {"page": page, "done": done, "query": "view=done&" if done else ""}
    return render(request, "customer_access/corrections.html", context)


@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Report a wrong value."""
    desk = desk_of(request)
    dialog = Dialog(
        address=request.path,
        sign="pencil-exclamation",
        title="报告资料有误",
        verb="报告",
        consequence="经理安排档案专员修正，改好后通知您。",
        fields=[choice("field", "哪一项", list(actions.fields().items()), "phone")],
        reason_label="错在哪里，应该是什么",
        least=LEAST_REASON,
        key=new_key(),
    )

    def work(sent: Dialog) -> None:
        wrong = actions.Wrong(customer_id, chosen(sent, "field"), sent.reason)
        actions.report_mistake(wrong=wrong, by=desk.actor, at=desk.at)

    return converse(request, dialog, work, "已报告，等经理安排")


@require_http_methods(["GET", "POST"])
def for_agency(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Have an agency's change written down by an archivist."""
    desk = desk_of(request)
    require(desk.access, "customer.sign")
    dialog = _agency(request.path)

    def work(sent: Dialog) -> None:
        actions.ask_for_agency(
            wrong=actions.Wrong(customer_id, chosen(sent, "field"), sent.reason),
            sender=chosen(sent, "sender"),
            archivist_id=staff_needed(sent, "archivist"),
            by=desk.actor,
            at=desk.at,
        )

    return converse(request, dialog, work, "已交档案专员")


@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, correction_id: int, verb: str) -> HttpResponse:
    """Assign an archivist, write the value right, or leave it as it is."""
    desk = desk_of(request)
    row = queries.correction(desk.access, correction_id)
    if row is None or verb not in _VERBS:
        raise NotFound("没有找到这份修正，或不在您的范围内。")
    dialog, work, said = _VERBS[verb](row, desk, request.path)
    return converse(request, dialog, work, said)


Decision = tuple[Dialog, Callable[[Dialog], object], str]


def _agency(address: str) -> Dialog:
    sender = FieldSheet(
        name="sender",
        label="地区办或代理商",
        placeholder="如 临原地区办",
        width="w6",
        required=True,
    )
    return Dialog(
        address=address,
        sign="building-community",
        title="代理商变更",
        verb="交办",
        consequence="按代理商或地区办的要求更改资料：内容由您提供，档案专员录入，前后值都留下。",
        fields=[
            sender,
            choice("field", "哪一项", list(actions.fields().items()), "phone"),
            person("archivist", "档案专员"),
        ],
        reason_label="改成什么，依据什么",
        least=LEAST_REASON,
        key=new_key(),
    )


def _assigning(row: CorrectionRow, desk: Desk, address: str) -> Decision:
    dialog = Dialog(
        address=address,
        sign="user-check",
        title="安排修正",
        verb="安排",
        consequence=f"{row.reported_by} 报告{row.field}有误：{row.said}。档案在修正期间对档案专员开放，最长 7 天。",
        fields=[person("archivist", "档案专员")],
        asks_reason=False,
        least=0,
        key=new_key(),
    )

    def work(sent: Dialog) -> None:
        actions.assign(
            correction_id=row.id,
            archivist_id=staff_needed(sent, "archivist"),
            by=desk.actor,
            at=desk.at,
        )

    return dialog, work, "已安排"


def _correcting(row: CorrectionRow, desk: Desk, address: str) -> Decision:
    value = FieldSheet(
        name="value", label=f"正确的{row.field}", width="w6", required=True, max_length=300
    )
    dialog = Dialog(
        address=address,
        sign="pencil-check",
        title=f"修正{row.field}",
        verb="改好了",
        consequence=f"{row.reported_by} 说：{row.said}。改前改后的值留痕，报告人会收到通知。",
        fields=[value],
        asks_reason=False,
        least=0,
        key=new_key(),
    )

    def work(sent: Dialog) -> None:
        actions.correct(
            correction_id=row.id, value=chosen(sent, "value"), by=desk.actor, at=desk.at
        )

    return dialog, work, "已修正"


def _refusing(row: CorrectionRow, desk: Desk, address: str) -> Decision:
    dialog = Dialog(
        address,
        "circle-x",
        "不用改",
        "不用改",
        f"{row.reported_by} 会收到您的理由，资料保持原样。",
        least=LEAST_REASON,
        key=new_key(),
    )

    def work(sent: Dialog) -> None:
        actions.refuse(correction_id=row.id, reason=sent.reason, by=desk.actor, at=desk.at)

    return dialog, work, "已回复报告人"


_VERBS: Final[dict[str, Callable[[CorrectionRow, Desk, str], Decision]]] = {
    "assign": _assigning,
    "correct": _correcting,
    "refuse": _refusing,
}
