"""受理: who calls, what it is about, what may be the same, what we promise; then a case."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST

from bihuan.domain.cases import actions, queries
from bihuan.domain.cases.events import CaseRequest, Intake, OpenedCase
from bihuan.domain.customers import queries as customers
from bihuan.domain.org.rules import require
from bihuan.domain.packs import queries as packs
from bihuan.domain.processes import actions as processes, queries as units
from bihuan.kit.htmx import render, wants_fragment
from bihuan.kit.problems import Invalid, Refused
from bihuan.surfaces.workspace import intake_parts as parts
from bihuan.surfaces.workspace.desk import Desk, desk_of
from bihuan.surfaces.workspace.errors import toast
from bihuan.surfaces.workspace.sheets import class_search, intake as sheets, received
from bihuan.surfaces.workspace.sheets.cases import case_address
from bihuan.surfaces.workspace.sheets.guidance import asked_in_words

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
    how, _, number = values["same_as"].partition(":")
    if how == "add":
        return _added(request, desk, values, number)
    errors = sheets.missing(values, parts.picker(values).code)
    if errors:
        return _again(request, desk, values, errors)
    try:
        opened = _take_in(desk, values, parent=number if how == "child" else "")
    except Refused as refused:
        return _again(request, desk, values, refused.fields, refused.message)
    request.session.pop(DRAFT, None)
    return _done(request, case_address(opened.number), f"已受理 {opened.number}")


@require_POST
def answered(request: HttpRequest) -> HttpResponse:
    """Write down what was answered on the spot; no case comes of it."""
    desk = desk_of(request)
    require(desk.access, "case.open")
    values = sheets.typed(request.POST)
    try:
        actions.answer_at_desk(
            _request(desk, values), answer=values["answer"], by=desk.actor, at=desk.at
        )
    except Refused as refused:
        return _again(request, desk, values, refused.fields, refused.message)
    request.session.pop(DRAFT, None)
    return _done(request, reverse("register"), "已登记，未建单")


@require_POST
def match(request: HttpRequest) -> HttpResponse:
    """Look for the customer, their open cases and likely duplicates."""
    desk = desk_of(request)
    require(desk.access, "case.open")
    values = sheets.typed(request.POST)
    found = parts.candidates(desk, values)
    if "customer_id" not in request.POST and values["contact_phone"]:
        # Nobody was offered yet: the first is the likeliest.
        values["customer_id"] = str(found[0].id) if found else ""
    context = {
        "match": parts.match(desk, values, found),
        "guidance": parts.guidance(desk, values, parts.picker(values)),
        "and_say": True,
    }
    return render(request, "intake/_match.html", context)


@require_POST
def classes(request: HttpRequest) -> HttpResponse:
    """Open the next level of the picker and foresee the promise."""
    desk = desk_of(request)
    values = sheets.typed(request.POST)
    context = parts.class_context(desk, values)
    found = parts.candidates(desk, values)
    context |= {
        "and_preview": True,
        "and_say": False,
        "match": parts.match(desk, values, found),
    }
    return render(request, "intake/_classes.html", context)


@require_POST
def suggest(request: HttpRequest) -> HttpResponse:
    """Suggest classes for what was typed; a request of its own, for the first one loads the model."""
    values = sheets.typed(request.POST)
    suggested = parts.suggestions(values, parts.picker(values))
    return render(request, "intake/_suggest.html", {"suggested": suggested})


@require_POST
def find(request: HttpRequest) -> HttpResponse:
    """Find classes by name or sound."""
    values = sheets.typed(request.POST)
    text = request.POST.get("class_find", "")
    hits = class_search.find_classes(queries.classes(values["pack"]), text)
    return render(request, "intake/_found.html", {"hits": hits, "text": text.strip()})


@require_POST
def arrival(request: HttpRequest) -> HttpResponse:
    """Ask what belongs to the channel chosen, and to a petition."""
    values = sheets.typed(request.POST)
    return render(request, "intake/_arrival.html", {"arrival": sheets.arrival(values, {})})


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


def _take_in(desk: Desk, values: Mapping[str, str], *, parent: str) -> OpenedCase:
    """Open the case and, where it is this person's to do, pass its first unit on."""
    guidance = queries.guidance_for(values["pack"], parts.picker(values).code)
    with transaction.atomic():
        intake = Intake(
            _request(desk, values),
            received.referral(values),
            received.petition(values),
            asked_in_words(guidance, values),
        )
        opened = actions.accept_request(intake, by=desk.actor, at=desk.at)
        if parent:
            whole = queries.case_view(desk.access, parent).row.id
            actions.join_incident(case_id=opened.id, parent_id=whole, by=desk.actor, at=desk.at)
        if values["entry"].isdigit():
            said = f"已建单 {opened.number}"
            actions.settle_refused(
                entry_id=int(values["entry"]), reason=said, by=desk.actor, at=desk.at
            )
    _pass_on(desk, opened, values)
    return opened


