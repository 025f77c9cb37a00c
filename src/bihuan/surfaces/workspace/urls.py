"""The addresses of the workspace."""

from django.urls import URLPattern, path

from bihuan.surfaces.workspace import shell
from bihuan.surfaces.workspace.views import passwords, sessions, sign_in

urlpatterns: list[URLPattern] = [
    path("theme/", shell.choose_theme, name="theme"),
    path("keys/", shell.keys, name="keys"),
    path("sign-in/", sign_in.new, name="sign-in"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("password/", passwords.edit, name="change-password"),
    path("sessions/", sessions.index, name="sessions"),
    path("sessions/sign-out/", sessions.destroy_others, name="sessions-sign-out"),
    path("sessions/<slug:ref>/sign-out/", sessions.destroy, name="session-sign-out"),
]
