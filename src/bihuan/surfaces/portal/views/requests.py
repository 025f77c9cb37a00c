"""The request form, one question a page; nothing typed is lost on the way."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bihuan.domain.attachments import queries as attachments
from bihuan.domain.cases.actions import portal as actions
from bihuan.domain.cases.actions.portal.requesting import check_request
from bihuan.domain.cases.queries import portal as portals
from bihuan.kit import clock
from bihuan.kit.masking import mask_phone
from bihuan.kit.problems import Invalid, NotFound, Refused
from bihuan.surfaces.portal import visitor
from bihuan.surfaces.portal.pages import public, render
from bihuan.surfaces.portal.sheets import request as sheets
from bihuan.surfaces.portal.visitor import Draft


@require_safe
@public
def begin(request: HttpRequest, pack: str) -> HttpResponseBase:
    """Go to the first question, or on with what was begun."""
    portals.portal(pack)
    top = request.GET.get("kind", "")
    address = reverse("portal-step", args=[pack, sheets.CODES[0]])
    return HttpResponseRedirect(f"{address}?in={top}" if top.isalnum() else address)


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@public
def step(request: HttpRequest, pack: str, step: str) -> HttpResponseBase:
    """Show one question, or take its answer and go on."""
    asked = sheets.step_named(step)
    if asked is None:
        raise NotFound("没有这一步。")
    draft = visitor.draft_of(request, pack)
    if request.method == "GET":
        return _show(request, draft, asked)
    draft = visitor.keep(request, draft, _typed(request, draft))
    if "back" in request.POST:
        return _to(pack, request.POST["back"])
    errors = {name: told for name, told in _errors(draft).items() if name in asked.fields}
    if errors:
        return _show(request, draft, asked, errors, status=422)
    return _to(pack, sheets.after(asked))


@require_POST
@public
def keep(request: HttpRequest, pack: str) -> HttpResponseBase:
    """Keep what is being typed."""
    draft = visitor.draft_of(request, pack)
    visitor.keep(request, draft, _typed(request, draft))
    return HttpResponse(status=204)


@require_POST
@public
def send(request: HttpRequest, pack: str) -> HttpResponseBase:
    """Send the request; pressed twice it is sent once."""
    draft = visitor.draft_of(request, pack)
    last = visitor.last_sent(request)
    if last is not None and request.POST.get("key") != draft.key:
        return HttpResponseRedirect(reverse("portal-sent"))  # pressed again after it was sent
    try:
        made = actions.send_request(
            draft.request(), address=visitor.address_of(request), at=clock.now()
        )
    except Refused as refused:
        check = sheets.STEPS[-1]
        return _show(request, draft, check, refused.fields, refused.message, refused.status)
    visitor.sent(request, draft, made)
    proven = actions.Proven(made.case_id, made.number, made.customer_id, actions.Proof.RECEIPT)
    visitor.allow(request, proven, clock.now())
    return HttpResponseRedirect(reverse("portal-sent"))


@require_safe
@public
def sent(request: HttpRequest) -> HttpResponseBase:
    """Show number and receipt of what was sent last."""
    last = visitor.last_sent(request)
    if last is None:
        return HttpResponseRedirect(reverse("portal"))
    return render(request, "sent", {"sent": last}, pack=last["pack"])


def _show(
    request: HttpRequest,
    draft: Draft,
    step: sheets.FormStep,
    errors: Mapping[str, str] | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    found, at = portals.portal(draft.pack), clock.now()
    if step.code == "check" and errors is None:
        errors = _errors(draft)
    page = sheets.form_page(found, draft, step, errors, refusal)
    context: dict[str, Any] = {"page": page}
    if step.code == "kind":
        context |= _kinds(request, found, draft)
    if step.code in ("who", "check"):
        context["people"] = portals.people_to_choose(found, at=at)
    if step.code in ("files", "check"):
        context["files"] = attachments.attachments_of(draft.source_ref)
    if step.code == "check":
        context["lines"] = sheets.lines(page, dict(context["people"]))
        context["promise"] = sheets.promise(found, draft["class_code"], at) if page.kind else ""
    return render(request, f"step_{step.code}", context, pack=draft.pack, status=status)


def _kinds(request: HttpRequest, found: portals.Portal, draft: Draft) -> dict[str, Any]:
    """Return what may be chosen: the first level, or what lies under the one chosen there."""
    top = request.GET.get("in", draft["class_code"].partition(".")[0])
    tops = sheets.tops(found, draft["class_code"] or top)
    known = top if top in {one.code for one in tops} else ""
    return {"top": known, "tops": tops, "groups": sheets.below(found, top, draft["class_code"])}


def _errors(draft: Draft) -> dict[str, str]:
    try:
        check_request(draft.request(), at=clock.now())
    except Invalid as refused:
        return refused.fields
    return {}


def _typed(request: HttpRequest, draft: Draft) -> dict[str, str]:
    """Return what a page sent; a phone that comes back masked is the one that is kept."""
    typed = {name: str(value) for name, value in request.POST.items()}
    if draft["phone"] and typed.get("phone") == mask_phone(draft["phone"]):
        del typed["phone"]
    return typed


def _to(pack: str, code: str) -> HttpResponse:
    step = code if code in sheets.CODES else sheets.CODES[0]
    return HttpResponseRedirect(reverse("portal-step", args=[pack, step]))
