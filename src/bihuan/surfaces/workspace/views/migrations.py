"""Running instances are moved to another version of their process: tried, done, taken back.

A large batch is carried out in portions: the page asks for the next one until none is left, and shows how far it is.
A page that is closed half way leaves the rest where it was; it goes on when somebody opens it again.
"""

from functools import partial
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bihuan.domain.org.rules import require
from bihuan.domain.processes import actions, queries
from bihuan.domain.processes.choices import MigrationState
from bihuan.kit.htmx import render, wants_fragment
from bihuan.kit.idempotency import Answer
from bihuan.kit.paging import Page
from bihuan.kit.problems import Refused
from bihuan.surfaces.workspace.desk import Desk, desk_of
from bihuan.surfaces.workspace.sheets.dialogs import LONGEST_KEY, Dialog, new_key
from bihuan.surfaces.workspace.sheets.migrations import migration_sheet, result_lines, trial_of
from bihuan.surfaces.workspace.sheets.people import names_behind
from bihuan.surfaces.workspace.views.units import answer_once, asked

AT_ONCE: Final = 50
VIEWS: Final = {"refused": MigrationState.REFUSED, "moved": MigrationState.MIGRATED}


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """Choose versions and a mapping; `try` shows what would become of each instance, `apply` does it."""
    desk = _migrator(request)
    said: dict[str, Any] = {"trial": None, "refusal": "", "key": new_key(), **_recent()}
    if request.method == "GET":
        return render(
            request, "migrations/page.html", said | {"sheet": migration_sheet(request.GET)}
        )
    sheet = migration_sheet(request.POST)
    try:
        if request.POST.get("do") == "apply":
            begin = partial(actions.begin_migration, sheet.plan, by=desk.actor, at=desk.at)
            return HttpResponseRedirect(_begun(request, desk, _key(request), begin))
        said["trial"] = _tried(request, desk)
    except Refused as refused:
        said |= {"refusal": refused.message, "sheet": sheet}
        return render(request, "migrations/page.html", said, status=422)
    return render(request, "migrations/page.html", said | {"sheet": sheet})


@require_POST
def try_on(request: HttpRequest) -> HttpResponse:
    """Try the next instances; the page asks for them until all were tried."""
    trial = _tried(request, _migrator(request))
    return render(request, "migrations/_trial.html", {"trial": trial, "begins": False})


@require_safe
def show(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Show a batch: how far it is, and what became of each instance."""
    desk = _migrator(request)
    batch = queries.migration(batch_id)
    view = request.GET.get("view", "")
    after = request.GET.get("after", "")
    rows = queries.migrated(
        batch_id,
        state=VIEWS.get(view, ""),
        after=int(after) if after.isdecimal() else 0,
        size=AT_ONCE + 1,
    )
    more = len(rows) > AT_ONCE
    rows = rows[:AT_ONCE]
    lines = result_lines(rows, (batch.from_definition, batch.to_definition), desk.access)
    context = {
        "batch": batch,
        "view": view,
        "lines": lines,
        "page": Page(lines, str(rows[-1].instance_id) if more else ""),
        "names": names_behind([batch.by]),
    }
    return render(request, "migrations/batch.html", context)


@require_POST
def portion(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Move the next instances of a batch; show how far it is."""
    desk = _migrator(request)
    actions.continue_migration(batch_id, most=AT_ONCE, by=desk.actor, at=desk.at)
    if not wants_fragment(request):
        return HttpResponseRedirect(_address(batch_id))
    batch = queries.migration(batch_id)
    response = render(request, "migrations/_progress.html", {"batch": batch})
    if batch.finished_at is not None:
        response.headers["HX-Refresh"] = "true"
    return response


@require_http_methods(["GET", "POST"])
def reverse_one(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Ask why a batch is taken back; move its instances to the version they came from."""
    desk = _migrator(request)
    dialog = _why_back(batch_id)
    if request.method == "GET":
        return asked(request, dialog)
    dialog = dialog.typed(request.POST)
    if not dialog.is_complete:
        return asked(request, dialog, status=422)
    why = dialog.whole_reason
    begin = partial(actions.begin_reversal, batch_id, reason=why, by=desk.actor, at=desk.at)
    try:
        address = _begun(request, desk, dialog, begin)
    except Refused as refused:
        return asked(request, dialog.refused(refused), status=422)
    return HttpResponse(status=204, headers={"HX-Redirect": address})


def _migrator(request: HttpRequest) -> Desk:
    desk = desk_of(request)
    require(desk.access, "process.migrate")
    return desk


def _begun(request: HttpRequest, desk: Desk, dialog: Dialog, begin: "partial[int]") -> str:
    """Begin a batch, once for a key, move its first portion, and return the address of its page."""
    batch_id = answer_once(request, dialog, lambda: Answer(200, begin())).body
    actions.continue_migration(batch_id, most=AT_ONCE, by=desk.actor, at=desk.at)
    return _address(batch_id)


def _key(request: HttpRequest) -> Dialog:
    """Return what names the request of the form on the page."""
    key = request.POST.get("request_key", "")[:LONGEST_KEY] or new_key()
    return Dialog(reverse("migrations"), "", "", "", "", key=key)


def _tried(request: HttpRequest, desk: Desk) -> object:
    after = request.POST.get("after", "")
    wanted = actions.Portion(int(after) if after.isdecimal() else 0, AT_ONCE)
    plan = migration_sheet(request.POST).plan
    report = actions.try_migration(plan, wanted, by=desk.actor, at=desk.at)
    return trial_of(report, request.POST, AT_ONCE, desk.access)


def _address(batch_id: int) -> str:
    return reverse("migration", args=[batch_id])


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
