"""Process insight: how cases really went, where their time goes, what changed with a version."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, time
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from bihuan.domain.processes.actions.exports import export_histories
from bihuan.domain.processes.queries import histories as queries
from bihuan.domain.processes.queries.histories import Asked, Histories
from bihuan.engines.bpmn.model import Process
from bihuan.engines.forms.clean import read_date
from bihuan.engines.insight.durations import Durations, durations
from bihuan.engines.insight.picture import picture
from bihuan.kit.htmx import render
from bihuan.kit.problems import NotAllowed, NotFound
from bihuan.surfaces.workspace.desk import Desk, desk_of
from bihuan.surfaces.workspace.operations import org_unit_options
from bihuan.surfaces.workspace.sheets.insight import Sheet, measures, share, sheet_of
from bihuan.surfaces.workspace.sheets.insight_drawing import Canvas, drawing

WAYS_SHOWN: Final = 30
FILTERS: Final = ("process", "version", "since", "until", "unit", "than", "split")
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
HEADS: Final = {
    "ways": ("序号", "走法", "单数", "占比", "全程中位（分钟）", "全程九成（分钟）"),
    "units": (
        "环节", "次数", "重复办理的单", "等待中位（分钟）", "等待九成（分钟）", "办理中位（分钟）", "办理九成（分钟）",
    ),
}  # fmt: skip


class ExportUnknown(NotFound):
    """Only the two tables of the page can be taken away."""

    message = "没有这种导出。"


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Show how the cases of a process went."""
    desk = desk_of(request)
    if not desk.may(queries.VERB):
        raise NotAllowed
    processes = queries.processes_with_history()
    asked = wanted(request.GET, processes[0].key if processes else "")
    found = queries.histories(desk.access, asked)
    context = {
        "filters": _filters(desk, request.GET, asked, processes, found),
        "since": request.GET.get("since", ""),
        "until": request.GET.get("until", ""),
        "split": request.GET.get("split", ""),
        "filtered": any(request.GET.get(name) for name in FILTERS if name != "process"),
        "clear": f"?{urlencode({'process': asked.process})}",
        "exports": _exports(desk, request.GET, asked),
        **_told(desk, request.GET, asked, found),
    }
    return render(request, "insight/index.html", context)


def wanted(asked: QueryDict, process: str) -> Asked:
    """Read what is asked from the address."""
    return Asked(
        process=asked.get("process") or process,
        version=_number(asked.get("version", "")),
        since=_midnight(asked.get("split", "")) or _midnight(asked.get("since", "")),
        until=_midnight(asked.get("until", "")),
        unit_id=_number(asked.get("unit", "")) or None,
    )


def _told(desk: Desk, given: QueryDict, asked: Asked, found: Histories) -> dict[str, Any]:
    """Return what the page says about the histories found."""
    shown = next((v for v in found.versions if asked.version in (0, v.version)), None)
    if shown is None or not found.found:
        return {"found": None, "shown": shown}
    process = Process.from_json(shown.compiled["process"])
    sheet = sheet_of(found, process)
    number = _number(given.get("way", ""))
    canvas = Canvas(process, picture(shown.source.encode(), process))
    return {
        "found": found,
        "shown": shown,
        "most": queries.MOST,
        "measures": measures(sheet.durations, _before(desk, given, asked)),
        "compared": _compared(given),
        "ways": sheet.ways(WAYS_SHOWN),
        "every_way": len(sheet.variants),
        "way": number if 0 < number <= len(sheet.variants) else 0,
        "way_query": f"?{_query(given, asked)}",
        "drawing": drawing(canvas, sheet.of_variant(number), sheet.aligner),
        "units": sheet.units(),
        **_agreement(sheet),
    }


def _agreement(sheet: Sheet) -> dict[str, Any]:
    agreed = sheet.conformance()
    return {
        "agreed": agreed,
        "agreed_share": share(agreed.agreeing, agreed.cases - agreed.undecided),
        "deviations": sheet.deviations(agreed),
    }


