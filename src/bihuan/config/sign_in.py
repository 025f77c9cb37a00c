"""Who is asking? Every page is closed to strangers unless its view says otherwise."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, cast
from urllib.parse import unquote_plus

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlencode

from bihuan.config.sessions import SessionStore
from bihuan.domain.org import actions, queries
from bihuan.kit import clock
from bihuan.kit.htmx import wants_fragment
from bihuan.kit.masking import holds_number

# Machines sign in with tokens, each surface in its own way; they are never sent to a page.
MACHINES: Final = ("/api/", "/live")
OPEN_BEFORE_A_NEW_PASSWORD: Final = frozenset({"change-password", "sign-out", "theme"})


class SignedIn:
    """Set `request.access` to what the signed-in person may do now, or to None for a stranger.

    Costs one query. A view is open to strangers only when it carries Django's
    `login_not_required`; everybody else is sent to the sign-in page and back.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Remember the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Find out who asks, and keep personal pages out of shared caches."""
        asked: Any = request
        asked.access, asked.visit = _who(request, clock.now())
        asked.user = SimpleLazyObject(lambda: _user(asked))
        response = self.get_response(request)
        if asked.access is not None:
            response.headers.setdefault("Cache-Control", "private, no-cache")
            patch_vary_headers(response, ["Cookie"])
        return response

    def process_view(
        self, request: Any, view: Callable[..., Any], *_arguments: object
    ) -> HttpResponse | None:
        """Send strangers to the sign-in page, and first passwords to be changed."""
        if not getattr(view, "login_required", True) or request.path.startswith(MACHINES):
            return None
        if request.access is None:
            return _send(request, "sign-in")
        if request.visit.must_change_password:
            name = request.resolver_match.url_name
            if name not in OPEN_BEFORE_A_NEW_PASSWORD:
                return _send(request, "change-password")
        return None


def _who(request: HttpRequest, at: datetime) -> tuple[queries.Access | None, queries.Visit | None]:
    session = cast("SessionStore", request.session)
    visit = session.visit()
    if visit is None or visit.staff_id is None:
        return None, None
    actions.note_visit(session_key=session.session_key or "", visit=visit, at=at)
    return queries.access_of(visit.staff_id, at, known_revision=visit.revision), visit


def _user(request: Any) -> Any:
    return queries.staff(request.access.staff_id) if request.access else AnonymousUser()


def _way_back(request: HttpRequest) -> str:
    """Return where to go afterwards; an address with a number in it is not written anywhere else."""
    if request.method != "GET":
        return "/"
    tried = (request.get_full_path(), request.path)
    return next((one for one in tried if not holds_number(unquote_plus(one))), "/")


def _send(request: HttpRequest, name: str) -> HttpResponse:
    """Go to a page and come back afterwards; HTMX is told to leave the page it is on."""
    if wants_fragment(request):
        return HttpResponse(status=401, headers={"HX-Redirect": reverse(name)})
    back = _way_back(request)
    return HttpResponseRedirect(f"{reverse(name)}?{urlencode({'next': back})}")
