"""What a page does when something was done: one line at the top right, and the panels ask anew."""

import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from bihuan.domain.org.ports import Access
from bihuan.kit.idempotency import Answer, Request, once
from bihuan.surfaces.command.desk import Commander

CSRF = "csrfmiddlewaretoken"


def told(response: HttpResponse, text: str, *, bad: bool = False, **events: object) -> HttpResponse:
    """Let the page show one line and fire DOM events when this response arrives."""
    said = {"toast": {"text": text, "bad": bad}, "command-changed": "", **events}
    response.headers["HX-Trigger"] = json.dumps(said)
    return response


def do_once(request: HttpRequest, who: Commander, key: str, work: Callable[[], object]) -> None:
    """Do the work once for a form, however often it is sent."""

    def answer() -> Answer:
        work()
        return Answer(204, {})

    posted = sorted((name, said) for name, said in request.POST.lists() if name != CSRF)
    attempt = Request(_scope(who.access, request.path), key, repr(posted).encode())
    once(attempt, answer, at=who.at)


def _scope(access: Access, path: str) -> str:
    return f"{access.ref} {path}"[:80]
