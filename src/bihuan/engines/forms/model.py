"""What a form is: fields in order, checks across them, checks against earlier values."""

from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Self


class FieldType(StrEnum):
    """What a field holds. The value is the word used in form files."""

    TEXT = "text"
    LONGTEXT = "longtext"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    DATETIME = "datetime"
    CHOICE = "choice"
    MULTICHOICE = "multichoice"
    BOOLEAN = "boolean"
    PHONE = "phone"
    CLASS = "class"
    STAFF = "staff"
    ORG_UNIT = "org_unit"
    CUSTOMER = "customer"
    ASSET = "asset"
    ATTACHMENT = "attachment"
    FILE = "file"
    PHOTO = "photo"
    SIGNATURE = "signature"
    LOCATION = "location"
    GROUP = "group"


NUMERIC = frozenset({FieldType.NUMBER, FieldType.MONEY})
DATED = frozenset({FieldType.DATE, FieldType.DATETIME})
# What is kept as files: a field holds their numbers. `attachment` is the older word for `file`.
FILES = frozenset({FieldType.ATTACHMENT, FieldType.FILE, FieldType.PHOTO, FieldType.SIGNATURE})
LISTS = frozenset(
    {
        FieldType.MULTICHOICE,
        FieldType.ATTACHMENT,
        FieldType.FILE,
        FieldType.PHOTO,
        FieldType.GROUP,
    }
)
CHOICES = frozenset({FieldType.CHOICE, FieldType.MULTICHOICE})
TEXTS = frozenset({FieldType.TEXT, FieldType.LONGTEXT})
REFERENCES = FILES | {
    FieldType.CLASS,
    FieldType.STAFF,
    FieldType.ORG_UNIT,
    FieldType.CUSTOMER,
    FieldType.ASSET,
}
# Personal or bulky: never becomes a routing variable of a process.
PRIVATE = FILES | {FieldType.LONGTEXT, FieldType.PHONE, FieldType.LOCATION, FieldType.GROUP}


@dataclass(frozen=True, slots=True)
class Choice:
    """One option: the code that is stored and the words people read."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in. Codes are ASCII because conditions name them; labels are Chinese.

    `minimum` and `maximum` bound numbers and money; for dates they are a date, `today`, or `today`
    with a number of days (`today-7`); for groups, files and photos a number of them. `fields` are those of
    one row of a group.
    """

    code: str
    label: str
    type: FieldType
    required: bool = False
    required_if: str = ""
    visible_if: str = ""
    readonly: bool = False
    readonly_if: str = ""
    minimum: str = ""
    maximum: str = ""
    pattern: str = ""
    pattern_help: str = ""
    max_length: int = 0
    decimals: int = 6
    choices: tuple[Choice, ...] = ()
    customer_visible: bool = False
    routing: bool = False
    help: str = ""
    default: Any = None
    fields: tuple["Field", ...] = ()

    def choice_label(self, code: str) -> str:
        """Return the words for a stored choice; the code itself if there are none."""
        return next((choice.label for choice in self.choices if choice.code == code), code)


@dataclass(frozen=True, slots=True)
class Check:
    """A condition that must hold between values, and what to say at which fields if it does not."""

    expression: str
    message: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """One form. `previous` gives the types of `prev_` values that are not fields of this form."""

    code: str
    title: str
    fields: tuple[Field, ...]
    checks: tuple[Check, ...] = ()
    history: tuple[Check, ...] = ()
    previous: dict[str, FieldType] = field(default_factory=dict)

    def field(self, code: str) -> Field:
        """Return the field with this code, or raise KeyError."""
        for found in self.fields:
            if found.code == code:
                return found
        raise KeyError(code)

    def variables(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the clean values that a process may route by, money as a number.

        Long texts, phones and attachments never; plain texts only where the field says `routing`.
        Every routing field is there: one without value is None, so a condition may ask `x == null`.
        """
        return {
            item.code: _as_variable(item, values.get(item.code))
            for item in self.fields
            if item.type not in PRIVATE and (item.routing or item.type is not FieldType.TEXT)
        }

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values from which `from_json` builds an equal form."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Build a form from `to_json`'s result."""
        return cls(
            code=data["code"],
            title=data["title"],
            fields=tuple(_field(item) for item in data["fields"]),
            checks=tuple(_check(item) for item in data["checks"]),
            history=tuple(_check(item) for item in data["history"]),
            previous={code: FieldType(name) for code, name in data["previous"].items()},
        )


def _as_variable(item: Field, value: Any) -> Any:
    if item.type is FieldType.MONEY and isinstance(value, str):
        number = float(value)
        return int(number) if number.is_integer() else number
    return value


def _field(data: dict[str, Any]) -> Field:
    read = Field(**data)
    return replace(
        read,
        type=FieldType(read.type),
        choices=tuple(Choice(**choice) for choice in data["choices"]),
        fields=tuple(_field(item) for item in data.get("fields", ())),
    )


def _check(data: dict[str, Any]) -> Check:
    return Check(data["expression"], data["message"], tuple(data["fields"]))
