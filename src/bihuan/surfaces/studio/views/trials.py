"""Playing a case through a draft, and a decision table with an example; nothing is written."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST

from bihuan.domain.packs import queries as packs
from bihuan.engines.packs.source import with_file
from bihuan.surfaces.studio import diagnosis, grid, pages
from bihuan.surfaces.studio.answers import body_of, for_scripts, text_in, told
from bihuan.surfaces.studio.designer import designer_of
from bihuan.surfaces.studio.trial import Trial, TrialRefused


@require_POST
@for_scripts
def play(request: HttpRequest, definition_id: int) -> HttpResponse:
    """Play a case from its start through the steps so far."""
    designer, body = designer_of(request), body_of(request)
    one = pages.shown(definition_id)
    source = text_in(body, "source") or one.source
    errors = [row for row in diagnosis.problems(pages.place_of(one), source) if row["error"]]
    if errors:
        raise TrialRefused(f"先改正 {len(errors)} 处错误再试跑，第一处：{errors[0]['message']}。")
    pack = with_file(packs.source_of(one.pack_key), one.path, source)
    trial = Trial(pack, pages.place_of(one).code)
    at = parse_datetime(text_in(body, "at")) or designer.at
    return told(trial.run(_mapping(body, "variables"), at, _list(body, "steps")))


@require_POST
@for_scripts
def check_table(request: HttpRequest, definition_id: int) -> HttpResponse:
    """Check a table as it stands in the grid, and try an example of every row."""
    designer_of(request)
    pages.shown(definition_id)
    return told(grid.verdict(_mapping(body_of(request), "table")))


@require_POST
@for_scripts
def try_table(request: HttpRequest, definition_id: int) -> HttpResponse:
    """Tell which row an example fires."""
    designer_of(request)
    pages.shown(definition_id)
    body = body_of(request)
    return told(grid.fired(_mapping(body, "table"), _mapping(body, "values")))


def _mapping(body: dict[str, Any], name: str) -> dict[str, Any]:
    found = body.get(name)
    return found if isinstance(found, dict) else {}


def _list(body: dict[str, Any], name: str) -> list[Any]:
    found = body.get(name)
    return found if isinstance(found, list) else []
