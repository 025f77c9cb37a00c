"""客户: look one up, and see one; full numbers only with a reason, each look kept as a fact."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from bihuan.domain.cases import queries as cases
from bihuan.domain.cases.events import case_ref
from bihuan.domain.customers import queries
from bihuan.domain.customers.actions import erasing
from bihuan.domain.customers.actions.opening import open_file
from bihuan.domain.customers.queries import CustomerRow, pairs, ratings
from bihuan.domain.customers.queries.following import follow_up_of
from bihuan.domain.customers.queries.reach import binds_in
from bihuan.domain.interactions import queries as interactions
from bihuan.domain.org.rules import require
from bihuan.domain.portfolios.queries import handovers, openings
from bihuan.kit.htmx import render
from bihuan.kit.masking import mask_text
from bihuan.kit.paging import Page
from bihuan.surfaces.workspace.desk import Desk, desk_of, look_up
from bihuan.surfaces.workspace.sheets import customer_page as sheets, ratings as tier_sheets
from bihuan.surfaces.workspace.sheets.cases import case_line
from bihuan.surfaces.workspace.sheets.clocks import chips_of_cases
from bihuan.surfaces.workspace.sheets.customer_list import elsewhere, lost_lines
from bihuan.surfaces.workspace.sheets.customers import customer_line
from bihuan.surfaces.workspace.sheets.dialogs import Dialog, erase_dialog
from bihuan.surfaces.workspace.sheets.people import names_behind
from bihuan.surfaces.workspace.views.conversations import converse

CASES_SHOWN = 50
MOST_FOUND = 50


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List customers, or those who fit what was searched."""
    desk, text = desk_of(request), request.GET.get("q", "").strip()
    require(desk.access, "customer.view")
    state = request.GET.get("state", "") if not text else ""
    state = state if state in ("PROSPECT", "LOST") else ""
    page = _found(desk, text, state, request)
    context = {
        "rows": [customer_line(row) for row in page.rows],
        "page": page,
        "searched": mask_text(text),
        "most": MOST_FOUND,
        "state": state,
        "query": f"state={state}&" if state else "",
        "lost": lost_lines(queries.lost_reasons(desk.access)) if state == "LOST" else [],
        "elsewhere": elsewhere(desk, _waiting(desk)),
    }
    return render(request, "customers/list.html", context)


def _waiting(desk: Desk) -> dict[str, int]:
    """Return what waits for this person behind the list, by the page it waits on."""
    rates, merges = desk.may("customer.approve_tiers"), desk.may("customer.merge")
    return {
        "customer-access": openings.waiting_for(desk.access),
        "customer-handovers": handovers.to_sign(desk.access),
        "customer-pairs": pairs.pairs_waiting(desk.access) if merges else 0,
        "customer-ratings": ratings.ratings_waiting(desk.access) if rates else 0,
    }


@require_safe
def show(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show one customer from all sides; one merged into another is shown as that one."""
    desk = desk_of(request)
    require(desk.access, "customer.view")
    opened = open_file(access=desk.access, customer_id=customer_id, by=desk.actor, at=desk.at)
    profile = opened.profile
    if profile.card.id != customer_id:
        return HttpResponseRedirect(reverse("customer", args=[profile.card.id]))
    merges = pairs.merges_of(customer_id)
    around = sheets.Around(
        profile,
        merges,
        doubts=pairs.pairs_of(desk.access, customer_id),
        names=names_behind([f"staff:{profile.owner_id or 0}", *(one.by for one in merges)]),
        due=follow_up_of(customer_id, at=desk.at),
        is_bound=binds_in(desk.access.tree, profile.card.unit_id),
    )
    context = {
        "customer": sheets.customer_sheet(around, desk.access, desk.at),
        **tier_sheets.tiers_of(customer_id),
        "grant": opened.grant,
        "tab": "contacts" if request.GET.get("tab") == "contacts" else "cases",
        **_dealings(desk, customer_id),
    }
    return render(request, "customers/show.html", context)


def _dealings(desk: Desk, customer_id: int) -> dict[str, Any]:
    """Return a customer's cases, and the contacts on all channels that belong to these or to none."""
    rows = cases.cases_of_customer(desk.access, customer_id, size=CASES_SHOWN)
    chips = chips_of_cases([row.id for row in rows], desk.at)
    lines = [case_line(row, chips) for row in rows]
    known = {
        case_ref(row.id): (line.number, line.address) for row, line in zip(rows, lines, strict=True)
    }
    spoken = interactions.contacts_of(customer_id, list(known))
    names = names_behind([one.by for _, one in spoken])
    return {
        "cases": lines,
        "contacts": sheets.contact_lines(spoken, known, names),
        "more_cases": len(rows) == CASES_SHOWN,
        "open_cases": sum(bool(line.chip.state) for line in lines),
    }


@require_safe
def print_view(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Show one customer as it is printed, with who prints it and when across the page."""
    desk = desk_of(request)
    opened = open_file(
        access=desk.access, customer_id=customer_id, printed=True, by=desk.actor, at=desk.at
    )
    around = sheets.Around(opened.profile)
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


def _found(desk: Desk, text: str, state: str, request: HttpRequest) -> Page[CustomerRow]:
    if text:
        return Page(look_up(desk, text, size=MOST_FOUND))
    asked = request.GET
    return queries.customer_list(
        desk.access, state=state, after=asked.get("after", ""), before=asked.get("before", "")
    )
