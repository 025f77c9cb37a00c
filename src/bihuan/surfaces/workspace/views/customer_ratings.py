"""客户评级: a rating is asked for, its report read, and approved or sent back by somebody else."""

from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from bihuan.domain.customers.actions import rating
from bihuan.domain.customers.actions.exporting import Watermark
from bihuan.domain.customers.queries import ratings
from bihuan.domain.customers.queries.schemes import schemes
from bihuan.engines.tiers.explaining import plain
from bihuan.kit.htmx import render
from bihuan.kit.problems import NotAllowed, Refused
from bihuan.surfaces.workspace.desk import Desk, desk_of
from bihuan.surfaces.workspace.sheets import ratings as sheets
from bihuan.surfaces.workspace.sheets.dialogs import Dialog
from bihuan.surfaces.workspace.sheets.people import names_behind
from bihuan.surfaces.workspace.views.tables_out import Table, kind_asked, send
from bihuan.surfaces.workspace.views.units import asked

HEADS = ("客户号", "客户", "原等级", "新等级", "得分", "名次")


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """List the ratings; ask for another."""
    desk = _rater(request)
    refusal: Refused | None = None
    if request.method == "POST":
        unit = request.POST.get("unit", "")
        wanted = rating.Wanted(
            request.POST.get("scheme", ""), int(unit) if unit.isdecimal() else desk.unit_id or 0
        )
        try:
            made = rating.propose(wanted, by=desk.actor, at=desk.at)
            return HttpResponseRedirect(reverse("customer-rating", args=[made]))
        except Refused as refused:
            refusal = refused
    return _list(request, desk, refusal)


@require_safe
def show(request: HttpRequest, rating_id: int) -> HttpResponse:
    """Show the report of a rating and the customers behind one of its figures."""
    desk = _rater(request)
    row = ratings.rating(desk.access, rating_id)
    move = sheets.move_asked(request.GET.dict())
    found = ratings.rated(desk.access, rating_id, move, after=request.GET.get("after", ""))
    kept = {key: request.GET[key] for key in ("from", "to") if key in request.GET}
    context = {
        "rating": _sheet(desk, row),
        "move": sheets.move_title(row.scheme, move),
        "rows": [sheets.rated_line(one, row.scheme) for one in found.rows],
        "page": found,
        "query": "".join(f"{key}={value}&" for key, value in kept.items()),
        "may_decide": row.state == "PROPOSED" and desk.may("customer.approve_tiers", row.unit_id),
        "is_own": row.by == desk.access.ref,
    }
    return render(request, "customer_ratings/show.html", context)


@require_safe
def progress(request: HttpRequest, rating_id: int) -> HttpResponse:
    """Show whether a rating is still worked on; once it is not the whole page is asked for."""
    desk = _rater(request)
    row = ratings.rating(desk.access, rating_id)
    response = render(request, "customer_ratings/_progress.html", {"rating": _sheet(desk, row)})
    if row.state not in sheets.WORKING:
        response.headers["HX-Refresh"] = "true"
    return response


@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, rating_id: int, verb: str) -> HttpResponse:
    """Ask whether and why; approve a rating or send it back."""
    desk = _rater(request)
    row = ratings.rating(desk.access, rating_id)
    dialog = _dialog(row, verb)
    if request.method == "GET":
        return asked(request, dialog)
    dialog = dialog.typed(request.POST)
    if not dialog.is_complete:
        return asked(request, dialog, status=422)
    decided = rating.approve if verb == "approve" else rating.refuse
    try:
        decided(rating_id, reason=dialog.whole_reason, by=desk.actor, at=desk.at)
    except Refused as refused:
        return asked(request, dialog.refused(refused), status=422)
    address = reverse("customer-rating", args=[rating_id])
    return HttpResponse(status=204, headers={"HX-Redirect": address})


@require_safe
def export(request: HttpRequest, rating_id: int) -> FileResponse | StreamingHttpResponse:
    """Send the customers of a rating as a file; names masked as on the page."""
    desk = _rater(request)
    kind = kind_asked(request.GET)
    row = ratings.rating(desk.access, rating_id)
    rating.record_export(rating_id, by=desk.actor, at=desk.at)
    mark = Watermark(desk.name, desk.at, f"评级 {row.scheme.title}", "")
    cells = (_cells(row, one) for one in ratings.all_rated(desk.access, row.id))
    table = Table(f"rating-{row.scheme.code}-{row.id}", "评级", HEADS, cells)
    return send(table, kind, at=desk.at, mark=mark)


def _cells(row: ratings.RatingRow, one: ratings.RatedRow) -> tuple[object, ...]:
    pair = row.scheme.title_of(one.before), row.scheme.title_of(one.after)
    score = plain(one.score) if one.score is not None else ""
    return (f"C-{one.customer_id:06d}", one.name, *pair, score, one.rank or "")


def _list(request: HttpRequest, desk: Desk, refusal: Refused | None) -> HttpResponse:
    wanted = request.GET
    page = ratings.rating_list(
        desk.access, after=wanted.get("after", ""), before=wanted.get("before", "")
    )
    people = {ref for row in page.rows for ref in (row.by, row.decided_by)}
    names = names_behind([ref for ref in people if ref.startswith("staff:")])
    units = {unit.id: unit.name for unit in desk.access.tree.units.values()}
    scope = desk.access.scope("customer.rate")
    context = {
        "rows": [sheets.rating_line(row, names, units) for row in page.rows],
        "page": page,
        "schemes": [(one.scheme.code, one.scheme.title) for one in schemes()],
        "units": [(unit_id, name) for unit_id, name in units.items() if unit_id in scope],
        "may_rate": desk.may("customer.rate"),
        "refusal": refusal,
    }
    status = 422 if refusal else 200
    return render(request, "customer_ratings/list.html", context, status=status)


def _sheet(desk: Desk, row: ratings.RatingRow) -> dict[str, object]:
    unit = desk.access.tree.units.get(row.unit_id)
    refs = [ref for ref in (row.by, row.decided_by) if ref.startswith("staff:")]
    return sheets.rating_sheet(row, names_behind(refs), unit.name if unit else "")


def _dialog(row: ratings.RatingRow, verb: str) -> Dialog:
    address = reverse("customer-rating-decision", args=[row.id, verb])
    if verb == "approve":
        return Dialog(
            address=address,
            sign="check",
            title="批准评级",
            verb="批准",
            consequence=f"{row.moved:,} 位客户的等级将一次改变，逐位留痕，服务等级随之调整。",
            least=0,
        )
    if verb == "refuse":
        return Dialog(
            address=address,
            sign="arrow-back-up",
            title="退回评级",
            verb="退回",
            consequence="所有客户的等级保持不变，报告留存备查。",
            least=rating.LEAST_REASON,
        )
    raise Http404


def _rater(request: HttpRequest) -> Desk:
    desk = desk_of(request)
    if not (desk.may("customer.rate") or desk.may("customer.approve_tiers")):
        raise NotAllowed
    return desk