def _before(desk: Desk, given: QueryDict, asked: Asked) -> Durations | None:
    """Return the durations to compare with: of what began before a day, else of another version."""
    split, other = _midnight(given.get("split", "")), _number(given.get("than", ""))
    if split:
        earlier = replace(asked, since=_midnight(given.get("since", "")), until=split)
    elif other:
        earlier = replace(asked, version=other)
    else:
        return None
    return durations(one.trace for one in queries.histories(desk.access, earlier).found)


def _compared(given: QueryDict) -> str:
    """Return what the figures are compared with, in words."""
    split, other = _midnight(given.get("split", "")), _number(given.get("than", ""))
    if split:
        return f"{split:%Y-%m-%d} 之前"
    return f"第 {other} 版" if other else ""


def _filters(
    desk: Desk, given: QueryDict, asked: Asked, processes: Sequence[Any], found: Histories
) -> list[dict[str, Any]]:
    versions = [(str(one.version), f"第 {one.version} 版") for one in found.versions]
    units = [(str(value), title) for value, title in org_unit_options(desk)]
    return [
        _filter("process", "流程", [(one.key, one.title) for one in processes], asked.process),
        _filter("version", "版本", [("", "全部"), *versions], given.get("version", "")),
        _filter("unit", "受理单位", [("", "全部"), *units], given.get("unit", "")),
        _filter("than", "对比", [("", "不对比"), *versions], given.get("than", "")),
    ]


def _filter(
    name: str, title: str, options: Iterable[tuple[str, str]], value: str
) -> dict[str, Any]:
    return {"name": name, "title": title, "options": list(options), "value": value}


def _query(given: QueryDict, asked: Asked) -> str:
    kept = {name: given.get(name, "") for name in FILTERS} | {"process": asked.process}
    return urlencode({name: value for name, value in kept.items() if value})


def _exports(desk: Desk, given: QueryDict, asked: Asked) -> list[tuple[str, str]]:
    if not desk.may("export.run"):
        return []
    query = _query(given, asked)
    return [
        (title, f"{reverse('insight-export', args=[kind])}?{query}")
        for kind, title in (("ways", "走法 CSV"), ("units", "环节 CSV"))
    ]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _midnight(text: str) -> datetime | None:
    day = read_date(text.strip())
    return timezone.make_aware(datetime.combine(day, time())) if day else None


# -------------------------------------------------------------------- files
@require_safe
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Send a table of the page as a file."""
    if kind not in HEADS:
        raise ExportUnknown
    desk = desk_of(request)
    asked = wanted(request.GET, "")
    found = export_histories(desk.access, asked, by=desk.actor, at=desk.at)
    shown = next((v for v in found.versions if asked.version in (0, v.version)), None)
    rows: Iterable[tuple[object, ...]] = ()
    if shown is not None:
        sheet = sheet_of(found, Process.from_json(shown.compiled["process"]))
        rows = _way_rows(sheet) if kind == "ways" else _unit_rows(sheet)
    name = f"insight-{kind}-{timezone.localtime(desk.at):%Y%m%d-%H%M}.csv"
    head = {"Content-Disposition": f'attachment; filename="{name}"'}
    text = _csv(HEADS[kind], rows)
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=head)


def _way_rows(sheet: Sheet) -> Iterable[tuple[object, ...]]:
    for number, way in enumerate(sheet.variants, start=1):
        steps = " → ".join(sheet.title(activity) for activity in way.activities)
        minutes = (_minutes(way.took.median), _minutes(way.took.p90))
        yield number, steps, way.cases, f"{100 * way.share:.2f}%", *minutes


def _unit_rows(sheet: Sheet) -> Iterable[tuple[object, ...]]:
    for one in sheet.activities():
        times = (one.waiting.median, one.waiting.p90, one.handling.median, one.handling.p90)
        yield sheet.title(one.name), one.count, one.again, *map(_minutes, times)


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f}"


def _csv(head: Sequence[str], rows: Iterable[tuple[object, ...]]) -> str:
    """Write a table for a spreadsheet: told that it is UTF-8, and kept from running a text as a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(head)
    for row in rows:
        texts = [str(value) for value in row]
        writer.writerow(f"'{text}" if text.startswith(FORMULA) else text for text in texts)
    return f"\ufeff{buffer.getvalue()}"
