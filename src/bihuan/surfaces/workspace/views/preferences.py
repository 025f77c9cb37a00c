"""What people set for themselves: how early they are warned (TKT-07), what reaches them outside the page."""

from datetime import time
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from bihuan.domain.notifications import actions as notifications, queries as notices
from bihuan.domain.notifications.choices import Channel, Topic
from bihuan.domain.notifications.events import Preference
from bihuan.domain.org import queries as org
from bihuan.domain.processes import actions
from bihuan.engines.contacting import Quiet
from bihuan.kit.htmx import render
from bihuan.kit.problems import Invalid, Refused
from bihuan.surfaces.workspace.desk import Desk, desk_of

USUAL: Final = ("30m", "1h", "2h", "4h", "1wd", "80%")
CHANNELS: Final = [(str(value), str(label)) for value, label in Channel.choices]
TOPICS: Final = [(str(value), str(label)) for value, label in Topic.choices]
TIMES: Final = ("digest_at", "quiet_from", "quiet_until")


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest) -> HttpResponse:
    """Show both; take the one whose form was sent, and say what follows it."""
    desk = desk_of(request)
    context: dict[str, Any] = {
        "usual": USUAL,
        "channels": CHANNELS,
        "topics": TOPICS,
        "lead": org.warning_lead(desk.staff_id, desk.at),
        "wish": _written(notices.preference_of(desk.staff_id)),
        "errors": {},
        "refusal": "",
        "saved": "",
        "units": 0,
    }
    if request.method == "GET":
        return render(request, "preferences/edit.html", context)
    take = _take_wish if request.POST.get("part") == "notices" else _take_lead
    try:
        context |= take(request, desk)
    except Refused as refused:
        context |= _typed(request) | {"errors": refused.fields, "refusal": refused.message}
        return render(request, "preferences/edit.html", context, status=422)
    return render(request, "preferences/edit.html", context)


def _take_lead(request: HttpRequest, desk: Desk) -> dict[str, Any]:
    lead = request.POST.get("lead", "").strip()
    units = actions.set_warning_lead(staff_id=desk.staff_id, lead=lead, by=desk.actor, at=desk.at)
    return {"lead": lead, "units": units, "saved": "lead"}


def _take_wish(request: HttpRequest, desk: Desk) -> dict[str, Any]:
    posted = request.POST
    times = {name: _time(posted.get(name, ""), name) for name in TIMES}
    begins, ends = times["quiet_from"], times["quiet_until"]
    if (begins is None) != (ends is None):
        missing = "quiet_from" if begins is None else "quiet_until"
        raise Invalid("免打扰的起止时间要一起填。", fields={missing: "起止时间要一起填"})
    heard = posted.getlist("topic")
    wish = Preference(
        channels=tuple(posted.getlist("channel")),
        muted=tuple(topic for topic, _ in TOPICS if topic not in heard),
        digest_at=times["digest_at"],
        quiet=Quiet(begins, ends) if begins is not None and ends is not None else None,
        mail_address=notices.preference_of(desk.staff_id).mail_address,
    )
    notifications.set_preference(wish, by=desk.actor, at=desk.at)
    return {"wish": _written(wish), "saved": "notices"}


def _time(text: str, name: str) -> time | None:
    text = text.strip().replace("：", ":")
    if not text:
        return None
    try:
        return time.fromisoformat(text.zfill(5))
    except ValueError as unreadable:
        raise Invalid("时间写法有误。", fields={name: "写成 08:30"}) from unreadable


def _written(wish: Preference) -> dict[str, Any]:
    quiet = wish.quiet
    return {
        "channels": list(wish.channels),
        "topics": [topic for topic, _ in TOPICS if topic not in wish.muted],
        "digest_at": f"{wish.digest_at:%H:%M}" if wish.digest_at else "",
        "quiet_from": f"{quiet.begins:%H:%M}" if quiet else "",
        "quiet_until": f"{quiet.ends:%H:%M}" if quiet else "",
    }


def _typed(request: HttpRequest) -> dict[str, Any]:
    """Return what was typed, so that a refused form keeps it."""
    posted = request.POST
    if posted.get("part") != "notices":
        return {"lead": posted.get("lead", "")}
    typed = {name: posted.get(name, "") for name in TIMES}
    return {
        "wish": {
            "channels": posted.getlist("channel"),
            "topics": posted.getlist("topic"),
            **typed,
        }
    }
