"""A page or only its fragment: one template, one place that decides (design/ui/DESIGN.md §10)."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template import engines
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html
from django.utils.safestring import SafeString


def wants_fragment(request: HttpRequest) -> bool:
    """Tell whether HTMX asked for a part of the page (history restoration wants the whole)."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true" and headers.get("HX-History-Restore-Request") != "true"
    )


def render(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    block: str = "",
    status: int = 200,
) -> HttpResponse:
    """Render a page, or only its Jinja2 block named `block` when HTMX asks.

    The fragment is a named part of the page's own template, so there is never a second copy of it.
    """
    backend: Any = engines["jinja2"]
    page = backend.env.get_template(template)
    values = {"request": request, **_against_forgery(request)}
    for processor in backend.template_context_processors:
        values.update(processor(request))
    values.update(context)
    if block and wants_fragment(request):
        text = "".join(page.blocks[block](page.new_context(values)))
    else:
        text = page.render(values)
    return HttpResponse(text, status=status, headers={"Vary": "HX-Request"})


def _against_forgery(request: HttpRequest) -> dict[str, Any]:
    """Return the token and its form field: made when the page first uses them, the same all over it."""
    token = SimpleLazyObject(lambda: SafeString(get_token(request)))
    field = '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'
    return {
        "csrf_token": token,
        "csrf_input": SimpleLazyObject(lambda: format_html(field, token)),
    }
