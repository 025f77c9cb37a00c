"""The notices centre: what a person was told, read and unread, by topic."""

from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from bihuan.domain.cases import queries as cases
from bihuan.domain.cases.events import case_id_of
from bihuan.domain.notifications import actions, queries
from bihuan.domain.notifications.choices import Topic
from bihuan.kit.htmx import render
from bihuan.surfaces.workspace.desk import desk_of
from bihuan.surfaces.workspace.sheets.cases import case_address

SIGNS: Final = {
    "ESCALATION": ("stairs-up", "over"),
    "SUPERVISION": ("eye-check", "warn"),
    "URGE": ("bell-ringing", "warn"),
    "WARNING": ("alert-triangle", "warn"),
    "DISPATCH": ("send", "brand"),
    "COPY": ("mail-forward", ""),
    "BURST": ("flame", "over"),
    "CASE": ("clipboard-text", ""),
    "CUSTOMER": ("users", ""),
}
_PLACES: Final = {
    "file_request": ("customer-access", ""),
    "correction": ("customer-corrections", ""),
    "broken_glass": ("customer-access", "?view=glass"),
}
TITLES: Final = {str(value): str(label) for value, label in Topic.choices}


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the notices, newest first; unread ones stand out."""
    desk, asked = desk_of(request), request.GET
    unread = asked.get("view") == "unread"
    topic = asked.get("topic", "") if asked.get("topic") in TITLES else ""
    page = queries.notices_for(
        desk.access, unread_only=unread, topic=topic, after=asked.get("after", "")
    )
    kept = {"view": "unread" if unread else "", "topic": topic}
    context = {
        "rows": [(one, *SIGNS.get(one.topic, ("bell", ""))) for one in page.rows],
        "page": page,
        "unread_only": unread,
        "unread_count": queries.unread_count(desk.access),
        "topic": topic,
        "topics": list(TITLES.items()),
        "query": "".join(f"{name}={value}&" for name, value in kept.items() if value),
    }
    return render(request, "notices/list.html", context)


@require_POST
def show(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Note that a notice was read, and lead to what it is about."""
    desk = desk_of(request)
    root = queries.notice_for(desk.access, notice_id).root
    actions.read_notice(notice_id, by=desk.actor, at=desk.at)
    if not root.startswith("case:"):
        return HttpResponseRedirect(_place_of(root))
    return HttpResponseRedirect(case_address(cases.case_number(case_id_of(root))))


def _place_of(root: str) -> str:
    """Return where one goes on from what a notice is about."""
    kind, _, key = root.partition(":")
    if kind == "handover":
        return reverse("customer-handover", args=[key])
    return reverse(_PLACES[kind][0]) + _PLACES[kind][1] if kind in _PLACES else reverse("notices")


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Note that all were read."""
    desk = desk_of(request)
    actions.read_all(by=desk.actor, at=desk.at)
    return HttpResponseRedirect(reverse("notices"))
