"""疑似重复客户: two files side by side; one press says whether they are one, another takes it back."""

from collections.abc import Callable
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bihuan.domain.customers.actions import merging, profiling
from bihuan.domain.customers.queries import pairs
from bihuan.domain.customers.queries.profile import customer_profile
from bihuan.domain.org.rules import require
from bihuan.kit.htmx import render
from bihuan.kit.problems import NotFound, Refused
from bihuan.surfaces.workspace.desk import Desk, desk_of
from bihuan.surfaces.workspace.sheets import customer_files as sheets
from bihuan.surfaces.workspace.sheets.dialogs import Dialog
from bihuan.surfaces.workspace.views.units import asked

SAID: Final = {"accept": "已合并", "refuse": "已记为两位客户"}


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show the pairs to decide about, and the chosen one's evidence."""
    desk = _merger(request)
    found = request.GET
    page = pairs.pair_queue(
        desk.access, after=found.get("after", ""), before=found.get("before", "")
    )
    wanted = found.get("pair", "")
    chosen = int(wanted) if wanted.isdecimal() else (page.rows[0].id if page.rows else 0)
    done = found.get("done", "")
    context = {
        "rows": [sheets.pair_line(row, chosen) for row in page.rows],
        "page": page,
        "pair": _sheet(desk, chosen) if chosen else None,
        "done": int(done) if done.isdecimal() else 0,
        "said": SAID.get(found.get("said", ""), ""),
    }
    return render(request, "customer_files/pairs.html", context)


@require_POST
def decide(request: HttpRequest, pair_id: int, verb: str) -> HttpResponse:
    """Merge the two, keep them apart, or take the last decision back."""
    desk = _merger(request)
    keep = request.POST.get("keep", "")
    verbs: dict[str, Callable[[], object]] = {
        "accept": lambda: merging.accept_pair(
            pair_id=pair_id,
            keep_id=int(keep) if keep.isdecimal() else None,
            by=desk.actor,
            at=desk.at,
        ),
        "refuse": lambda: merging.refuse_pair(pair_id=pair_id, by=desk.actor, at=desk.at),
        "reopen": lambda: merging.reopen_pair(pair_id=pair_id, by=desk.actor, at=desk.at),
    }
    if verb not in verbs:
        raise Http404
    verbs[verb]()
    way = f"?pair={pair_id}" if verb == "reopen" else f"?done={pair_id}&said={verb}"
    return HttpResponseRedirect(reverse("customer-pairs") + way)


@require_http_methods(["GET", "POST"])
def undo(request: HttpRequest, customer_id: int, merge_id: int) -> HttpResponse:
    """Ask why two files are parted again; part them."""
    desk = _merger(request)
    dialog = Dialog(
        address=reverse("customer-merge-undo", args=[customer_id, merge_id]),
        sign="arrows-split",
        title="撤销合并",
        verb="撤销合并",
        consequence="并入的档案连同它的联系方式、户号、工单一起恢复；合并之后新增的内容留在现档案。",
        reasons=("不是同一客户", "合并方向反了", "其他"),
        least=4,
    )
    if request.method == "GET":
        return asked(request, dialog)
    dialog = dialog.typed(request.POST)
    if not dialog.is_complete:
        return asked(request, dialog, status=422)
    try:
        merging.undo_merge(merge_id=merge_id, reason=dialog.whole_reason, by=desk.actor, at=desk.at)
    except Refused as refused:
        return asked(request, dialog.refused(refused), status=422)
    address = reverse("customer", args=[customer_id])
    return HttpResponse(status=204, headers={"HX-Redirect": address})


@require_POST
def choose(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Believe one source for one field."""
    desk = desk_of(request)
    row = request.POST.get("row", "")
    profiling.choose_value(
        customer_id=customer_id,
        field=request.POST.get("field", ""),
        row_id=int(row) if row.isdecimal() else 0,
        by=desk.actor,
        at=desk.at,
    )
    return HttpResponseRedirect(reverse("customer", args=[customer_id]))


def _sheet(desk: Desk, pair_id: int) -> dict[str, object] | None:
    try:
        row = pairs.pair(desk.access, pair_id)
        left = customer_profile(desk.access, row.left_id)
        right = customer_profile(desk.access, row.right_id)
    except NotFound:
        return None
    if row.state != "OPEN" or left.card.id == right.card.id:
        return None
    return sheets.pair_sheet(row, left, right)


def _merger(request: HttpRequest) -> Desk:
    desk = desk_of(request)
    require(desk.access, "customer.merge")
    return desk
