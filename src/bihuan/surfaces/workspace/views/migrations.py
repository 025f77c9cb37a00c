"""Running instances are moved to another version of their process: tried, done, taken back."""

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from bihuan.domain.org.rules import require
from bihuan.domain.processes import actions, queries
from bihuan.kit.htmx import render
from bihuan.kit.problems import Refused
from bihuan.surfaces.workspace.desk import Desk, desk_of
from bihuan.surfaces.workspace.sheets.dialogs import Dialog, new_key
from bihuan.surfaces.workspace.sheets.migrations import migration_sheet, result_lines
from bihuan.surfaces.workspace.sheets.people import names_behind
from bihuan.surfaces.workspace.views.units import answered, asked, carry_out_once


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Choose versions and a mapping; `try` shows what would become of each instance, `apply` does it."""
    desk = desk_of(request)
    require(desk.access, "process.migrate")
    sheet = migration_sheet(request.GET if request.method == "GET" else request.POST)
    said: dict[str, Any] = {"sheet": sheet, "lines": None, "tried": True, "refusal": ""}
    if request.method == "GET":
        return render(request, "migrations/page.html", {**said, **_recent()})
    said["tried"] = request.POST.get("do") != "apply"
    try:
        report = actions.migrate_instances(
            sheet.plan, dry_run=bool(said["tried"]), by=desk.actor, at=desk.at
        )
    except Refused as refused:
        said["refusal"] = refused.message
        return render(request, "migrations/page.html", {**said, **_recent()}, status=422)
    said |= {"lines": result_lines(report, desk.access)}
    said["sheet"] = migration_sheet(request.POST)
    return render(request, "migrations/page.html", {**said, **_recent()})


@require_http_methods(["GET", "POST"])
def reverse_one(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Ask why a batch is taken back; move its instances to the version they came from."""
    desk = desk_of(request)
    require(desk.access, "process.migrate")
    dialog = _why_back(batch_id)
    if request.method == "GET":
        return asked(request, dialog)
    dialog = dialog.typed(request.POST)
    if not dialog.is_complete:
        return asked(request, dialog, status=422)
    try:
        carry_out_once(request, dialog, partial(_take_back, batch_id, dialog, desk))
    except Refused as refused:
        return asked(request, dialog.refused(refused), status=422)
    return answered("已撤销迁移；没有回得去的留在新版本，见下表")


def _take_back(batch_id: int, dialog: Dialog, desk: Desk) -> None:
    actions.reverse_migration(batch_id, reason=dialog.whole_reason, by=desk.actor, at=desk.at)


def _why_back(batch_id: int) -> Dialog:
    return Dialog(
        address=reverse("migration-reversal", args=[batch_id]),
        sign="arrow-back-up",
        title=f"撤销迁移 {batch_id}",
        verb="撤销迁移",
        consequence="把这一批流程连同之后办的内容移回原版本；走到原版本没有的环节的，留在新版本。",
        reasons=("新版本有误", "迁错版本", "其他"),
        key=new_key(),
    )


def _recent() -> dict[str, object]:
    rows = queries.recent_migrations()
    return {"recent": rows, "names": names_behind([row.by for row in rows])}
