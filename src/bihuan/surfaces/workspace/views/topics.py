"""热点: what many people's cases are about, with those cases."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from bihuan.domain.cases import queries
from bihuan.domain.org.rules import require
from bihuan.domain.packs import queries as packs
from bihuan.kit.htmx import render
from bihuan.surfaces.workspace.desk import desk_of
from bihuan.surfaces.workspace.sheets.cases import case_line
from bihuan.surfaces.workspace.sheets.clocks import chips_of_cases

SHOWN = 100


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the hot topics of a pack, the hottest first."""
    desk = desk_of(request)
    require(desk.access, "case.view")
    offered = queries.packs_offered(desk.access)
    asked = request.GET.get("pack", "")
    pack = asked if asked in offered else next(iter(offered), "")
    rolling = request.GET.get("of") != "stretch"
    context = {
        "rows": queries.hot_topics(desk.access, pack, is_rolling=rolling, size=SHOWN),
        "rolling": rolling,
        "views": [
            _view("近 30 天", pack, rolling),
            _view("指定时段", pack, not rolling, of="stretch"),
        ],
        "packs": _packs(offered, pack, rolling),
    }
    return render(request, "topics/list.html", context)


@require_safe
def show(request: HttpRequest, topic_id: int) -> HttpResponse:
    """List the cases of one topic."""
    desk = desk_of(request)
    require(desk.access, "case.view")
    topic, rows = queries.hot_topic(desk.access, topic_id)
    chips = chips_of_cases([row.id for row in rows], desk.at)
    context = {"topic": topic, "rows": [case_line(row, chips) for row in rows]}
    return render(request, "topics/show.html", context)


def _view(title: str, pack: str, on: bool, **kept: str) -> dict[str, Any]:  # noqa: FBT001
    return {"title": title, "on": on, "address": f"?{urlencode({'pack': pack, **kept})}"}


def _packs(offered: list[str], chosen: str, rolling: bool) -> list[dict[str, Any]]:  # noqa: FBT001
    titles = {one.key: one.names.get("zh", one.key) for one in packs.installed_packs()}
    kept = {} if rolling else {"of": "stretch"}
    return [_view(titles.get(key, key), key, key == chosen, **kept) for key in offered]
