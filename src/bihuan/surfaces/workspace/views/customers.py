"""客户: look one up, and see one; full numbers only with a reason, each look kept as a fact."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from bihuan.domain.cases import queries as cases
from bihuan.domain.customers import actions, queries
from bihuan.domain.customers.actions import erasing
from bihuan.domain.customers.actions.opening import open_file
from bihuan.domain.customers.queries import CustomerRow, pairs, ratings
from bihuan.domain.org.rules import require
from bihuan.domain.portfolios.queries import handovers, openings
from bihuan.kit.htmx import render
from bihuan.kit.masking import mask_text
from bihuan.kit.paging import Page
from bihuan.kit.problems import Invalid
from bihuan.surfaces.workspace.desk import Desk, desk_of, look_up
from bihuan.surfaces.workspace.sheets import customers as sheets, ratings as tier_sheets
from bihuan.surfaces.workspace.sheets.cases import case_line
from bihuan.surfaces.workspace.sheets.clocks import chips_of_cases
from bihuan.surfaces.workspace.sheets.dialogs import Dialog, erase_dialog, number_dialog
from bihuan.surfaces.workspace.sheets.people import names_behind
from bihuan.surfaces.workspace.views.conversations import converse

CASES_SHOWN = 50


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List customers, or those who fit what was searched."""
    desk, text = desk_of(request), request.GET.get("q", "").strip()
    require(desk.access, "customer.view")
    page = _found(desk, text, request)
    context = {
        "rows": [sheets.customer_line(row) for row in page.rows],
        "page": page,
        "searched": mask_text(text),
        "query": "",
        "ratings_waiting": ratings.ratings_waiting(desk.access)
        if desk.may("customer.approve_tiers")
        else 0,
        "to_hand_over": handovers.to_sign(desk.access),
        "to_sign": openings.waiting_for(desk.access),
        "waiting": pairs.pairs_waiting(desk.access) if desk.may("customer.merge") else 0,
    }
    return render(request, "customers/list.html", context)


@require_safe
def show(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show one customer from all sides; one merged into another is shown as that one."""
    desk = desk_of(request)
    require(desk.access, "customer.view")
    opened = open_file(access=desk.access, customer_id=customer_id, by=desk.actor, at=desk.at)
    profile = opened.profile
    if profile.card.id != customer_id:
        return HttpResponseRedirect(reverse("customer", args=[profile.card.id]))
    rows = cases.cases_of_customer(desk.access, customer_id, size=CASES_SHOWN)
    chips = chips_of_cases([row.id for row in rows], desk.at)
    merges = pairs.merges_of(customer_id)
    owner = [f"staff:{profile.owner_id}"] if profile.owner_id else []
    names = names_behind([*owner, *(one.by for one in merges)])
    doubts = pairs.pairs_of(desk.access, customer_id)
    lines = [case_line(row, chips) for row in rows]
    around = sheets.Around(profile, merges, doubts, names)
    context = {
        "customer": sheets.customer_sheet(around, desk.access, desk.at),
        **tier_sheets.tiers_of(customer_id),
        "grant": opened.grant,
        "cases": lines,
        "more_cases": len(rows) == CASES_SHOWN,
        "open_cases": sum(bool(line.chip.state) for line in lines),
    }
    return render(request, "customers/show.html", context)


@require_safe
def print_view(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show one customer as it is printed, with who prints it and when across the page."""
    desk = desk_of(request)
    opened = open_file(
        access=desk.access, customer_id=customer_id, printed=True, by=desk.actor, at=desk.at
    )
    around = sheets.Around(opened.profile, (), (), {})
    customer = sheets.customer_sheet(around, desk.access, desk.at)
    purpose = opened.grant.purpose if opened.grant else ""
    context = {"customer": customer, "at": desk.at, "purpose": purpose}
    return render(request, "customers/print.html", context)


@require_http_methods(["GET", "POST"])
def erase(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Ask at whose request; make a customer anonymous for good."""
    desk = desk_of(request)
    require(desk.access, "customer.erase")
    card = queries.customer_card(desk.access, customer_id)
    dialog = erase_dialog(request.path, card.name)

    def work(sent: Dialog) -> None:
        erasing.erase_customer(
            customer_id=customer_id, reason=sent.whole_reason, by=desk.actor, at=desk.at
        )

    answer = converse(request, dialog, work, "已匿名化")
    if answer.status_code == 204:
        answer.headers["HX-Redirect"] = reverse("customer", args=[customer_id])
    return answer


@require_http_methods(["GET", "POST"])
def phone(request: HttpRequest, customer_id: int, contact_id: int) -> HttpResponse:
    """Ask why the full number is needed; show it to those who may see it."""
    desk = desk_of(request)
    card = queries.customer_card(desk.access, customer_id)
    address = reverse("customer-phone", args=[customer_id, contact_id])
    dialog = number_dialog(address, card.name)
    if request.method == "GET":
        return render(request, "units/_reason_dialog.html", {"dialog": dialog})
    dialog = dialog.typed(request.POST)
    try:
        value = actions.reveal_phone(
            contact_id=contact_id, reason=dialog.whole_reason, by=desk.actor, at=desk.at
        )
    except Invalid as refused:
        context = {"dialog": dialog.refused(refused)}
        return render(request, "units/_reason_dialog.html", context, status=422)
    return render(request, "customers/_phone.html", {"phone": value, "name": card.name})


def _found(desk: Desk, text: str, request: HttpRequest) -> Page[CustomerRow]:
    if text:
        return Page(look_up(desk, text, size=50))
    asked = request.GET
    return queries.customer_list(
        desk.access, after=asked.get("after", ""), before=asked.get("before", "")
    )
