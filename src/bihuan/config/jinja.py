from typing import Any

import jinja2


def environment(**options: Any) -> jinja2.Environment:
    """Return the environment all pages are rendered in."""
    return jinja2.Environment(**options)  # noqa: S701  Django passes autoescape=True
