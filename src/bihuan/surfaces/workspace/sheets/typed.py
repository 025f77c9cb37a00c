"""What was typed into a form, read back from the names its inputs have."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.http import QueryDict
from django.utils import timezone

from bihuan.engines.forms import Field, FieldType, Form
from bihuan.engines.forms.clean import read_moment
from bihuan.engines.forms.model import FILES

MANY: Final = (FILES - {FieldType.SIGNATURE}) | {FieldType.MULTICHOICE}
MOST_ROWS: Final = 100


def typed_values(form: Form, posted: QueryDict) -> dict[str, Any]:
    """Return what was typed, by field; fields the page did not carry are left out.

    Inputs in a row of a group are called `group.0.field`; rows come in the order of their numbers.
    """
    return {
        field.code: _typed(field, field.code, posted)
        for field in form.fields
        if field.code in posted or field.type is FieldType.MULTICHOICE
    }


def _typed(field: Field, name: str, posted: QueryDict) -> Any:
    if field.type is FieldType.GROUP:
        return _rows(field, posted)
    if field.type is FieldType.CUSTOMER:
        return _chosen(posted.getlist(name), posted.get(f"{name}.found", ""))
    if field.type in MANY:
        return [value for value in posted.getlist(name) if value != ""]
    return posted.get(name, "")


def _chosen(values: list[str], found_by: str) -> str:
    """Return who was chosen among the found, unless other words to search with were typed since."""
    typed, chosen = (values[0].strip(), values[-1]) if values else ("", "")
    return chosen if len(values) > 1 and typed in ("", found_by) else typed


def _rows(group: Field, posted: QueryDict) -> list[dict[str, Any]]:
    return [
        {
            field.code: _typed(field, f"{group.code}.{number}.{field.code}", posted)
            for field in group.fields
        }
        for number in _numbers(group.code, posted)
    ]


def _numbers(code: str, posted: Iterable[str]) -> list[int]:
    found = {
        int(match[1])
        for name in posted
        if (match := re.fullmatch(rf"{re.escape(code)}\.(\d{{1,3}})\.\w+", name))
    }
    return sorted(found)[:MOST_ROWS]


def with_row(form: Form, values: dict[str, Any], *, add: str, remove: str) -> dict[str, Any]:
    """Return the values with one more row of the group `add`, or without the row `remove` (`group.2`)."""
    groups = {field.code for field in form.fields if field.type is FieldType.GROUP}
    if add in groups:
        return values | {add: [*(values.get(add) or []), {}]}
    code, _, number = remove.rpartition(".")
    if code in groups and number.isascii() and number.isdigit():
        rows = list(values.get(code) or [])
        return values | {code: rows[: int(number)] + rows[int(number) + 1 :]}
    return values


def read_local_moment(text: str) -> datetime | None:
    """Return the moment a person typed, in the place's own time unless an offset is written; or None."""
    found = read_moment(text.strip()) if text.strip() else None
    return timezone.make_aware(found) if found is not None and found.tzinfo is None else found
