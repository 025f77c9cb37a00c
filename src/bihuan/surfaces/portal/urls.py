"""The portal's addresses, all under /portal/."""

from django.urls import path

from bihuan.surfaces.portal.views import acts, cases, files, home, lookups, requests

_SERVICE = "portal/services/<slug:pack>/"
_CASE = "portal/cases/<str:number>/"

urlpatterns = [
    path("portal/", home.index, name="portal"),
    path(_SERVICE, home.show, name="portal-service"),
    path(f"{_SERVICE}new/", requests.begin, name="portal-new"),
    path(f"{_SERVICE}new/draft/", requests.keep, name="portal-draft"),
    path(f"{_SERVICE}new/send/", requests.send, name="portal-send"),
    path(f"{_SERVICE}new/files/add/", files.add_to_draft, name="portal-draft-add"),
    path(f"{_SERVICE}new/files/<int:file_id>/", files.of_draft, name="portal-draft-file"),
    path(f"{_SERVICE}new/<slug:step>/", requests.step, name="portal-step"),
    path("portal/sent/", requests.sent, name="portal-sent"),
    path("portal/progress/", lookups.ask, name="portal-lookup"),
    path("portal/progress/code/", lookups.prove, name="portal-prove"),
    path(_CASE, cases.show, name="portal-case"),
    path(f"{_CASE}now/", cases.now, name="portal-now"),
    path(f"{_CASE}leave/", cases.leave, name="portal-leave"),
    path(f"{_CASE}files/<int:file_id>/", files.of_case, name="portal-file"),
    path(f"{_CASE}<slug:act>/", acts.act, name="portal-act"),
]
