"""Refusals: why something was not done, for a person and for a machine (RFC 9457).

Every action refuses by raising a subclass of `Refused` named after the situation. Pages show
`message`; the API answers with `problem_json`.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse, JsonResponse

from bihuan.kit.masking import mask_text


class Refused(Exception):
    """Something was asked for that cannot be done; nothing was changed.

    `message` is one Chinese sentence for the person who asked; `fields` names what to mend, by form
    field.
    """

    status: ClassVar[int] = 409
    message: str = "现在不能这样做。"

    def __init__(self, message: str | None = None, *, fields: Mapping[str, str] | None = None):
        self.message = message or type(self).message
        self.fields = dict(fields or {})
        super().__init__(self.message)

    @property
    def code(self) -> str:
        """Return the situation's name in snake_case, e.g. `unit_already_taken`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()


class NotAllowed(Refused):
    """The person may not do this, or may not know that it exists."""

    status = 403
    message = "您没有这项权限。"


class NotFound(Refused):
    """There is no such thing, or it lies outside what the person may see."""

    status = 404
    message = "没有找到，或不在您的查看范围内。"


class Invalid(Refused):
    """What was sent is incomplete or wrong; `fields` says where."""

    status = 422
    message = "有内容需要改正。"


def problem_json(refusal: Refused, *, instance: str = "") -> JsonResponse:
    """Return an RFC 9457 answer for a refusal."""
    body: dict[str, Any] = {
        "type": f"urn:bihuan:problem:{refusal.code}",
        "title": refusal.message,
        "status": refusal.status,
        "code": refusal.code,
    }
    if refusal.fields:
        body["fields"] = refusal.fields
    if instance:
        body["instance"] = mask_text(instance)
    return JsonResponse(body, status=refusal.status, content_type="application/problem+json")


def problem_response(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """Return `problem_json` naming the address that was asked."""
    return problem_json(refusal, instance=request.path)
