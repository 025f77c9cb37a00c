"""客户分群: a condition is put together while its count is shown; kept, shared, listed, taken away."""

from typing import Any

from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bihuan.domain.customers.actions import segments as actions
from bihuan.domain.customers.actions.exporting import Watermark
from bihuan.domain.customers.queries import segments as queries
from bihuan.domain.org.rules import require
from bihuan.kit.htmx import render
from bihuan.kit.problems import Refused
from bihuan.surfaces.workspace.desk import Desk, desk_of
from bihuan.surfaces.workspace.sheets import segments as sheets
from bihuan.surfaces.workspace.sheets.people import names_behind
from bihuan.surfaces.workspace.views.tables_out import Table, kind_asked, send

HEADS = ("客户号", "客户", "类别", "等级")


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List one's own segments and the shared ones."""
    desk = _maker(request)
    asked = request.GET
    page = queries.segment_list(
        desk.access, after=asked.get("after", ""), before=asked.get("before", "")
    )
    names = names_behind([f"staff:{row.owner_id}" for row in page.rows])
    rows = [sheets.segment_line(row, names, desk.staff_id) for row in page.rows]
    return render(request, "segments/list.html", {"rows": rows, "page": page})


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Put a segment together, and keep it."""
    desk = _maker(request)
    if request.method == "POST":
        return _saved(request, desk, None)
    form = {"join": "all", "groups": [sheets.new_group()]}
    return _editor(request, {"form": form, "title": "", "is_shared": False})


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, segment_id: int) -> HttpResponse:
    """Change one's own segment."""
    desk = _maker(request)
    row = queries.segment(desk.access, segment_id)
    if request.method == "POST":
        return _saved(request, desk, segment_id)
    form = sheets.form_of(row.condition)
    if form is None or row.owner_id != desk.staff_id:
        return HttpResponseRedirect(reverse("segment", args=[segment_id]))
    kept = {"form": form, "title": row.title, "is_shared": row.is_shared, "segment_id": row.id}
    return _editor(request, kept)


@require_POST
def form(request: HttpRequest) -> HttpResponse:
    """Add or take away a test or a group; what was typed stays."""
    _maker(request)
    found = sheets.changed(sheets.typed(request.POST), request.POST.get("do", ""))
    return render(request, "segments/_form.html", {"form": sheets.form_sheet(found)})


@require_POST
def count(request: HttpRequest) -> HttpResponse:
    """Count those who fit what is typed so far."""
    desk = _maker(request)
    condition = sheets.condition_of(sheets.typed(request.POST))
    try:
        found, refusal = queries.count(desk.access, condition, at=desk.at), ""
    except Refused as refused:
        found, refusal = None, refused.message
    return render(request, "segments/_count.html", {"count": found, "refusal": refusal})


@require_safe
def show(request: HttpRequest, segment_id: int) -> HttpResponse:
    """Show who is in a segment now."""
    desk = _maker(request)
    row = queries.segment(desk.access, segment_id)
    names = names_behind([f"staff:{row.owner_id}"])
    context: dict[str, Any] = {
        "segment": sheets.segment_line(row, names, desk.staff_id),
        "editable": row.owner_id == desk.staff_id and sheets.form_of(row.condition) is not None,
        "rows": [],
    }
    try:
        after = request.GET.get("after", "")
        page = queries.members(desk.access, row.condition, at=desk.at, after=after)
        context |= {"rows": [sheets.member_line(one) for one in page.rows], "page": page}
    except Refused as refused:
        context["refusal"] = refused.message
    return render(request, "segments/show.html", context)


@require_POST
def remove(request: HttpRequest, segment_id: int) -> HttpResponse:
    """Forget one's own segment."""
    desk = _maker(request)
    actions.remove_segment(access=desk.access, segment_id=segment_id, by=desk.actor, at=desk.at)
    return HttpResponseRedirect(reverse("segments"))


@require_safe
def export(request: HttpRequest, segment_id: int) -> FileResponse | StreamingHttpResponse:
    """Send the customers of a segment as a file, names as on the page."""
    desk = _maker(request)
    kind = kind_asked(request.GET)
    row = queries.segment(desk.access, segment_id)
    actions.record_export(access=desk.access, segment_id=segment_id, by=desk.actor, at=desk.at)
    mark = Watermark(desk.name, desk.at, f"分群 {row.title}", "")
    found = queries.all_members(desk.access, row.condition, at=desk.at)
    table = Table(f"segment-{segment_id}", "分群", HEADS, map(_cells, found))
    return send(table, kind, at=desk.at, mark=mark)


def _cells(one: queries.Member) -> tuple[str, ...]:
    line = sheets.member_line(one)
    return (f"C-{one.id:06d}", one.name, line["kind"], line["tier"] or "普通")


def _saved(request: HttpRequest, desk: Desk, segment_id: int | None) -> HttpResponse:
    typed = sheets.typed(request.POST)
    title, shared = request.POST.get("title", ""), bool(request.POST.get("shared"))
    draft = actions.SegmentDraft(title, sheets.condition_of(typed), shared)
    try:
        kept = actions.save_segment(
            access=desk.access, draft=draft, segment_id=segment_id, by=desk.actor, at=desk.at
        )
    except Refused as refused:
        found = {"form": typed, "title": title, "is_shared": shared, "segment_id": segment_id}
        return _editor(request, found, refused)
    return HttpResponseRedirect(reverse("segment", args=[kept]))


def _editor(
    request: HttpRequest, found: dict[str, Any], refused: Refused | None = None
) -> HttpResponse:
    context = {**found, "form": sheets.form_sheet(found["form"]), "refused": refused}
    status = refused.status if refused else 200
    return render(request, "segments/edit.html", context, status=status)


def _maker(request: HttpRequest) -> Desk:
    desk = desk_of(request)
    require(desk.access, "customer.segment")
    return desk
