"""Working calendars: their week and the days that differ; what a change would do is shown before it is saved."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from bihuan.domain.cases import queries as cases
from bihuan.domain.cases.events import case_id_of
from bihuan.domain.clocks import actions, queries
from bihuan.domain.clocks.actions.foreseeing import CalendarChange, Foreseen, foresee
from bihuan.domain.org import actions as org
from bihuan.domain.org.rules import require
from bihuan.engines.worktime import CalendarInvalid, format_slot
from bihuan.engines.worktime.calendar import Slots, read_slots
from bihuan.kit.htmx import render
from bihuan.kit.problems import Invalid, Refused
from bihuan.surfaces.workspace.desk import Desk, desk_of
from bihuan.surfaces.workspace.sheets.cases import case_address

VERB: Final = "org.manage"
WEEKDAYS: Final = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
BACK, AHEAD = timedelta(days=30), timedelta(days=400)
SHUT: Final = "休"
ORDINARY: Final = "恢复"


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Show one calendar; look ahead at a change, or save it."""
    desk = desk_of(request)
    require(desk.access, VERB)
    known = queries.calendars()
    wanted = request.GET.get("code", "")
    code = wanted if wanted in {one.code for one in known} else known[0].code if known else ""
    context = {"calendars": known, "code": code, **_shown(code, desk)}
    if request.method == "GET":
        return render(request, "calendars/page.html", context)
    typed = {"posted": request.POST, "part": request.POST.get("part", "")}
    try:
        change = _change(request.POST)
        if request.POST.get("do") == "save":
            reason = request.POST.get("reason", "")
            org.change_calendar(code, change, reason=reason, by=desk.actor, at=desk.at)
            return HttpResponseRedirect(f"{reverse('calendars')}?code={code}&saved=1")
        found = foresee(code, change, at=desk.at)
    except Refused as refused:
        wrong = {"errors": refused.fields, "refusal": refused.message}
        return render(request, "calendars/page.html", {**context, **typed, **wrong}, status=422)
    context |= {**typed, "foreseen": found, "moved": _moved(found, desk)}
    return render(request, "calendars/page.html", context)


def _shown(code: str, desk: Desk) -> dict[str, Any]:
    empty: dict[str, Any] = {
        "posted": {},
        "part": "",
        "errors": {},
        "refusal": "",
        "foreseen": None,
        "moved": [],
    }
    if not code:
        return {**empty, "week": [], "days": []}
    calendar, today = queries.load_calendar(code), desk.at.date()
    days = queries.special_days(code, today - BACK, today + AHEAD)
    return {
        **empty,
        "week": list(zip(WEEKDAYS, map(_written, calendar.week), strict=True)),
        "days": [(day, _written(slots) or SHUT, note) for day, slots, note, _source in days],
    }


def _change(posted: Mapping[str, str]) -> CalendarChange:
    """Return the change that was typed: the whole week, or one day."""
    if posted.get("part") == "week":
        fields = [(f"day{n}", posted.get(f"day{n}", "")) for n in range(len(WEEKDAYS))]
        return CalendarChange(week=tuple(_slots(name, text) for name, text in fields))
    try:
        day = date.fromisoformat(posted.get("date", "").strip())
    except ValueError as unreadable:
        raise Invalid("日期写法有误。", fields={"date": "写成 2026-01-31"}) from unreadable
    text, note = posted.get("slots", "").strip(), posted.get("note", "").strip()
    slots = None if text == ORDINARY else _slots("slots", text)
    return CalendarChange(days=[actions.DayEdit(day, slots, note)])


def _slots(name: str, text: str) -> Slots:
    """Read `08:30-12:00 13:30-17:30`; nothing, or 休, is shut."""
    text = text.replace("：", ":").replace("，", " ").replace("、", " ").strip()
    if text in ("", SHUT):
        return ()
    try:
        return read_slots(text.split())
    except CalendarInvalid as mistake:
        words = "写成 08:30-12:00 13:30-17:30，不要重叠；不上班写“休”"
        raise Invalid("工作时间写法有误。", fields={name: words}) from mistake


def _moved(found: Foreseen, desk: Desk) -> Sequence[dict[str, Any]]:
    """Return the limits that would move, with the cases they belong to."""
    return [
        {
            "number": (number := cases.case_number(case_id_of(one.root))),
            "address": case_address(number) if desk.may("case.view") else "",
            "before": one.due_before,
            "after": one.due_after,
        }
        for one in found.moved
        if one.root.startswith("case:")
    ]


def _written(slots: Slots) -> str:
    return " ".join(format_slot(slot) for slot in slots)
