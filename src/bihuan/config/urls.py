"""All addresses: each surface brings its own."""

from django.urls import URLPattern, URLResolver, include, path

from bihuan.config import demo_phone
from bihuan.config.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("api/v1/", include("bihuan.surfaces.api.urls")),
    # The pages asked for most come first: addresses are compared one by one.
    path("", include("bihuan.surfaces.workspace.urls")),
    path("", include("bihuan.surfaces.command.urls")),
    *demo_phone.urlpatterns(),
    path("", include("bihuan.surfaces.portal.urls")),
    path("", include("bihuan.surfaces.studio.urls")),
]

handler400 = "bihuan.surfaces.workspace.errors.bad_request"
handler403 = "bihuan.surfaces.workspace.errors.forbidden"
handler404 = "bihuan.config.error_pages.not_found"
handler500 = "bihuan.config.error_pages.server_error"
