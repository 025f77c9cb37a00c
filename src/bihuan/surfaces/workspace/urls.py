"""The addresses of the workspace."""

from django.urls import URLPattern, path

from bihuan.surfaces.workspace import shell
from bihuan.surfaces.workspace.views import (
    case_lists,
    cases,
    customers,
    exports,
    intake,
    passwords,
    search,
    sessions,
    sign_in,
    units,
    workbench,
)

urlpatterns: list[URLPattern] = [
    path("theme/", shell.choose_theme, name="theme"),
    path("keys/", shell.keys, name="keys"),
    path("sign-in/", sign_in.new, name="sign-in"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("password/", passwords.edit, name="change-password"),
    path("sessions/", sessions.index, name="sessions"),
    path("sessions/sign-out/", sessions.destroy_others, name="sessions-sign-out"),
    path("sessions/<slug:ref>/sign-out/", sessions.destroy, name="session-sign-out"),
    path("", workbench.index, name="workbench"),
    path("queue/", workbench.queue, name="queue"),
    path("search/", search.show, name="search"),
    path("intake/", intake.page, name="intake"),
    path("intake/match/", intake.match, name="intake-match"),
    path("intake/classes/", intake.classes, name="intake-classes"),
    path("intake/draft/", intake.draft, name="intake-draft"),
    path("intake/discard/", intake.discard, name="intake-discard"),
    path("cases/", case_lists.index, name="cases"),
    path("cases/export/<slug:kind>/", exports.show, name="case-export"),
    path("cases/<str:number>/", cases.show, name="case"),
    path("cases/<str:number>/original/", cases.original, name="case-original"),
    path("cases/<str:number>/facts/", cases.facts, name="case-facts"),
    path("cases/<str:number>/flow/", cases.flow, name="case-flow"),
    path("cases/<str:number>/context/", cases.context, name="case-context"),
    path("cases/<str:number>/notes/", cases.note, name="case-notes"),
    path("units/next/", units.take_next, name="unit-next"),
    path("units/<int:unit_id>/", units.show, name="unit"),
    path("units/<int:unit_id>/claim/", units.claim, name="unit-claim"),
    path("units/<int:unit_id>/submit/", units.submit, name="unit-submit"),
    path("units/<int:unit_id>/draft/", units.draft, name="unit-draft"),
    path("units/<int:unit_id>/form/", units.redraw, name="unit-form"),
    path("units/<int:unit_id>/<slug:verb>/", units.operate, name="unit-operation"),
    path("customers/", customers.index, name="customers"),
    path("customers/<int:customer_id>/", customers.show, name="customer"),
    path(
        "customers/<int:customer_id>/contacts/<int:contact_id>/",
        customers.phone,
        name="customer-phone",
    ),
]
