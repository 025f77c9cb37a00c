"""The environment all pages are rendered in: compiled once, with every component at hand as `ui`."""

import json
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import jinja2
import jinja2.compiler
import jinja2.nodes
import markupsafe
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


# What `markupsafe.escape` itself calls; it is not public because it takes nothing but plain texts.
_escaped: Callable[[str], str] = markupsafe._escape_inner  # type: ignore[attr-defined]  # noqa: SLF001


def written(value: object) -> str:
    """Return a value as a page's text, its signs escaped unless it is markup.

    As `markupsafe.escape`, without wrapping each piece of a page as markup of its own: the pieces are only
    joined, and wrapping them took a third of the time a page takes.
    """
    if type(value) is str:  # no subclass: those may be markup
        return _escaped(value)
    if type(value) is markupsafe.Markup:
        return value
    if type(value) is int:
        return str(value)
    return markupsafe.escape(value)


class _Generator(jinja2.compiler.CodeGenerator):
    """Writes what a template puts out with `written`; where escaping is not settled, as Jinja does."""

    def _output_child_pre(
        self, node: jinja2.nodes.Expr, frame: jinja2.compiler.Frame, finalize: Any
    ) -> None:
        is_settled = frame.eval_ctx.autoescape and not frame.eval_ctx.volatile
        if is_settled and finalize.src is None:
            self.write("environment.written(")
        else:
            super()._output_child_pre(node, frame, finalize)


class _Environment(jinja2.Environment):
    """The environment all pages are rendered in."""

    code_generator_class = _Generator
    written = staticmethod(written)


def environment(**options: Any) -> jinja2.Environment:
    """Return the environment all pages are rendered in."""
    strict = {"trim_blocks": True, "lstrip_blocks": True, "undefined": jinja2.StrictUndefined}
    made = _Environment(**options | strict)  # Django passes autoescape=True
    made.globals |= {"asset": asset, "url": url}
    made.filters |= phrases.FILTERS
    # Components take everything as arguments, so one compiled module serves every page.
    ui: Any = made.get_template("ui/components.html").module
    ui.icon = lru_cache(maxsize=512)(ui.icon)  # a page has dozens, of a few kinds
    made.globals["ui"] = ui
    return made
