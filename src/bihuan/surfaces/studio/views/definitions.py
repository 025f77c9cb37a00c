"""Lists of definitions, one version, beginning a draft, and files in and out."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.encoding import escape_uri_path
from django.views.decorators.http import require_GET, require_POST, require_safe

from bihuan.domain.packs import actions
from bihuan.kit.htmx import render
from bihuan.kit.problems import Invalid
from bihuan.surfaces.studio import comparing, diagnosis, pages, uploads
from bihuan.surfaces.studio.answers import body_of, for_scripts, gone_to, text_in, told
from bihuan.surfaces.studio.designer import designer_of
from bihuan.surfaces.studio.diagnosis import Place


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the processes, or the decision tables."""
    designer = designer_of(request)
    kind = "decision" if request.GET.get("kind") == "decision" else "process"
    context = {
        "kind": kind,
        "kinds": [(title, f"?kind={word}", word == kind) for word, title in pages.TABS],
        "definitions": pages.overview(kind),
        "may_design": designer.may_design,
    }
    return render(request, "studio/list.html", context)


@require_safe
def show(request: HttpRequest, definition_id: int) -> HttpResponse:
    """Show one version: the designer or the table editor, with the history beside it."""
    designer = designer_of(request)
    one = pages.shown(definition_id)
    context = pages.page(one, designer)
    if one.kind == "process":
        context |= {"data": pages.diagram_data(one, designer)}
        return render(request, "studio/designer.html", context)
    context |= {"data": pages.table_data(one, designer)}
    return render(request, "studio/table.html", context)


@require_GET
def new(request: HttpRequest) -> HttpResponse:
    """Ask for the code and name of something new."""
    designer_of(request)
    return render(request, "studio/_new.html", uploads.asked(request.GET.get("kind", "process")))


@require_POST
def create(request: HttpRequest) -> HttpResponse:
    """Begin a definition from scratch or from a file."""
    designer = designer_of(request)
    wanted = uploads.Wanted.posted(request.POST, request.FILES.get("file"))
    try:
        made = actions.start_draft(
            pack_key=wanted.pack,
            path=wanted.path,
            source=wanted.source(),
            title=wanted.name,
            by=designer.actor,
            at=designer.at,
        )
    except (Invalid, actions.NameTaken) as refusal:
        form = uploads.asked(wanted.kind, request.POST, refusal)
        return render(request, "studio/_new.html", form, status=422)
    return gone_to(reverse("studio-version", args=[made.pk]))


@require_POST
def begin_draft(request: HttpRequest, definition_id: int) -> HttpResponse:
    """Begin a draft with the words of a version, or open the one there is."""
    designer = designer_of(request)
    pages.shown(definition_id)
    draft = actions.draft_from(definition_id, by=designer.actor, at=designer.at)
    return HttpResponseRedirect(reverse("studio-version", args=[draft.pk]))


@require_safe
def export(request: HttpRequest, definition_id: int) -> HttpResponse:
    """Give a version as a file, with everything that was not understood."""
    designer_of(request)
    one = pages.shown(definition_id)
    name = one.path.rpartition("/")[2]
    kind = "application/xml" if name.endswith(".bpmn") else "application/yaml"
    response = HttpResponse(one.source.encode(), content_type=f"{kind}; charset=utf-8")
    response.headers["Content-Disposition"] = (
        f"attachment; filename*=UTF-8''{escape_uri_path(name)}"
    )
    return response


@require_safe
def compare(request: HttpRequest, definition_id: int) -> HttpResponse:
    """Show two versions side by side."""
    designer = designer_of(request)
    one = pages.shown(definition_id)
    context = pages.page(one, designer)
    chosen = request.GET.get("with", "")
    other_id = int(chosen) if chosen.isdigit() else getattr(context["compare_with"], "id", one.pk)
    context |= pages.comparison(one, pages.shown(other_id), context["versions"])
    return render(request, "studio/compare.html", context)


@require_POST
@for_scripts
def differences(request: HttpRequest) -> HttpResponse:
    """Tell how two diagrams differ: mine and the one somebody else saved."""
    designer_of(request)
    body = body_of(request)
    found = comparing.compared(
        text_in(body, "before"), text_in(body, "after"), text_in(body, "code")
    )
    return told({"differences": found})


@require_POST
@for_scripts
def check(request: HttpRequest, definition_id: int) -> HttpResponse:
    """Check what is drawn now, whether saved or not."""
    designer_of(request)
    one = pages.shown(definition_id)
    source = text_in(body_of(request), "source")
    return told({"problems": diagnosis.problems(Place(one.pack_key, one.path), source)})
