"""调取: ask for a file that is not one's own, sign, refuse, break the glass, review (SEC-01)."""

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from bihuan.domain.org.rules import require
from bihuan.domain.portfolios.actions import opening
from bihuan.domain.portfolios.choices import GLASS_LASTS, HOURS, LEAST_ALARM, LEAST_REASON, Purpose
from bihuan.domain.portfolios.queries import openings
from bihuan.domain.portfolios.queries.openings import GlassRow, RequestRow
from bihuan.domain.portfolios.queries.signers import ClosedFile, closed_file
from bihuan.kit.htmx import render
from bihuan.kit.problems import NotFound
from bihuan.surfaces.workspace import phrases
from bihuan.surfaces.workspace.desk import Desk, desk_of
from bihuan.surfaces.workspace.operations.operation import choice, chosen, either, number
from bihuan.surfaces.workspace.sheets.dialogs import Dialog, new_key
from bihuan.surfaces.workspace.views.conversations import converse

PURPOSES: Final = [(str(value), str(label)) for value, label in Purpose.choices]
LASTING: Final = [(str(one), f"{one} 小时" if one < 48 else f"{one // 24} 天") for one in HOURS]
GLASS_SPAN: Final = phrases.span(GLASS_LASTS.total_seconds(), elapsed=True).replace("时", " 小时")
KINDS: Final = ("sign", "mine", "glass", "open")


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List what waits for a signature, one's own requests, emergencies, and what is open now."""
    desk = desk_of(request)
    require(desk.access, "customer.view")
    kind = request.GET.get("view", "")
    if kind not in KINDS:
        kind = "sign" if desk.may("customer.sign") else "mine"
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    context: dict[str, Any] = {
        "kind": kind,
        "tabs": _tabs(desk, kind),
        "query": f"view={kind}&",
        "rows": [],
        "page": None,
    }
    if kind == "open":
        context["rows"] = openings.running_grants(desk.access, desk.at)
    elif kind == "glass":
        glass = openings.broken_glass(desk.access, after=after, before=before)
        context |= {"rows": glass.rows, "page": glass}
    else:
        page = openings.requests(desk.access, mine=kind == "mine", after=after, before=before)
        context |= {"rows": page.rows, "page": page}
    return render(request, "customer_access/list.html", context)


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Ask the manager to open a file."""
    desk = desk_of(request)
    closed = _closed(desk, customer_id)
    dialog = _asking(closed, request.path)

    def work(sent: Dialog) -> None:
        wanted = opening.Wanted(
            customer_id=closed.customer_id,
            purpose=Purpose(chosen(sent, "purpose") or Purpose.OTHER),
            why=sent.reason,
            hours=number(sent, "hours") or 0,
        )
        opening.ask_for_file(wanted=wanted, by=desk.actor, at=desk.at)

    return converse(request, dialog, work, "已提交，等经理签字")


@require_http_methods(["GET", "POST"])
def break_glass(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Open a file in an emergency."""
    desk = desk_of(request)
    require(desk.access, "customer.break_glass")
    closed = _closed(desk, customer_id)
    dialog = Dialog(
        address=request.path,
        sign="alert-octagon",
        title="紧急调阅",
        verb="立即打开",
        consequence=f"客户 {closed.number}，档案在 {_whose(closed)}。立即开放 {GLASS_SPAN}，同时告警经理，事后逐次复核。",
        reason_label="为什么等不及签字",
        least=LEAST_ALARM,
        key=new_key(),
    )

    def work(sent: Dialog) -> None:
        opening.break_glass(
            customer_id=closed.customer_id, reason=sent.reason, by=desk.actor, at=desk.at
        )

    answer = converse(request, dialog, work, f"已打开 {GLASS_SPAN}，经理已收到告警")
    if answer.status_code == 204:
        answer.headers["HX-Redirect"] = reverse("customer", args=[closed.customer_id])
    return answer


@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, request_id: int, verb: str) -> HttpResponse:
    """Sign, refuse, take back one's own, or close the file before its time."""
    desk = desk_of(request)
    row = openings.request_row(desk.access, request_id)
    if row is None or verb not in _VERBS:
        raise opening.RequestUnknown
    dialog, work, said = _VERBS[verb](row, desk, request.path)
    return converse(request, dialog, work, said)


@require_http_methods(["GET", "POST"])
def review(request: HttpRequest, glass_id: int) -> HttpResponse:
    """Say whether an emergency was one."""
    desk = desk_of(request)
    row = openings.glass_row(desk.access, glass_id)
    if row is None:
        raise opening.RequestUnknown
    dialog = _reviewing(row, request.path)

    def work(sent: Dialog) -> None:
        opening.review_glass(
            glass_id=glass_id,
            is_justified=chosen(sent, "verdict") == "true",
            said=sent.reason,
            by=desk.actor,
            at=desk.at,
        )

    return converse(request, dialog, work, "复核结论已记下")


