"""Files of a case: taken in at a unit, given out to those who may see the case."""

from typing import Any, Final

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_POST, require_safe

from bihuan.domain.attachments import queries as attachments
from bihuan.domain.cases import queries as cases
from bihuan.domain.cases.events import case_id_of
from bihuan.domain.processes.actions.attaching import FieldTakesNoFile, HandedIn, attach
from bihuan.kit.htmx import render
from bihuan.surfaces.workspace.desk import desk_of
from bihuan.surfaces.workspace.sheets.files import file_sheet

# Nothing in a file may run, whatever a browser takes it for; it may be kept for its reader only.
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, max-age=3600",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@require_POST
def create(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Keep a file for a field of a unit; answer with how the form shows it."""
    desk = desk_of(request)
    given, name = request.FILES.get("file"), request.POST.get("field", "")
    if given is None:
        raise FieldTakesNoFile("没有收到文件，请重新选择。")
    handed_in = HandedIn(field=_field(name), name=given.name or "", pieces=given.chunks())
    row = attach(unit_id, handed_in, by=desk.actor, at=desk.at)
    return render(request, "units/_file.html", {"file": file_sheet(row), "name": name})


def _field(name: str) -> str:
    """Return the field an input is for: `parts.0.photo` is `parts.photo`."""
    return ".".join(part for part in name.split(".") if not part.isdigit())


@require_safe
def show(request: HttpRequest, file_id: int) -> HttpResponseBase:
    """Send a file to somebody who may see its case: pictures to look at, everything else to download."""
    desk = desk_of(request)
    row = attachments.attachment(file_id)
    cases.case_view(desk.access, cases.case_number(case_id_of(row.root)))
    inline = row.is_image and "download" not in request.GET
    content: Any = attachments.content(row).open("rb")
    return FileResponse(
        content,
        as_attachment=not inline,
        filename=row.name,
        content_type=row.media_type if inline else "application/octet-stream",
        headers=HEADERS,
    )
