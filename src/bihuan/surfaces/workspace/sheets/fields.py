"""A form's fields as the page shows them, from the form definition and what was filled in."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.http import QueryDict
from django.utils import timezone

from bihuan.engines.forms import Field, FieldType, Form, validate, visible_fields
from bihuan.engines.forms.clean import LENGTHS

Options = Sequence[tuple[str, str]]
Lookups = Mapping[FieldType, Callable[[], Options]]

YES_NO: Final[Options] = (("true", "是"), ("false", "否"))
KINDS: Final[Mapping[FieldType, str]] = {
    FieldType.LONGTEXT: "text",
    FieldType.BOOLEAN: "choice",
    FieldType.CHOICE: "choice",
    FieldType.CLASS: "choice",
    FieldType.STAFF: "choice",
    FieldType.ORG_UNIT: "choice",
    FieldType.MULTICHOICE: "choices",
    FieldType.NUMBER: "number",
    FieldType.MONEY: "number",
    FieldType.DATE: "date",
    FieldType.DATETIME: "moment",
    FieldType.PHONE: "phone",
}
INPUTS: Final = {"phone": "tel"}
SHAPES: Final = {"date": "2026-01-31", "moment": "2026-01-31 08:30"}
WIDE: Final = {"text": "w6", "choices": "w6"}


@dataclass(frozen=True, slots=True)
class FieldSheet:
    """One field, ready to be drawn."""

    name: str
    label: str
    kind: str = "line"
    value: Any = ""
    options: Options = ()
    required: bool = False
    readonly: bool = False
    for_customer: bool = False
    max_length: int = 0
    error: str = ""
    hint: str = ""
    placeholder: str = ""
    width: str = "w2"
    redraws: bool = False

    @property
    def input_type(self) -> str:
        """Return the HTML input type."""
        return INPUTS.get(self.kind, "text")

    @property
    def shape(self) -> str:
        """Return how it is written, for inputs that want a certain form: browsers' own date inputs
        follow the browser's language, not the page's.
        """
        return self.placeholder or SHAPES.get(self.kind, "")


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in a form now: values typed or drafted, and what is wrong with them."""

    values: Mapping[str, Any]
    errors: Mapping[str, str]
    at: datetime
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a field stands among the others: still to be filled in; deciding about others."""

    is_lacking: bool
    redraws: bool


def field_sheets(form: Form, filled: Filled, lookups: Lookups) -> list[FieldSheet]:
    """Return the fields that are to be shown for these values, in the form's order."""
    lacking = frozenset(validate(form, filled.values, at=filled.at).missing)
    named = _named_in_conditions(form)
    return [
        _sheet(field, filled, lookups, Manner(field.code in lacking, field.code in named))
        for field in visible_fields(form, filled.values, at=filled.at)
        if field.type is not FieldType.ATTACHMENT
    ]


def typed_values(form: Form, posted: QueryDict) -> dict[str, Any]:
    """Return what was typed, by field; fields the page did not carry are left out."""
    return {
        field.code: _typed(field, posted)
        for field in form.fields
        if field.code in posted or field.type is FieldType.MULTICHOICE
    }


def _typed(field: Field, posted: QueryDict) -> Any:
    if field.type is FieldType.MULTICHOICE:
        return posted.getlist(field.code)
    return posted.get(field.code, "")


def _sheet(field: Field, filled: Filled, lookups: Lookups, manner: Manner) -> FieldSheet:
    kind = KINDS.get(field.type, "line")
    return FieldSheet(
        name=field.code,
        label=field.label,
        kind=kind,
        value=shown_value(field, filled.values.get(field.code, field.default)),
        options=_options(field, lookups),
        required=field.required or manner.is_lacking,
        readonly=field.readonly,
        for_customer=field.customer_visible,
        max_length=field.max_length or LENGTHS.get(field.type, 0),
        error=filled.errors.get(field.code, ""),
        hint=field.help,
        width=WIDE.get(kind, "w2"),
        redraws=manner.redraws,
    )


def _options(field: Field, lookups: Lookups) -> Options:
    if field.type is FieldType.BOOLEAN:
        return YES_NO
    if field.choices:
        return [(choice.code, choice.label) for choice in field.choices]
    lookup = lookups.get(field.type)
    return lookup() if lookup else ()


def shown_value(field: Field, value: Any) -> Any:
    """Return a stored or typed value as the input wants it."""
    if value is None:
        return [] if field.type is FieldType.MULTICHOICE else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if field.type is FieldType.DATETIME and isinstance(value, str) and "T" in value:
        return _local_minutes(value)
    return value


def _local_minutes(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    local = timezone.localtime(moment) if moment.tzinfo else moment
    return f"{local:%Y-%m-%d %H:%M}"


def _named_in_conditions(form: Form) -> frozenset[str]:
    """Return the fields on which it depends whether others are shown or must be filled in."""
    texts = [
        text
        for field in form.fields
        for text in (field.visible_if, field.required_if, field.readonly_if)
        if text
    ]
    words = {word for text in texts for word in re.findall(r"[a-zA-Z_]\w*", text)}
    return frozenset(word for word in words if any(f.code == word for f in form.fields))
