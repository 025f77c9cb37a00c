"""The addresses of the workspace."""

from django.urls import URLPattern, path

from bihuan.surfaces.workspace import shell

urlpatterns: list[URLPattern] = [
    path("theme/", shell.choose_theme, name="theme"),
    path("keys/", shell.keys, name="keys"),
]
