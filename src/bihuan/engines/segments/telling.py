"""A condition told in words, and tried on one customer."""

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from bihuan.engines.segments.conditions import (
    OPERATORS,
    WITHOUT_VALUE,
    AllOf,
    AnyOf,
    Condition,
    NoneOf,
    Test,
)

Value = Decimal | str | None
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def told(condition: Condition) -> str:
    """Return a condition in words."""
    if isinstance(condition, Test):
        return _told_test(condition)
    if isinstance(condition, NoneOf):
        return f"不满足（{told(condition.part)}）"
    word = " 且 " if isinstance(condition, AllOf) else " 或 "
    parts = [told(part) for part in condition.parts]
    whole = [
        f"（{text}）" if isinstance(part, AllOf | AnyOf) and len(part.parts) > 1 else text
        for part, text in zip(condition.parts, parts, strict=True)
    ]
    return word.join(whole)


def _told_test(test: Test) -> str:
    word = OPERATORS[test.field.type][test.op]
    value = dict(test.field.choices).get(test.value, test.value)
    if test.op in WITHOUT_VALUE:
        return f"{test.field.title}{word}"
    if test.op in {"within", "older"}:
        return f"{test.field.title}{word.replace('几', f' {value} ')}"
    return f"{test.field.title}{word} {value} {test.field.unit}".rstrip()


def holds(condition: Condition, values: Mapping[str, Value], today: date) -> bool:
    """Tell whether a customer fits, by what is known of them."""
    if isinstance(condition, AllOf):
        return all(holds(part, values, today) for part in condition.parts)
    if isinstance(condition, AnyOf):
        return any(holds(part, values, today) for part in condition.parts)
    if isinstance(condition, NoneOf):
        return not holds(condition.part, values, today)
    value = values.get(condition.field.key)
    return _tested(condition, None if value == "" else value, today)


def _tested(test: Test, value: Value, today: date) -> bool:
    if test.field.type == "DAY" and not _DAY.fullmatch(str(value or "")):
        value = None
    if test.op in WITHOUT_VALUE:
        return (value is None) == (test.op == "unknown")
    if test.field.type == "CHOICE":
        return ((value or "") == test.value) == (test.op == "eq")
    if value is None:
        return False
    if test.field.type in {"NUMBER", "MONEY"}:
        return _compare(test.op, Decimal(str(value)), Decimal(test.value))
    return _texts(test.op, str(value), bound(test, today))


def bound(test: Test, today: date) -> str:
    """Return what a text or a day is compared with."""
    if test.op in {"within", "older"}:
        back = min(int(test.value), today.toordinal() - 1)
        return (today - timedelta(days=back)).isoformat()
    return test.value


def _compare(op: str, value: Decimal, least: Decimal) -> bool:
    if op == "eq":
        return value == least
    return value >= least if op == "ge" else value <= least


_TEXTS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "eq": lambda value, wanted: value == wanted,
    "has": lambda value, wanted: wanted in value,
    "starts": lambda value, wanted: value.startswith(wanted),
    "since": lambda value, wanted: value >= wanted,
    "within": lambda value, wanted: value >= wanted,
    "until": lambda value, wanted: value <= wanted,
    "older": lambda value, wanted: value < wanted,
}


def _texts(op: str, value: str, wanted: str) -> bool:
    return _TEXTS[op](value, wanted)
