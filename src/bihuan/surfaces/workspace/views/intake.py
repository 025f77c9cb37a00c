"""受理: who calls, what it is about, what may be the same, what we promise; then a case."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST

from bihuan.domain.cases import actions, queries
from bihuan.domain.cases.events import CaseRequest, OpenedCase
from bihuan.domain.cases.queries import Probe
from bihuan.domain.customers import actions as customer_actions, queries as customers
from bihuan.domain.customers.actions import NewCustomer
from bihuan.domain.org import queries as org
from bihuan.domain.org.rules import require
from bihuan.domain.packs import queries as packs
from bihuan.domain.processes import actions as processes, queries as units
from bihuan.kit.htmx import render, wants_fragment
from bihuan.kit.problems import Invalid, Refused
from bihuan.surfaces.workspace.desk import Desk, desk_of, look_up
from bihuan.surfaces.workspace.errors import toast
from bihuan.surfaces.workspace.sheets import intake as sheets, promise as promises
from bihuan.surfaces.workspace.sheets.cases import ENDED, case_address
from bihuan.surfaces.workspace.sheets.chips import NO_CHIP
from bihuan.surfaces.workspace.sheets.clocks import chips_of_cases

DRAFT = "intake_draft"


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Show the form with its draft; take the case in when it is sent."""
    desk = desk_of(request)
    require(desk.access, "case.open")
    if request.method == "GET":
        kept = dict(request.session.get(DRAFT, {}))
        kept |= _asked_for(desk, request.GET)
        return render(request, "intake/page.html", _context(desk, kept))
    values = sheets.typed(request.POST)
    errors = sheets.missing(values, _picker(values).code)
    if errors:
        return _again(request, desk, values, errors)
    try:
        opened = _take_in(desk, values)
    except Refused as refused:
        return _again(request, desk, values, refused.fields, refused.message)
    request.session.pop(DRAFT, None)
    return _done(request, opened)


@require_POST
def match(request: HttpRequest) -> HttpResponse:
    """Look for the customer, their open cases and likely duplicates."""
    desk = desk_of(request)
    require(desk.access, "case.open")
    values = sheets.typed(request.POST)
    found = _candidates(desk, values)
    if "customer_id" not in request.POST and values["contact_phone"]:
        # Nobody was offered yet: the first is the likeliest.
        values["customer_id"] = str(found[0].id) if found else ""
    return render(request, "intake/_match.html", {"match": _match(desk, values, found)})


@require_POST
def classes(request: HttpRequest) -> HttpResponse:
    """Open the next level of the picker and foresee the promise."""
    desk = desk_of(request)
    values = sheets.typed(request.POST)
    context = _class_context(desk, values)
    context |= {"and_preview": True, "match": _match(desk, values, _candidates(desk, values))}
    return render(request, "intake/_classes.html", context)


@require_POST
def draft(request: HttpRequest) -> HttpResponse:
    """Keep what is typed until it is saved."""
    values = sheets.typed(request.POST)
    now = timezone.localtime(desk_of(request).at)
    saved = f"{now:%H:%M} 已自动暂存"
    request.session[DRAFT] = values | {"saved": saved}
    return HttpResponse(saved)


@require_POST
def discard(request: HttpRequest) -> HttpResponse:
    """Begin with an empty form."""
    request.session.pop(DRAFT, None)
    return HttpResponse(headers={"HX-Redirect": reverse("intake")})


def _take_in(desk: Desk, values: Mapping[str, str]) -> OpenedCase:
    """Open the case and, where it is this person's to do, pass its first unit on."""
    with transaction.atomic():
        request = _request(desk, values, _customer(desk, values))
        opened = actions.open_case(request, by=desk.actor, at=desk.at)
    _pass_on(desk, opened, values)
    return opened


def _customer(desk: Desk, values: Mapping[str, str]) -> int:
    """Return the customer chosen, else the one with this number, else a new one."""
    if values["customer_id"].isdigit():
        return int(values["customer_id"])
    new = NewCustomer(name=values["contact_name"], unit_id=desk.unit_id or 0)
    found = customer_actions.find_or_create_by_phone(
        phone=values["contact_phone"], new=new, by=desk.actor, at=desk.at
    )
    return found.customer_id


def _request(desk: Desk, values: Mapping[str, str], customer_id: int) -> CaseRequest:
    return CaseRequest(
        pack=values["pack"],
        title=values["title"],
        org_unit_id=desk.unit_id or 0,
        class_code=_picker(values).code,
        description=values["description"],
        channel=values["channel"],
        customer_id=customer_id,
        contact_name=values["contact_name"],
        contact_phone=_whole_phone(values, customer_id),
        urgency=int(values["urgency"]) if values["urgency"] in {"1", "2", "3"} else 2,
    )


def _whole_phone(values: Mapping[str, str], customer_id: int) -> str:
    """Return the number to keep: the form shows a known customer's masked, and it comes back so."""
    typed = values["contact_phone"]
    return customers.phone_behind(customer_id, typed) if "*" in typed else typed


