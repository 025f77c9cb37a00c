"""One operation on many units chosen in the queue or in the list of cases."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from bihuan.kit.htmx import render
from bihuan.kit.idempotency import Answer
from bihuan.kit.problems import Refused
from bihuan.surfaces.workspace import batches
from bihuan.surfaces.workspace.batches import Line
from bihuan.surfaces.workspace.desk import desk_of
from bihuan.surfaces.workspace.errors import toast, trigger
from bihuan.surfaces.workspace.views.units import answer_once, asked


@require_http_methods(["GET", "POST"])
def operate(request: HttpRequest, verb: str) -> HttpResponse:
    """Ask what is needed; carry it out and show what became of each unit."""
    desk, many = desk_of(request), batches.named(verb)
    units = batches.picked(request.GET if request.method == "GET" else request.POST, desk)
    dialog = batches.dialog_of(many, units, desk)
    if request.method == "GET":
        return asked(request, dialog)
    dialog = dialog.typed(request.POST)
    if not dialog.is_complete:
        return asked(request, dialog, status=422)

    def work() -> Answer:
        lines = batches.carry_out(many, units, dialog, desk)
        return Answer(200, [[one.label, one.message] for one in lines])

    try:
        body = answer_once(request, dialog, work).body
    except Refused as refused:
        return asked(request, dialog.refused(refused), status=422)
    return _done(request, many.title, [Line(*one) for one in body])


def _done(request: HttpRequest, title: str, lines: list[Line]) -> HttpResponse:
    """Show what became of each unit, and let the lists ask for what has changed."""
    done = sum(one.is_done for one in lines)
    context = {"title": title, "lines": lines, "done": done}
    response = render(request, "units/_batch_done.html", context)
    said = f"{title}：办成 {done} 个，未办 {len(lines) - done} 个"
    events = {"queue-changed": "", "case-changed": "", "list-changed": ""}
    return trigger(toast(response, said, bad=not done), **events)
