"""岗位作业指导: for everybody who works, on a phone too."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from bihuan.kit.htmx import render
from bihuan.surfaces.studio import guide
from bihuan.surfaces.studio.designer import reader_of


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the posts, one's own first; `post` in the address leads to its guide."""
    if request.GET.get("post"):
        return HttpResponseRedirect(reverse("guide", args=[request.GET["post"]]))
    own = {code for code, _ in reader_of(request).access.posts}
    rows = sorted(guide.posts(), key=lambda row: row.code not in own)
    return render(request, "studio/guides.html", {"posts": rows, "own": own})


@require_safe
def show(request: HttpRequest, post: str) -> HttpResponse:
    """Show what one post does in which process."""
    reader = reader_of(request)
    rows = {row.code: row for row in guide.posts()}
    if post not in rows:
        raise Http404
    context = {"post": rows[post], "processes": guide.guide(post), "now": reader.at}
    return render(request, "studio/guide.html", {**context, "posts": list(rows.values())})