def _pass_on(desk: Desk, opened: OpenedCase, values: Mapping[str, str]) -> None:
    """Submit the first unit with what intake already asked; what it asks beyond stays to be filled in."""
    first = units.open_unit_of(desk.access, opened.instance_id)
    if first is None:
        return
    known = sheets.first_unit_values(values)
    given = {name: value for name, value in known.items() if name in first.field_codes}
    try:
        processes.submit(first.id, given, by=desk.actor, at=desk.at)
    except Invalid:
        processes.save_draft(first.id, given, by=desk.actor, at=desk.at)


def _asked_for(desk: Desk, asked: QueryDict) -> dict[str, str]:
    """Begin with the pack or the customer that the address names."""
    found: dict[str, str] = {}
    if asked.get("pack"):
        found["pack"] = str(asked["pack"])
    customer_id = asked.get("customer", "")
    if customer_id.isdigit():
        card = customers.customer_card(desk.access, int(customer_id))
        found |= {
            "customer_id": customer_id,
            "contact_name": card.name,
            "contact_phone": card.phone_masked,
        }
    return found


def _again(
    request: HttpRequest,
    desk: Desk,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    refusal: str = "",
) -> HttpResponse:
    """Show the form again with everything that was typed and what stands in the way."""
    context = _context(desk, values, errors, refusal)
    template = "intake/_again.html" if wants_fragment(request) else "intake/page.html"
    return render(request, template, context, status=422)


def _done(request: HttpRequest, opened: OpenedCase) -> HttpResponse:
    address = case_address(opened.number)
    if not wants_fragment(request):
        return HttpResponseRedirect(address)
    return toast(HttpResponse(headers={"HX-Redirect": address}), f"已受理 {opened.number}")


def _context(
    desk: Desk,
    kept: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
    refusal: str = "",
) -> dict[str, Any]:
    values, errors = sheets.typed(kept), errors or {}
    offered = queries.packs_offered()
    if values["pack"] not in offered:
        values["pack"] = offered[0] if offered else ""
    labels = {**sheets.REQUIRED, "class_code": "诉求分类"}
    form = sheets.Intake(
        fields=sheets.fields(values, errors),
        saved=kept.get("saved", ""),
        missing=[(name, labels.get(name, name)) for name in errors],
        refusal=refusal,
    )
    return {
        "intake": form,
        "pack": values["pack"],
        "packs": _pack_options(offered, values["pack"]),
        "match": _match(desk, values, _candidates(desk, values)),
        **_class_context(desk, values, errors.get("class_code", "")),
    }


def _pack_options(offered: Sequence[str], chosen: str) -> list[dict[str, Any]]:
    """Return the packs to choose from, when there is more than one."""
    titles = {one.key: one.names.get("zh", one.key) for one in packs.installed_packs()}
    return [
        {
            "title": titles.get(key, key),
            "on": key == chosen,
            "address": f"{reverse('intake')}?{urlencode({'pack': key})}",
        }
        for key in offered
    ]


def _class_context(desk: Desk, values: Mapping[str, str], error: str = "") -> dict[str, Any]:
    picker = _picker(values, error)
    promise = None
    if picker.code:
        promise = promises.promise_sheet(
            queries.promise(values["pack"], picker.code, at=desk.at), org.post_names(), desk.at
        )
    return {"classes": picker, "promise": promise, "and_preview": False}


def _picker(values: Mapping[str, str], error: str = "") -> sheets.Picker:
    return sheets.picker(queries.classes(values["pack"]), values, error)


def _match(
    desk: Desk, values: Mapping[str, str], found: Sequence[customers.CustomerRow]
) -> sheets.Match:
    chosen = int(values["customer_id"]) if values["customer_id"].isdigit() else None
    known = queries.cases_of_customer(desk.access, chosen) if chosen else []
    open_ = [row for row in known if row.state not in ENDED]
    chips = chips_of_cases([row.id for row in open_], desk.at)
    probe = Probe(
        pack=values["pack"],
        title=values["title"],
        class_id=_class_id(values),
        customer_id=chosen,
        contact_phone=values["contact_phone"],
    )
    asked = any(values[name] for name in ("contact_phone", "contact_name", "title", "customer_id"))
    alike = queries.find_duplicates(desk.access, probe, at=desk.at) if asked else []
    return sheets.Match(
        asked=asked,
        customers=[sheets.candidate(row) for row in found],
        chosen=chosen,
        open=[sheets.open_case(row, chips.get(row.id, NO_CHIP)) for row in open_],
        duplicates=[sheets.duplicate(one) for one in alike],
    )


def _class_id(values: Mapping[str, str]) -> int | None:
    """Return the class chosen so far, for cases of the same person and class count as likely repeats."""
    nodes = queries.classes(values["pack"])
    code = sheets.picker(nodes, values).code
    return next((one.id for one in nodes if one.code == code), None) if code else None


def _candidates(desk: Desk, values: Mapping[str, str]) -> list[customers.CustomerRow]:
    for typed in (values["contact_phone"], values["contact_name"]):
        found = look_up(desk, typed, size=6) if len(typed) > 1 else []
        if found:
            return found
    return []
