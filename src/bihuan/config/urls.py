"""All addresses: each surface brings its own."""

from django.urls import URLPattern, URLResolver, include, path

from bihuan.config.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("api/v1/", include("bihuan.surfaces.api.urls")),
    path("", include("bihuan.surfaces.command.urls")),
    path("", include("bihuan.surfaces.studio.urls")),
    path("", include("bihuan.surfaces.workspace.urls")),
]

handler400 = "bihuan.surfaces.workspace.errors.bad_request"
handler403 = "bihuan.surfaces.workspace.errors.forbidden"
handler404 = "bihuan.surfaces.workspace.errors.not_found"
handler500 = "bihuan.surfaces.workspace.errors.server_error"
