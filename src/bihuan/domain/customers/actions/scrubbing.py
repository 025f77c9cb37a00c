"""Everything that hangs on a customer, in whatever table, and words taken out of its texts.

Found by keys and refs, not by a list of tables: what a later app adds is reached without being told of.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BinaryField,
    CharField,
    Field,
    JSONField,
    Model,
    TextField,
    UniqueConstraint,
)
from django.db.models.fields.reverse_related import ForeignObjectRel

from bihuan.domain.customers.rules.words import hide
from bihuan.domain.ledger.models import Fact

Rows = dict[type[Model], set[Any]]
KEPT: Final = frozenset(
    {
        ("customers_account", "number"),
        ("customers_contract", "number"),
        ("cases_case", "number"),
    }
)
"""What accounts and cases are found by, kept by law (decision 0367)."""
_REFERRING: Final = ("root", "subject")
_CAPITAL: Final = re.compile(r"(?<!^)(?=[A-Z])")


def hanging_on(seeds: Mapping[type[Model], Collection[Any]]) -> Rows:
    """Return the rows that have a key to one of these rows, or name it as their `root` or `subject`, however far down.

    The ledger has its own way (`ledger.actions.redact`).
    """
    found: Rows = defaultdict(set)
    fresh: Rows = {model: set(keys) for model, keys in seeds.items()}
    while fresh:
        for model, keys in fresh.items():
            found[model] |= keys
        after: Rows = defaultdict(set)
        for model, keys in _below(fresh):
            after[model] |= keys - found[model]
        fresh = {model: keys for model, keys in after.items() if keys}
    return dict(found)


def refs_of(rows: Mapping[type[Model], Collection[Any]]) -> list[str]:
    """Return how facts and other rows name these (`case:7`, `file_request:3`)."""
    return [
        f"{_CAPITAL.sub('_', model.__name__).lower()}:{key}"
        for model, keys in rows.items()
        for key in keys
    ]


def scrub(rows: Rows, words: frozenset[str]) -> int:
    """Take the words out of all texts of these rows and drop their bytes, which nobody can read through; return how many changed."""
    changed = 0
    for model, keys in rows.items():
        fields = list(_texts(model))
        names = [one.attname for one in fields]
        # Locked, and no more written than changes: nobody's work of this moment is written over.
        found = model._base_manager.filter(pk__in=keys).order_by("pk")  # noqa: SLF001 -- Django's own word for it
        found = found.select_for_update(no_key=True)
        for key, *values in found.values_list("pk", *names):
            after = {
                one.attname: hidden
                for one, value in zip(fields, values, strict=True)
                if (hidden := _without(one, value, words, key)) != value
            }
            if after:
                changed += model._base_manager.filter(pk=key).update(**after)  # noqa: SLF001
    return changed


def _below(rows: Rows) -> Iterator[tuple[type[Model], set[Any]]]:
    for model, keys in rows.items():
        for relation in model._meta.get_fields(include_hidden=True):
            if isinstance(relation, ForeignObjectRel) and relation.related_model is not model:
                child = relation.related_model
                yield child, _keys(child, {f"{relation.field.attname}__in": keys})
    refs = refs_of(rows)
    for model in apps.get_models():
        for field in model._meta.concrete_fields if model is not Fact else ():
            if field.name in _REFERRING and isinstance(field, CharField | TextField):
                yield model, _keys(model, {f"{field.name}__in": refs})


def _keys(model: type[Model], where: Mapping[str, Any]) -> set[Any]:
    return set(model._base_manager.filter(**where).values_list("pk", flat=True))  # noqa: SLF001


def _texts(model: type[Model]) -> Iterator["Field[Any, Any]"]:
    for field in model._meta.concrete_fields:
        is_text = isinstance(field, CharField | TextField | JSONField | ArrayField)
        is_bytes = isinstance(field, BinaryField) and field.null
        is_kept = field.primary_key or (model._meta.db_table, field.name) in KEPT
        if (is_text or is_bytes) and not is_kept and not field.choices:
            yield field


def _without(field: "Field[Any, Any]", value: Any, words: frozenset[str], key: object) -> Any:
    if isinstance(field, BinaryField):
        return None
    hidden = hide(words, value)
    if not isinstance(hidden, str) or hidden == value:
        return hidden
    # Two that differed in these words only are still two.
    mark = f"#{key}" if _is_unique(field) else ""
    most = field.max_length or len(hidden) + len(mark)
    return hidden[: most - len(mark)] + mark


def _is_unique(field: "Field[Any, Any]") -> bool:
    named = {
        name
        for one in field.model._meta.constraints
        if isinstance(one, UniqueConstraint)
        for name in one.fields
    }
    return field.unique or field.name in named
