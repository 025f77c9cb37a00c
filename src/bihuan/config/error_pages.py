"""Which surface answers when nothing is there or something breaks: the one whose page was asked for."""

from django.http import HttpRequest, HttpResponse

from bihuan.surfaces.portal import pages as portal
from bihuan.surfaces.workspace import errors as workspace

PORTAL = "/portal/"


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere."""
    if request.path.startswith(PORTAL):
        return portal.not_found(request)
    return workspace.not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer when we failed."""
    if request.path.startswith(PORTAL):
        return portal.server_error(request)
    return workspace.server_error(request)