def _asking(closed: ClosedFile, address: str) -> Dialog:
    return Dialog(
        address=address,
        sign="signature",
        title="申请调取客户档案",
        verb="提交申请",
        consequence=f"客户 {closed.number}，档案在 {_whose(closed)}。经理签字后按时开放，到时自动收回；每次查看留痕。",
        fields=[
            choice("purpose", "用途", PURPOSES, PURPOSES[0][0]),
            either("hours", "时长", LASTING, LASTING[0][0]),
        ],
        least=LEAST_REASON,
        key=new_key(),
    )


def _reviewing(row: GlassRow, address: str) -> Dialog:
    verdicts = (("true", "属实"), ("false", "不当调阅"))
    return Dialog(
        address=address,
        sign="eye-check",
        title="复核紧急调阅",
        verb="写下结论",
        consequence=f"{row.who} 调阅了 {row.customer or f'C-{row.customer_id:06d}'}：{row.why}",
        fields=[either("verdict", "结论", verdicts, "true")],
        reason_label="说明（不当调阅必填）",
        least=0,
        key=new_key(),
    )


Decision = tuple[Dialog, Callable[[Dialog], object], str]


def _signing(row: RequestRow, desk: Desk, address: str) -> Decision:
    dialog = Dialog(
        address=address,
        sign="signature",
        title="签字：开放客户档案",
        verb="签字开放",
        consequence=f"{row.who} 申请调取 {row.customer or f'C-{row.customer_id:06d}'}，{row.purpose}：{row.why}",
        fields=[either("hours", "开放时长", LASTING, str(row.hours))],
        reason_label="给申请人的话",
        least=0,
        key=new_key(),
    )

    def work(sent: Dialog) -> None:
        opening.sign_request(
            request_id=row.id,
            hours=number(sent, "hours"),
            said=sent.reason,
            by=desk.actor,
            at=desk.at,
        )

    return dialog, work, f"已对 {row.who} 开放"


def _refusing(row: RequestRow, desk: Desk, address: str) -> Decision:
    dialog = _plain(
        address, "circle-x", "不同意调取", f"{row.who} 会收到您的理由，档案保持关闭。", LEAST_REASON
    )

    def work(sent: Dialog) -> None:
        opening.refuse_request(request_id=row.id, reason=sent.reason, by=desk.actor, at=desk.at)

    return dialog, work, "已回绝"


def _withdrawing(row: RequestRow, desk: Desk, address: str) -> Decision:
    dialog = _plain(address, "arrow-back-up", "撤回申请", "经理不再看到这份申请。", 0)

    def work(_sent: Dialog) -> None:
        opening.withdraw_request(request_id=row.id, by=desk.actor, at=desk.at)

    return dialog, work, "已撤回"


def _ending(row: RequestRow, desk: Desk, address: str) -> Decision:
    dialog = _plain(address, "lock", "收回授权", f"{row.who} 立即不能再打开。", LEAST_REASON)

    def work(sent: Dialog) -> None:
        opening.end_grant(request_id=row.id, reason=sent.reason, by=desk.actor, at=desk.at)

    return dialog, work, "授权已收回"


def _plain(address: str, sign: str, title: str, consequence: str, least: int) -> Dialog:
    return Dialog(
        address=address,
        sign=sign,
        title=title,
        verb=title,
        consequence=consequence,
        least=least,
        key=new_key(),
    )


_VERBS: Final[dict[str, Callable[[RequestRow, Desk, str], Decision]]] = {
    "sign": _signing,
    "refuse": _refusing,
    "withdraw": _withdrawing,
    "end": _ending,
}


def _closed(desk: Desk, customer_id: int) -> ClosedFile:
    require(desk.access, "customer.view")
    found = closed_file(desk.access, customer_id)
    if found is None:
        raise NotFound("没有找到这位客户，或您本来就能查看。")
    return found


def _whose(closed: ClosedFile) -> str:
    return f"{closed.unit} {closed.owner} 名下" if closed.owner else f"{closed.unit}，尚无负责人"


def _tabs(desk: Desk, here: str) -> list[dict[str, object]]:
    waiting = openings.waiting_for(desk.access)
    titles = [("sign", f"待签字 {waiting}" if waiting else "待签字")] * desk.may("customer.sign")
    titles += [("mine", "我的申请"), ("glass", "紧急调阅"), ("open", "开放中")]
    address = reverse("customer-access")
    return [
        {"title": title, "address": f"{address}?view={kind}", "on": kind == here}
        for kind, title in titles
    ]
