"""Contingency plans: start one, tick its lines, end it; whom to call."""

from collections.abc import Callable
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from bihuan.domain.org.actions import plans
from bihuan.kit.htmx import render
from bihuan.kit.problems import Refused
from bihuan.surfaces.command import duty_pages
from bihuan.surfaces.command.answers import do_once, told
from bihuan.surfaces.command.desk import DUTY, PLAN, SUPERVISE, Commander, commander_of

READERS = (PLAN, DUTY, SUPERVISE)


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show plans and contacts."""
    who = commander_of(request, *READERS)
    context = duty_pages.plans_page(who, request.GET)
    return render(request, "command/plans.html", context, block="body")


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Start a plan."""
    who, posted = commander_of(request, PLAN), request.POST
    work = partial(
        plans.start_plan,
        posted.get("plan", ""),
        unit_id=duty_pages.number_in(posted, "unit"),
        reason=posted.get("text", ""),
        is_drill="drill" in posted,
        by=who.actor,
        at=who.at,
    )
    return _done(request, who, work, "预案已启动，已通知相关岗位")


@require_POST
def tick(request: HttpRequest, run_id: int, position: int) -> HttpResponse:
    """Tick a line, or say why it does not apply."""
    who, posted = commander_of(request, *READERS), request.POST
    work = partial(
        plans.tick_step,
        run_id,
        position,
        note=posted.get("text", ""),
        is_skipped="skip" in posted,
        by=who.actor,
        at=who.at,
    )
    return _done(request, who, work, "已勾选")


@require_POST
def end(request: HttpRequest, run_id: int) -> HttpResponse:
    """End a plan."""
    who, outcome = commander_of(request, PLAN), request.POST.get("text", "")
    work = partial(plans.end_plan, run_id, outcome=outcome, by=who.actor, at=who.at)
    return _done(request, who, work, "预案已结束")


def _done(
    request: HttpRequest, who: Commander, work: Callable[[], object], said: str
) -> HttpResponse:
    """Do it once, and show the plans as they stand now, also when it was refused."""
    refusal = ""
    try:
        do_once(request, who, request.POST.get("key", "")[:64], work)
    except Refused as refused:
        refusal = refused.message
    typed = request.POST if refusal else {}
    context = duty_pages.plans_page(who, request.GET, refusal=refusal, typed=typed)
    response = render(request, "command/_plans.html", context, status=422 if refusal else 200)
    return told(response, refusal or said, bad=bool(refusal))
