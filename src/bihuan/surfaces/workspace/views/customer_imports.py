"""导入客户: a file is handed in, its columns are named, bad lines are mended where they stand."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bihuan.domain.customers.actions import importing, repairing
from bihuan.domain.customers.queries import imports
from bihuan.domain.org.rules import require
from bihuan.kit.htmx import render
from bihuan.kit.problems import Invalid, Refused
from bihuan.surfaces.workspace.desk import Desk, desk_of
from bihuan.surfaces.workspace.sheets import customer_files as sheets
from bihuan.surfaces.workspace.sheets.people import names_behind


class FileMissing(Invalid):
    """The form came without a file."""

    message = "请选择文件。"


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """List the files that were taken in; take another."""
    desk = _importer(request)
    if request.method == "POST":
        try:
            return HttpResponseRedirect(_address(_kept(request, desk)))
        except Refused as refused:
            return _list(request, desk, refused)
    return _list(request, desk)


@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Show one file: its columns to be named, its progress, or what became of it."""
    desk = _importer(request)
    row = imports.import_batch(desk.access, batch_id)
    refusal = ""
    if request.method == "POST":
        columns = sheets.columns_typed(request.POST)
        name = request.POST.get("save_as", "").strip() if request.POST.get("save") else ""
        try:
            importing.start(batch_id, columns, save_as=name, by=desk.actor, at=desk.at)
            return HttpResponseRedirect(_address(batch_id))
        except Refused as refused:
            refusal = refused.message
    return _page(request, desk, row, refusal)


@require_safe
def progress(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Show how far a file is; once it is done the whole page is asked for."""
    desk = _importer(request)
    row = imports.import_batch(desk.access, batch_id)
    response = render(request, "customer_files/_progress.html", {"file": _sheet(desk, row)})
    if row.state != "RUNNING":
        response.headers["HX-Refresh"] = "true"
    return response


@require_POST
def resume(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Let a stopped file go on."""
    desk = _importer(request)
    importing.resume(batch_id, by=desk.actor, at=desk.at)
    return HttpResponseRedirect(_address(batch_id))


@require_POST
def line(request: HttpRequest, row_id: int, verb: str) -> HttpResponse:
    """Mend a line and take it in, or give it up; the form comes back with what is still wrong."""
    desk = _importer(request)
    row = imports.import_batch(desk.access, imports.batch_of(row_id))
    cells = sheets.cells_typed(request.POST, row.heading)
    try:
        if verb == "drop":
            repairing.drop_row(row_id, by=desk.actor, at=desk.at)
        else:
            repairing.repair_row(row_id, cells, by=desk.actor, at=desk.at)
    except repairing.StillWrong as wrong:
        found = imports.rejected_line(desk.access, row_id)
        sheet = sheets.rejected_sheet(found, row.columns, typed=cells, wrong=wrong.fields)
        context = {"line": sheet, "focus": True}
        return render(request, "customer_files/_line.html", context, status=422)
    after = imports.import_batch(desk.access, row.id)
    context = {"file": _sheet(desk, after), "verb": verb, "number": row_id}
    return render(request, "customer_files/_settled.html", context)


def _list(request: HttpRequest, desk: Desk, refused: Refused | None = None) -> HttpResponse:
    asked = request.GET
    page = imports.import_list(
        desk.access, after=asked.get("after", ""), before=asked.get("before", "")
    )
    names = names_behind([row.by for row in page.rows])
    scope = desk.access.scope("customer.import")
    units = [unit for unit in desk.access.tree.units.values() if unit.id in scope]
    context = {
        "rows": [sheets.import_line(row, names) for row in page.rows],
        "page": page,
        "units": units,
        "unit_id": int(request.POST.get("unit", 0) or desk.unit_id or 0),
        "sources": imports.sources(),
        "source": request.POST.get("source", ""),
        "refusal": refused,
    }
    return render(request, "customer_files/imports.html", context, status=422 if refused else 200)


def _page(request: HttpRequest, desk: Desk, row: imports.ImportRow, refusal: str) -> HttpResponse:
    asked = request.GET
    lines = imports.rejected_lines(desk.access, row.id, after=asked.get("after", ""))
    context = {
        "file": _sheet(desk, row),
        "refusal": refusal,
        "options": sheets.field_options(),
        "preview": imports.preview(desk.access, row.id) if row.state == "MAPPING" else [],
        "saved": imports.saved_maps(row.source),
        "lines": [sheets.rejected_sheet(one, row.columns) for one in lines.rows],
        "page": lines,
    }
    return render(request, "customer_files/import.html", context, status=422 if refusal else 200)


def _kept(request: HttpRequest, desk: Desk) -> int:
    given = request.FILES.get("file")
    if given is None:
        raise FileMissing(fields={"file": FileMissing.message})
    unit = request.POST.get("unit", "")
    upload = importing.Upload(
        name=given.name or "",
        source=request.POST.get("source", "").strip(),
        unit_id=int(unit) if unit.isdecimal() else desk.unit_id or 0,
    )
    return importing.keep_file(upload, given.chunks(), by=desk.actor, at=desk.at)


def _sheet(desk: Desk, row: imports.ImportRow) -> dict[str, object]:
    unit = desk.access.tree.units.get(row.unit_id)
    return sheets.import_sheet(row, unit.name if unit else "")


def _importer(request: HttpRequest) -> Desk:
    desk = desk_of(request)
    require(desk.access, "customer.import")
    return desk


def _address(batch_id: int) -> str:
    return reverse("customer-import", args=[batch_id])
