"""The addresses of the studio."""

from django.urls import URLPattern, path

from bihuan.surfaces.studio.views import checks, definitions, drafts, guides, trials

urlpatterns: list[URLPattern] = [
    path("studio/", definitions.index, name="studio"),
    path("studio/new/", definitions.new, name="studio-new"),
    path("studio/create/", definitions.create, name="studio-create"),
    path("studio/differences/", definitions.differences, name="studio-differences"),
    path("studio/<int:definition_id>/", definitions.show, name="studio-version"),
    path("studio/<int:definition_id>/draft/", definitions.begin_draft, name="studio-draft"),
    path("studio/<int:definition_id>/export/", definitions.export, name="studio-export"),
    path("studio/<int:definition_id>/compare/", definitions.compare, name="studio-compare"),
    path("studio/<int:definition_id>/save/", drafts.save, name="studio-save"),
    path("studio/<int:definition_id>/check/", checks.check, name="studio-check"),
    path("studio/<int:definition_id>/trial/", trials.play, name="studio-trial"),
    path("studio/<int:definition_id>/try/", trials.try_table, name="studio-try"),
    path(
        "studio/<int:definition_id>/do/publish/",
        drafts.deed,
        {"name": "publish"},
        name="studio-publish",
    ),
    path("studio/<int:definition_id>/do/<slug:name>/", drafts.deed, name="studio-deed"),
    path("guides/", guides.index, name="guides"),
    path("guides/<slug:post>/", guides.show, name="guide"),
]
