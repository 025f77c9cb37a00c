"""The tables a database has are the tables the models describe."""

from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.questioner import NonInteractiveMigrationQuestioner
from django.db.migrations.state import ProjectState
from django.utils import translation


def missing_migrations(state: ProjectState) -> list[str]:
    loader = MigrationLoader(None)
    with translation.override(None):  # as makemigrations does: names are compared untranslated
        found = MigrationAutodetector(
            loader.project_state(), state, NonInteractiveMigrationQuestioner()
        ).changes(graph=loader.graph)
    return sorted(found)


def test_no_migration_is_missing():
    assert missing_migrations(ProjectState.from_apps(apps)) == []


def test_a_missing_migration_is_found():
    state = ProjectState.from_apps(apps)
    state.remove_field("org", "staff", "name")

    assert missing_migrations(state) == ["org"]
