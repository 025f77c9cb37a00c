"""A page or only its fragment: one template, one place that decides (design/ui/DESIGN.md §10)."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.template.backends.utils import csrf_input_lazy, csrf_token_lazy


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
    values = {
        "request": request,
        "csrf_input": csrf_input_lazy(request),
        "csrf_token": csrf_token_lazy(request),
    }
    for processor in backend.template_context_processors:
        values.update(processor(request))
    values.update(context)
    if block and wants_fragment(request):
        text = "".join(page.blocks[block](page.new_context(values)))
    else:
        text = page.render(values)
    return HttpResponse(text, status=status, headers={"Vary": "HX-Request"})
