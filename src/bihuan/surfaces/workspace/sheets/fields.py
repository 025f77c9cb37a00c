"""A form's fields as the page shows them, from the form definition and what was filled in."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from bihuan.engines.forms import Field, FieldType, Form, validate
from bihuan.engines.forms.clean import LENGTHS
from bihuan.engines.forms.location import write_location
from bihuan.engines.forms.model import FILES
from bihuan.surfaces.workspace.sheets.files import FileSheet, file_numbers

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
    FieldType.ATTACHMENT: "files",
    FieldType.FILE: "files",
    FieldType.PHOTO: "photos",
    FieldType.SIGNATURE: "signature",
    FieldType.LOCATION: "place",
    FieldType.GROUP: "group",
    FieldType.CUSTOMER: "customer",
}
INPUTS: Final = {"phone": "tel"}
SHAPES: Final = {"date": "2026-01-31", "moment": "2026-01-31 08:30"}
WIDE: Final = {
    **dict.fromkeys(("text", "choices", "group", "photos", "files"), "w6"),
    **dict.fromkeys(("signature", "place"), "w3"),
}


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
    files: "Sequence[FileSheet]" = ()
    upload_address: str = ""
    rows: "Sequence[Row]" = ()

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
class Row:
    """One row of a repeating group; `name` is `parts.0`."""

    name: str
    fields: Sequence[FieldSheet]


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in a form now: values typed or drafted, and what is wrong with them."""

    values: Mapping[str, Any]
    errors: Mapping[str, str]
    at: datetime
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Around:
    """What the page knows beside the form: values of earlier units, the files of the case, where files go."""

    previous: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[int, FileSheet] = field(default_factory=dict)
    upload_address: str = ""
    customers: Callable[[str], Options] = lambda _text: ()


NOTHING_AROUND: Final = Around()


def field_sheets(
    form: Form, filled: Filled, lookups: Lookups, around: Around = NOTHING_AROUND
) -> list[FieldSheet]:
    """Return the fields that are to be shown for these values, in the form's order.

    What was typed stays, also where it is wrong; a readonly field shows the value it keeps.
    """
    return list(_Drawing(form, filled, lookups, around).fields())


class _Drawing:
    """One form being drawn: what a validation says of it decides what is shown, asked for and fixed."""

    def __init__(self, form: Form, filled: Filled, lookups: Lookups, around: Around) -> None:
        self.form, self.filled, self.lookups, self.around = form, filled, lookups, around
        self.found = validate(form, filled.values, at=filled.at, previous=around.previous)
        self.named = named_in_conditions(form)

    def fields(self) -> Iterator[FieldSheet]:
        for item in self.form.fields:
            if item.code not in self.found.hidden:
                yield self._field(item, item.code, self.filled.values)

    def _field(self, item: Field, name: str, values: Mapping[str, Any]) -> FieldSheet:
        kind = KINDS.get(item.type, "line")
        sheet = FieldSheet(
            name=name,
            label=item.label,
            kind=kind,
            value=shown_value(item, values.get(item.code, item.default)),
            options=_options(item, self.lookups),
            required=item.required or name in self.found.missing,
            for_customer=item.customer_visible,
            max_length=item.max_length or LENGTHS.get(item.type, 0),
            error=self.filled.errors.get(name, ""),
            hint=item.help,
            width=WIDE.get(kind, "w2"),
            redraws=item.code in self.named,
        )
        return self._completed(item, sheet, values.get(item.code))

    def _completed(self, item: Field, sheet: FieldSheet, value: Any) -> FieldSheet:
        """Return a field with what only its type has: files, found customers, rows."""
        if sheet.name in self.found.readonly:
            return self._fixed(item, sheet)
        if item.type in FILES:
            return self._with_files(sheet, value)
        if item.type is FieldType.CUSTOMER:
            text = str(sheet.value)
            return replace(sheet, options=self.around.customers(text), redraws=True)
        if item.type is FieldType.GROUP:
            return replace(sheet, rows=self._rows(item, value))
        return sheet

    def _fixed(self, item: Field, sheet: FieldSheet) -> FieldSheet:
        """Return a field that shows the value it keeps, in words, and cannot be changed."""
        kept = self.found.values.get(item.code)
        found = self.around.customers(str(kept)) if item.type is FieldType.CUSTOMER else ()
        words = dict(found or sheet.options)
        shown = shown_value(item, kept)
        many = shown if isinstance(shown, list) else [shown]
        text = "、".join(str(words.get(str(one), one)) for one in many)
        fixed = replace(sheet, kind="fixed", value=text or "—", required=False, readonly=True)
        return self._with_files(fixed, kept) if item.type in FILES else fixed

    def _with_files(self, sheet: FieldSheet, value: Any) -> FieldSheet:
        found = [self.around.files[n] for n in file_numbers(value) if n in self.around.files]
        return replace(sheet, files=found, upload_address=self.around.upload_address)

    def _rows(self, group: Field, value: Any) -> list[Row]:
        typed = [row for row in value or [] if isinstance(row, Mapping)]
        typed += [{}] * (max(1, int(group.minimum or 0)) - len(typed))
        return [
            Row(
                f"{group.code}.{number}",
                [self._field(one, name, row) for one, name in self._shown(group, number)],
            )
            for number, row in enumerate(typed)
        ]

    def _shown(self, group: Field, number: int) -> list[tuple[Field, str]]:
        names = [(one, f"{group.code}.{number}.{one.code}") for one in group.fields]
        return [(one, name) for one, name in names if name not in self.found.hidden]


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
    if field.type is FieldType.LOCATION:
        return write_location(value)
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


def named_in_conditions(form: Form) -> frozenset[str]:
    """Return the fields on which it depends whether others are shown or must be filled in."""
    every = [one for field in form.fields for one in (field, *field.fields)]
    texts = [
        text
        for field in every
        for text in (field.visible_if, field.required_if, field.readonly_if)
        if text
    ]
    words = frozenset(word for text in texts for word in re.findall(r"[a-zA-Z_]\w*", text))
    return words & {one.code for one in every}
