"""What a customer does with a case of their own, each on a sheet of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from bihuan.domain.cases.actions import portal as actions
from bihuan.domain.cases.queries.progress import progress
from bihuan.kit import clock, idempotency
from bihuan.kit.problems import NotFound, Refused
from bihuan.surfaces.portal import visitor
from bihuan.surfaces.portal.pages import public, render
from bihuan.surfaces.portal.views.files import given
from bihuan.surfaces.portal.visitor import Grant

OTHER: Final = "其他"
FIELDS: Final = ("key", "text", "words", "score", "choice", "when")
Typed = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a customer may do: what it needs of the case, its sheet, and how it is done."""

    needs: str
    template: str
    do: Callable[[Grant, Typed, datetime], object]
    ends: bool = False


@require_http_methods(["GET", "POST"])
@public
def act(request: HttpRequest, number: str, act: str) -> HttpResponseBase:
    """Show the sheet of an act, or do it; pressed twice it is done once."""
    at = clock.now()
    grant, chosen = visitor.grant_of(request, number, at), ACTS.get(act)
    if chosen is None:
        raise NotFound
    typed = {name: str(value) for name, value in request.POST.items()}
    if request.method == "GET":
        return _sheet(request, grant, chosen, typed, at)
    try:
        _hand_in(request, grant, at)
        _once(request, grant, lambda: chosen.do(grant, typed, at), at)
    except Refused as refused:
        return _sheet(request, grant, chosen, typed, at, refused)
    return HttpResponseRedirect(reverse("portal-case", args=[number]))


def _once(request: HttpRequest, grant: Grant, work: Callable[[], object], at: datetime) -> None:
    def done() -> idempotency.Answer:
        work()
        return idempotency.Answer(200, {})

    said = sorted(item for item in request.POST.items() if item[0] != "csrfmiddlewaretoken")
    scope, key = f"portal:{grant.case_id}", request.POST.get("key", "")[:64]
    idempotency.once(idempotency.Request(scope, key, repr(said).encode()), done, at=at)


def _hand_in(request: HttpRequest, grant: Grant, at: datetime) -> None:
    if request.FILES:
        for file in given(request):
            actions.hand_in(grant.case_id, file, by=grant.actor, at=at)


def _sheet(
    request: HttpRequest,
    grant: Grant,
    act: Act,
    typed: Typed,
    at: datetime,
    refused: Refused | None = None,
) -> HttpResponse:
    found = progress(grant.case_id, at=at)
    if refused is None and act.needs not in found.may:
        return HttpResponseRedirect(reverse("portal-case", args=[grant.number]))
    context: dict[str, Any] = {
        "case": found,
        "typed": dict.fromkeys(FIELDS, "") | dict(typed),
        "errors": refused.fields if refused else {},
        "refusal": refused.message if refused else "",
        "must_prove": act.ends and grant.proof is not actions.Proof.PHONE,
    }
    status = refused.status if refused else 200
    return render(request, act.template, context, pack=found.pack, status=status)


def _agree(grant: Grant, typed: Typed, at: datetime) -> None:
    score = typed.get("score", "")
    answer = actions.PublicAnswer(
        agreed=True,
        score=int(score) if score.isdigit() else None,
        words=typed.get("words", ""),
        proof=grant.proof,
    )
    actions.answer_case(grant.case_id, answer, by=grant.actor, at=at)


def _refuse(grant: Grant, typed: Typed, at: datetime) -> None:
    choice, text = typed.get("choice", ""), typed.get("text", "").strip()
    reason = f"{choice}：{text}" if choice and text and choice != OTHER else text or choice
    when = typed.get("when", "").strip()[:60]
    if when and text:
        reason = f"{reason}（方便联系的时间：{when}）"
    if choice == OTHER and not text:
        reason = ""
    answer = actions.PublicAnswer(agreed=False, reason=reason, proof=grant.proof)
    actions.answer_case(grant.case_id, answer, by=grant.actor, at=at)


def _press(grant: Grant, typed: Typed, at: datetime) -> None:
    actions.press(grant.case_id, note=typed.get("text", ""), by=grant.actor, at=at)


def _add(grant: Grant, typed: Typed, at: datetime) -> None:
    actions.add_to_case(grant.case_id, typed.get("text", ""), by=grant.actor, at=at)


def _take_back(grant: Grant, typed: Typed, at: datetime) -> None:
    said = (typed.get("choice", ""), typed.get("text", "").strip())
    reason = "：".join(one for one in said if one)
    actions.take_back(grant.case_id, reason=reason, proof=grant.proof, by=grant.actor, at=at)


ACTS: Final[Mapping[str, Act]] = {
    "agree": Act("answer", "act_agree", _agree, ends=True),
    "refuse": Act("answer", "act_refuse", _refuse),
    "urge": Act("urge", "act_urge", _press),
    "add": Act("add", "act_add", _add),
    "withdraw": Act("withdraw", "act_withdraw", _take_back, ends=True),
}
