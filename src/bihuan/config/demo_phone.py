"""A phone for demonstrations: text messages are kept and shown on a page, because none are sent (decision 0201)."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache

from bihuan.domain.notifications.ports import CHANNELS, Message
from bihuan.kit.masking import mask_phone
from bihuan.surfaces.portal.pages import render

MOST: Final = 20


def urlpatterns() -> list[URLPattern]:
    """Return the page's address and register the phone, where `BIHUAN_DEMO_PHONE` says so; else nothing."""
    if not settings.DEMO_PHONE:
        return []
    if "SMS" not in CHANNELS:
        CHANNELS.register("SMS", deliver)
    return [path("portal/demo-phone/", show, name="portal-demo-phone")]


def deliver(message: Message) -> None:
    """Keep a message; the number masked."""
    line = {
        "to": mask_phone(message.phone),
        "title": message.title,
        "text": message.text,
        "at": message.at.isoformat(),
    }
    with _file().open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


@login_not_required
@never_cache
def show(request: HttpRequest) -> HttpResponse:
    """Show the latest messages, newest first."""
    return render(request, "demo_phone", {"messages": _latest()})


def _latest() -> list[dict[str, Any]]:
    if not _file().is_file():
        return []
    lines = _file().read_text("utf-8").splitlines()[-MOST:]
    found = [json.loads(line) for line in reversed(lines)]
    return [{**one, "at": datetime.fromisoformat(one["at"])} for one in found]


def _file() -> Path:
    return Path(settings.HOME) / "demo-phone.jsonl"