def _added(
    request: HttpRequest, desk: Desk, values: Mapping[str, str], number: str
) -> HttpResponse:
    """Add what was said to a case that is about it already."""
    try:
        case_id = queries.case_view(desk.access, number).row.id
        actions.add_to_case(
            case_id=case_id, request=_request(desk, values), by=desk.actor, at=desk.at
        )
    except Refused as refused:
        said = {"description": "填写诉求描述"} if "text" in refused.fields else refused.fields
        return _again(request, desk, values, said, refused.message)
    request.session.pop(DRAFT, None)
    return _done(request, case_address(number), f"已补充到 {number}")


def _request(desk: Desk, values: Mapping[str, str]) -> CaseRequest:
    chosen = int(values["customer_id"]) if values["customer_id"].isdigit() else None
    if chosen is not None and not customers.may_open(desk.access, chosen):
        raise customers.CustomerUnknown
    found = received.request(
        values,
        class_code=parts.picker(values).code,
        org_unit_id=desk.unit_id or 0,
        customer_id=chosen,
    )
    # The form shows a known customer's number masked, and it comes back so.
    if chosen is not None and "*" in found.contact_phone:
        return replace(found, contact_phone=customers.phone_behind(chosen, found.contact_phone))
    return found


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
    """Begin with the pack, the customer or the refused request that the address names."""
    found: dict[str, str] = {}
    if asked.get("pack"):
        found["pack"] = str(asked["pack"])
    customer_id, entry = asked.get("customer", ""), asked.get("entry", "")
    if customer_id.isdigit():
        card = customers.customer_card(desk.access, int(customer_id))
        found |= {
            "customer_id": customer_id,
            "contact_name": card.name,
            "contact_phone": card.phone_masked,
        }
    if entry.isdigit():
        sent = queries.refused_entry(desk.access, int(entry))
        found |= {name: str(sent[name]) for name in sheets.KEPT if sent.get(name)}
        found |= class_search.levels_of(str(sent.get("class_code") or "")) | {"entry": entry}
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


def _done(request: HttpRequest, address: str, said: str) -> HttpResponse:
    if not wants_fragment(request):
        return HttpResponseRedirect(address)
    return toast(HttpResponse(headers={"HX-Redirect": address}), said)


def _context(
    desk: Desk,
    kept: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
    refusal: str = "",
) -> dict[str, Any]:
    values, errors = sheets.typed(kept), errors or {}
    offered = queries.packs_offered(desk.access)
    if values["pack"] not in offered:
        values["pack"] = offered[0] if offered else ""
    form = _form(values, errors, kept.get("saved", ""), refusal)
    return {
        "intake": form,
        "arrival": form.arrival,
        "pack": values["pack"],
        "packs": _pack_options(offered, values["pack"]),
        "match": parts.match(desk, values, parts.candidates(desk, values)),
        "and_say": False,
        **parts.class_context(desk, values, errors.get("class_code", "")),
    }


def _form(
    values: Mapping[str, str], errors: Mapping[str, str], saved: str, refusal: str
) -> sheets.Intake:
    return sheets.Intake(
        fields=sheets.fields(values, errors),
        arrival=sheets.arrival(values, errors),
        answer=values["answer"],
        answer_error=errors.get("answer", ""),
        entry=values["entry"],
        saved=saved,
        missing=[(name, sheets.LABELS.get(name, name)) for name in errors],
        refusal=refusal,
    )


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
