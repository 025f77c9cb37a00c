"""Foreign keys named by string leave no import, so import-linter cannot see them."""

import tomllib
from pathlib import Path

from django.apps import apps

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def domain_ranks() -> dict[str, int]:
    """Read the app order from the one place that declares it; 0 is the top."""
    contracts = tomllib.loads(PYPROJECT.read_text())["tool"]["importlinter"]["contracts"]
    order = next(c["layers"] for c in contracts if c.get("containers") == ["bihuan.domain"])
    return {app.strip(" ()"): rank for rank, layer in enumerate(order) for app in layer.split("|")}


def relations_between_apps():
    ranks = domain_ranks()
    for model in apps.get_models():
        for field in model._meta.get_fields():
            target = field.related_model if field.concrete and field.is_relation else None
            if target is None or model._meta.app_label not in ranks:
                continue
            source_app, target_app = model._meta.app_label, target._meta.app_label
            if source_app != target_app and target_app in ranks:
                yield field, ranks[source_app], ranks[target_app]


def upward(relations):
    return [str(field) for field, source, target in relations if target <= source]


def test_foreign_keys_point_down():
    assert upward(relations_between_apps()) == []


def test_a_key_that_points_up_is_found():
    ranks = domain_ranks()
    relations = [
        ("ledger.Fact.case", ranks["ledger"], ranks["cases"]),
        ("cases.Case.customer", ranks["cases"], ranks["customers"]),
    ]

    assert upward(relations) == ["ledger.Fact.case"]


def test_lower_tables_do_not_grow_attributes_from_above():
    named = [
        str(field)
        for field, _source, _target in relations_between_apps()
        if not field.remote_field.hidden
    ]

    assert named == [], 'give these related_name="+" and ask a query instead'
