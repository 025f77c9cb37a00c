"""划转: hand customers over, sign and name whom, note the first calls (CUS-16, CBK-05)."""

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from bihuan.domain.org.rules import require
from bihuan.domain.portfolios.actions import first_calls, handovers as actions
from bihuan.domain.portfolios.choices import LEAST_REASON, MOST_HANDED_OVER, CallOutcome
from bihuan.domain.portfolios.queries import handovers as queries
from bihuan.domain.portfolios.queries.handovers import HandoverRow
from bihuan.engines.contacting import FREE
from bihuan.kit.htmx import render
from bihuan.kit.problems import NotFound, Refused
from bihuan.surfaces.workspace.desk import Desk, desk_of, owners_named
from bihuan.surfaces.workspace.operations.operation import chosen, either, person, staff_needed
from bihuan.surfaces.workspace.sheets.customer_page import call_line
from bihuan.surfaces.workspace.sheets.dialogs import DESPITE, Dialog, new_key, warned
from bihuan.surfaces.workspace.views.conversations import converse

SHOWN: Final = 200
OUTCOMES: Final = [(str(value), str(label)) for value, label in CallOutcome.choices]


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the hand-overs one signs for, asked for or got."""
    desk = desk_of(request)
    require(desk.access, "customer.view")
    mine = request.GET.get("view") == "mine"
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = queries.handovers(desk.access, mine=mine, after=after, before=before)
    context = {"page": page, "mine": mine, "query": "view=mine&" if mine else ""}
    return render(request, "customer_handovers/list.html", context)


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Choose customers by owner and selection, or one by one; ask for their hand-over."""
    desk = desk_of(request)
    require(desk.access, "customer.view")
    if request.method == "GET":
        return render(request, "customer_handovers/new.html", _form(desk, request.GET))
    form = _form(desk, request.POST)
    picked = {int(one) for one in request.POST.getlist("pick") if one.isdecimal()}
    found = [one.id for one in form["rows"]]
    ids = found if "all" in request.POST else [one for one in found if one in picked]
    new_one = actions.NewHandover(ids, request.POST.get("reason", ""), form["condition"])
    try:
        made = actions.ask_for_handover(new=new_one, by=desk.actor, at=desk.at)
    except Refused as refused:
        context = form | {"refusal": refused, "picked": picked}
        return render(request, "customer_handovers/new.html", context, status=422)
    return HttpResponseRedirect(reverse("customer-handover", args=[made.pk]))


@require_safe
def show(request: HttpRequest, handover_id: int) -> HttpResponse:
    """Show one hand-over: who asked, who signed, whom the new owner has called."""
    desk = desk_of(request)
    row = _row(desk, handover_id)
    page = queries.lines(desk.access, handover_id, after=request.GET.get("after", ""))
    stands = queries.may_call([one.id for one in page.rows], at=desk.at) if row.is_mine else {}
    calls = {line_id: call_line(one) for line_id, one in stands.items()}
    context = {"row": row, "page": page, "query": "", "calls": calls}
    return render(request, "customer_handovers/show.html", context)


@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, handover_id: int, verb: str) -> HttpResponse:
    """Sign and name the new owner, refuse, or take a signature back."""
    desk = desk_of(request)
    row = _row(desk, handover_id)
    if verb not in _VERBS:
        raise NotFound
    dialog, work, said = _VERBS[verb](row, desk, request.path)
    return converse(request, dialog, work, said)


@require_http_methods(["GET", "POST"])
def call(request: HttpRequest, handover_id: int, line_id: int) -> HttpResponse:
    """Note the first call to a customer one was given."""
    desk = desk_of(request)
    row = _row(desk, handover_id)
    dialog = Dialog(
        address=request.path,
        sign="phone-check",
        title="记录首次联系",
        verb="记下",
        consequence="告诉客户由于内部调整，现在由您负责；记下客户的反应。",
        fields=[either("outcome", "结果", OUTCOMES, OUTCOMES[0][0])],
        reason_label="客户反应",
        least=2,
        key=new_key(),
    )

    def work(sent: Dialog) -> None:
        outcome = CallOutcome(chosen(sent, "outcome") or CallOutcome.REACHED)
        made = first_calls.FirstCall(outcome, sent.reason, chosen(sent, DESPITE))
        first_calls.note_first_call(line_id=line_id, call=made, by=desk.actor, at=desk.at)

    stands = queries.may_call([line_id], at=desk.at).get(line_id, FREE)
    return converse(request, warned(dialog, stands), work, f"已记录（{row.number}）")


Decision = tuple[Dialog, Callable[[Dialog], object], str]


def _signing(row: HandoverRow, desk: Desk, address: str) -> Decision:
    dialog = Dialog(
        address=address,
        sign="signature",
        title=f"签字划转 {row.number}",
        verb="签字并划转",
        consequence=f"{row.count} 位客户一起划给移交对象，要么全部划转，要么都不动；新旧负责人都会收到通知，首次联系从现在计时。",
        fields=[person("owner", "移交对象")],
        reason_label="嘱咐",
        least=0,
        key=new_key(),
    )

    def work(sent: Dialog) -> None:
        owner = staff_needed(sent, "owner")
        actions.sign_handover(
            handover_id=row.id, owner_id=owner, said=sent.reason, by=desk.actor, at=desk.at
        )

    return dialog, work, f"{row.number} 已划转"


def _refusing(row: HandoverRow, desk: Desk, address: str) -> Decision:
    dialog = _plain(address, "circle-x", "不同意划转", "客户留在原负责人名下，提交人会收到理由。")

    def work(sent: Dialog) -> None:
        actions.refuse_handover(handover_id=row.id, reason=sent.reason, by=desk.actor, at=desk.at)

    return dialog, work, f"{row.number} 未同意"


def _undoing(row: HandoverRow, desk: Desk, address: str) -> Decision:
    words = "客户全部退回原负责人；新负责人联系过任何一位以后就不能再撤销。"
    dialog = _plain(address, "arrow-back-up", "撤销划转", words)

    def work(sent: Dialog) -> None:
        actions.undo_handover(handover_id=row.id, reason=sent.reason, by=desk.actor, at=desk.at)

    return dialog, work, f"{row.number} 已撤销"


def _plain(address: str, sign: str, title: str, consequence: str) -> Dialog:
    return Dialog(address, sign, title, title, consequence, least=LEAST_REASON, key=new_key())


_VERBS: Final[dict[str, Callable[[HandoverRow, Desk, str], Decision]]] = {
    "sign": _signing,
    "refuse": _refusing,
    "undo": _undoing,
}


def _row(desk: Desk, handover_id: int) -> HandoverRow:
    require(desk.access, "customer.view")
    row = queries.handover(desk.access, handover_id)
    if row is None:
        raise actions.HandoverUnknown
    return row


def _form(desk: Desk, asked: Any) -> dict[str, Any]:
    """Return what the page shows: whose customers, which selection finds whom."""
    typed, code = asked.get("from", "").strip(), asked.get("selection", "")
    owners = owners_named(desk, typed)
    offered = queries.offered(desk.access)
    rows = queries.candidates(desk.access, owner_ids=owners, code=code, at=desk.at)
    titles = {one.code: one.title for one in offered}
    return {
        "rows": rows,
        "shown": rows[:SHOWN],
        "too_many": len(rows) > MOST_HANDED_OVER,
        "whose": typed,
        "selection": code,
        "offered": offered,
        "condition": titles.get(code, ""),
        "reason": asked.get("reason", ""),
        "picked": None,
        "refusal": None,
    }
