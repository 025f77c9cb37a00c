"""Who looked: per customer and per person, on a page and as a file; customers taken away in a file, printed."""

from datetime import timedelta

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from bihuan.domain.customers.actions import exporting
from bihuan.domain.customers.actions.exporting import Watermark
from bihuan.domain.customers.queries import CustomerRow, looks
from bihuan.domain.customers.queries.looks import LookRow
from bihuan.domain.org import queries as org
from bihuan.domain.org.rules import require
from bihuan.kit.htmx import render
from bihuan.kit.masking import mask_text
from bihuan.kit.paging import Page
from bihuan.kit.problems import NotFound
from bihuan.surfaces.workspace import phrases
from bihuan.surfaces.workspace.desk import Desk, desk_of
from bihuan.surfaces.workspace.sheets import words
from bihuan.surfaces.workspace.sheets.dialogs import Dialog
from bihuan.surfaces.workspace.views.tables_out import KINDS, Table, kind_asked, send

HEADS = ("时间", "人员", "动作", "客户号", "客户", "依据", "原因")
CUSTOMER_HEADS = ("客户号", "名称", "类别", "电话", "户号", "地址", "等级")
MOST = 5000


@require_safe
def index(request: HttpRequest) -> HttpResponse | FileResponse | StreamingHttpResponse:
    """Show who looked at one customer, or what one person looked at."""
    desk = desk_of(request)
    require(desk.access, "customer.sign")
    asked = request.GET
    customer, person = asked.get("customer", ""), asked.get("person", "").strip()
    days = int(asked["days"]) if asked.get("days", "").isdecimal() else 90
    size = MOST if asked.get("as") else 50
    page = _found(desk, customer, person, (days, asked.get("after", ""), size))
    if asked.get("as") and page is not None:
        mark = Watermark(desk.name, desk.at, "查看记录", "")
        table = Table("looks", "查看记录", HEADS, map(_cells, page.rows))
        return send(table, asked["as"], at=desk.at, mark=mark)
    kept = f"customer={customer}&person={person}&days={days}&"
    context = {"page": page, "customer": customer, "person": person, "days": days, "query": kept}
    return render(request, "customer_access/looks.html", context)


@require_http_methods(["GET", "POST"])
def export(request: HttpRequest) -> HttpResponse | FileResponse | StreamingHttpResponse:
    """Ask what for; send the customers of the list or of a search as a file with a watermark."""
    desk, text = desk_of(request), request.GET.get("q", "")
    require(desk.access, "export.run")
    dialog = Dialog(
        address=reverse("customer-export") + (f"?q={text}" if text else ""),
        sign="download",
        title="导出客户",
        verb="导出",
        consequence="号码在文件里也是遮蔽的。导出人、时间和用途写进文件，并记入留痕。",
        reason_label="用途",
        least=exporting.LEAST_PURPOSE,
    )
    if request.method == "GET":
        return render(
            request, "customer_access/export.html", {"dialog": dialog, "q": text, "kinds": KINDS}
        )
    kind = kind_asked(request.POST)
    wanted = exporting.Export(
        desk.access, request.POST.get("q", ""), request.POST.get("reason", "")
    )
    mark, rows = exporting.export_customers(wanted, by=desk.actor, at=desk.at)
    table = Table("customers", "客户", CUSTOMER_HEADS, map(_customer_cells, rows))
    return send(table, kind, at=desk.at, mark=mark)


def _found(
    desk: Desk, customer: str, person: str, asked: tuple[int, str, int]
) -> Page[LookRow] | None:
    days, after, size = asked
    since = desk.at - timedelta(days=min(days, 3650))
    number = customer.upper().removeprefix("C-").lstrip("0")
    if number.isdecimal():
        try:
            return looks.looks_at(desk.access, int(number), since=since, after=after, size=size)
        except NotFound:
            return Page([])
    if not person:
        return None
    login = person.rpartition("（")[2].rstrip("）") if person.endswith("）") else person
    try:
        staff = org.staff_by_login(login).pk
    except NotFound:
        return Page([])
    return looks.looks_by(desk.access, staff, since=since, after=after, size=size)


def _customer_cells(row: CustomerRow) -> tuple[str, ...]:
    kind, tier = words.CUSTOMER_KINDS.get(row.kind, ""), words.TIERS.get(row.tier, "")
    name, address = mask_text(row.name), mask_text(row.address)
    return (f"C-{row.id:06d}", name, kind, row.phone, row.account_number, address, tier)


def _cells(row: LookRow) -> tuple[str, ...]:
    number = f"C-{row.customer_id:06d}" if row.customer_id else ""
    at = phrases.full_moment(row.at)
    return (at, row.who, row.what, number, row.customer, row.right, row.why)
