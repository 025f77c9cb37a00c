"""JSON in and out for the scripts of the studio, and the events HTMX fires."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from bihuan.kit.problems import Invalid, Refused, problem_response

MOST_BYTES = 6_000_000

View = Callable[..., HttpResponse]


class BodyUnreadable(Invalid):
    """What the page sent is not JSON, or far too long."""

    message = "页面送来的内容读不懂，请刷新后再试。"


def body_of(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object a script sent."""
    if int(request.headers.get("Content-Length") or 0) > MOST_BYTES:
        raise BodyUnreadable("内容超过 6 MB，请拆成几个流程。")
    try:
        found = json.loads(request.body)
    except ValueError as wrong:
        raise BodyUnreadable from wrong
    if not isinstance(found, dict):
        raise BodyUnreadable
    return found


def text_in(body: dict[str, Any], name: str) -> str:
    """Return a text of the body, "" when there is none."""
    found = body.get(name, "")
    return found if isinstance(found, str) else ""


def number_in(body: dict[str, Any], name: str) -> int:
    """Return a whole number of the body, 0 when there is none."""
    found = body.get(name, 0)
    return found if isinstance(found, int) else 0


def for_scripts(view: View) -> View:
    """Answer a refusal as problem JSON instead of a page."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Refused as refusal:
            return problem_response(request, refusal)

    return answered


def told(values: dict[str, Any], status: int = 200) -> JsonResponse:
    """Return JSON with Chinese as it is."""
    return JsonResponse(values, status=status, json_dumps_params={"ensure_ascii": False})


def gone_to(address: str) -> HttpResponse:
    """Let HTMX open another page."""
    return HttpResponse(status=204, headers={"HX-Redirect": address})
