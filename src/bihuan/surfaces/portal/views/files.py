"""Files the public hands in, and shows itself again. Nobody else's."""

from typing import Any, Final

from django.http import FileResponse, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bihuan.domain.attachments import actions as attachments, queries
from bihuan.domain.attachments.queries import AttachmentRow
from bihuan.domain.cases.actions.portal import pressing
from bihuan.domain.cases.events import case_ref
from bihuan.domain.cases.queries import portal as portals
from bihuan.kit import clock
from bihuan.kit.problems import Invalid, Refused
from bihuan.surfaces.portal import visitor
from bihuan.surfaces.portal.pages import public, render
from bihuan.surfaces.portal.sheets import request as sheets

# Nothing in a file may run, whatever a browser takes it for.
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@require_POST
@public
def add_to_draft(request: HttpRequest, pack: str) -> HttpResponseBase:
    """Keep the files of a request that is not sent yet."""
    draft = visitor.keep(request, visitor.draft_of(request, pack), {})
    try:
        for file in given(request):
            pressing.hand_in_before(
                draft.source_ref, file, address=visitor.address_of(request), at=clock.now()
            )
    except Refused as refused:
        page = sheets.form_page(portals.portal(pack), draft, sheets.STEPS[4], {}, refused.message)
        context = {"page": page, "files": queries.attachments_of(draft.source_ref)}
        return render(request, "step_files", context, pack=pack, status=refused.status)
    return HttpResponseRedirect(reverse("portal-step", args=[pack, "files"]))


@require_http_methods(["GET", "POST"])
@public
def of_draft(request: HttpRequest, pack: str, file_id: int) -> HttpResponseBase:
    """Show a file of the draft, or take it out again."""
    draft = visitor.draft_of(request, pack)
    if request.method == "POST":
        attachments.discard(file_id, root=draft.source_ref)
        return HttpResponseRedirect(reverse("portal-step", args=[pack, "files"]))
    return _shown(queries.attachments([file_id], root=draft.source_ref))


@require_safe
@public
def of_case(request: HttpRequest, number: str, file_id: int) -> HttpResponseBase:
    """Show a file its customer handed in; what colleagues keep with the case is not shown."""
    grant = visitor.grant_of(request, number, clock.now())
    found = queries.attachments([file_id], root=case_ref(grant.case_id))
    return _shown([row for row in found if row.added_by == grant.actor.ref])


def given(request: HttpRequest) -> list[pressing.GivenFile]:
    """Return the files a form sent."""
    files: list[Any] = request.FILES.getlist("file")
    if not files and "file" not in request.POST:
        raise Invalid("没有收到文件，请重新选择。")
    return [pressing.GivenFile(one.name or "", one.chunks()) for one in files]


def _shown(found: list[AttachmentRow]) -> HttpResponseBase:
    if not found:
        raise queries.AttachmentMissing
    [row] = found
    content: Any = queries.content(row).open("rb")
    media_type = row.media_type if row.is_image else "application/octet-stream"
    return FileResponse(
        content,
        as_attachment=not row.is_image,
        filename=row.name,
        content_type=media_type,
        headers=HEADERS,
    )
