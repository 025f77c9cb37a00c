"""The shift of an org unit: hand over, take over, note, settle, log, sign the day."""

from collections.abc import Callable
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from bihuan.domain.org.actions import duty
from bihuan.kit.htmx import render
from bihuan.kit.problems import Invalid, Refused
from bihuan.surfaces.command import duty_pages
from bihuan.surfaces.command.answers import do_once, told
from bihuan.surfaces.command.desk import DUTY, Commander, commander_of


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show the shift."""
    who = commander_of(request, DUTY)
    context = duty_pages.shift_page(who, request.GET)
    return render(request, "command/shift.html", context, block="body")


@require_safe
def card(request: HttpRequest) -> HttpResponse:
    """Show the open matters on the desk."""
    context = duty_pages.handover_card(commander_of(request, DUTY))
    return render(request, "command/_handover.html", context)


@require_POST
def hand_over(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Hand the shift over."""
    who, note = commander_of(request, DUTY), request.POST.get("note", "")
    work = partial(duty.hand_over, unit_id, note=note, by=who.actor, at=who.at)
    return _done(request, who, work, "已交班，等下一班接班")


@require_POST
def take_over(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Take the shift over with every open matter acknowledged."""
    who, name = commander_of(request, DUTY), request.POST.get("name", "")
    items = [int(one) for one in request.POST.getlist("item") if one.isdecimal()]
    work = partial(duty.take_over, unit_id, name=name, acknowledged=items, by=who.actor, at=who.at)
    return _done(request, who, work, "已接班")


@require_POST
def note_item(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Note a matter for the next shift."""
    who, text = commander_of(request, DUTY), request.POST.get("text", "")
    work = partial(duty.note_item, unit_id, text=text, by=who.actor, at=who.at)
    return _done(request, who, work, "已记入交接")


@require_POST
def settle_item(request: HttpRequest, item_id: int) -> HttpResponse:
    """Say that a matter is done with."""
    who = commander_of(request, DUTY)
    work = partial(duty.settle_item, item_id, by=who.actor, at=who.at)
    return _done(request, who, work, "已办结，不再交接")


@require_POST
def write_log(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Add a line to the run log."""
    who, posted = commander_of(request, DUTY), request.POST
    text, kind = posted.get("text", ""), posted.get("kind", "")
    work = partial(duty.write_log, unit_id, text=text, kind=kind, by=who.actor, at=who.at)
    return _done(request, who, work, "已记日志")


@require_safe
def sheet(request: HttpRequest) -> HttpResponse:
    """Show a daily sheet."""
    who = commander_of(request, DUTY)
    context = duty_pages.sheet_page(who, request.GET)
    return render(request, "command/sheet.html", context)


@require_POST
def sign_sheet(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Sign a day."""
    who, day = commander_of(request, DUTY), duty_pages.day_in(request.POST)
    if day is None:
        raise Invalid("日期写成 2026-01-31。")
    remarks = request.POST.get("remarks", "")
    work = partial(duty.sign_sheet, unit_id, day=day, remarks=remarks, by=who.actor, at=who.at)
    return _done(request, who, work, "日报已签")


@require_POST
def read_sheet(request: HttpRequest, sheet_id: int) -> HttpResponse:
    """Note that one has read a day's sheet."""
    who = commander_of(request, DUTY)
    work = partial(duty.read_sheet, sheet_id, by=who.actor, at=who.at)
    return _done(request, who, work, "已查看上日日报")


def _done(
    request: HttpRequest, who: Commander, work: Callable[[], object], said: str
) -> HttpResponse:
    """Do it once, and show the shift as it is now, also when it was refused; keep what was typed."""
    typed, shown = {}, said
    try:
        do_once(request, who, request.POST.get("key", "")[:64], work)
    except Refused as refused:
        typed = {"refusal": refused.message, "typed": request.POST}
        shown = refused.message
    asked = request.POST if "unit" in request.POST else request.GET
    if "sheet" in request.POST:
        return told(HttpResponse(status=204, headers={"HX-Refresh": "true"}), shown)
    is_card = request.headers.get("HX-Target") == "handover"
    template = "command/_handover.html" if is_card else "command/_shift.html"
    context = (
        duty_pages.handover_card(who) if is_card else duty_pages.shift_page(who, asked, **typed)
    )
    response = render(request, template, context, status=422 if typed else 200)
    return told(response, shown, bad=bool(typed))
