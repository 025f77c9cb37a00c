"""The environment all pages are rendered in: compiled once, with every component at hand as `ui`."""

import json
from functools import cache
from typing import Any

import jinja2
from django.conf import settings
from django.urls import reverse

from bihuan.surfaces.workspace import phrases


@cache
def _manifest() -> dict[str, str]:
    """Read which hashed file each bundle was built into; empty before the first build."""
    for folder in settings.STATICFILES_DIRS:
        path = folder / "manifest.json"
        if path.is_file():
            found: dict[str, str] = json.loads(path.read_text("utf-8"))
            return found
    return {}


def asset(name: str) -> str:
    """Return the address of a built file, e.g. `asset("app.js")`."""
    return f"{settings.STATIC_URL}{_manifest().get(name, name)}"


def url(name: str, *args: Any, **kwargs: Any) -> str:
    """Return the address of a named page."""
    return reverse(name, args=args, kwargs=kwargs) if args or kwargs else _fixed(name)


@cache
def _fixed(name: str) -> str:
    return reverse(name)


def environment(**options: Any) -> jinja2.Environment:
    """Return the environment all pages are rendered in."""
    strict = {"trim_blocks": True, "lstrip_blocks": True, "undefined": jinja2.StrictUndefined}
    made = jinja2.Environment(**options | strict)  # noqa: S701  Django passes autoescape=True
    made.globals |= {"asset": asset, "url": url}
    made.filters |= phrases.FILTERS
    # Components take everything as arguments, so one compiled module serves every page.
    made.globals["ui"] = made.get_template("ui/components.html").module
    return made
