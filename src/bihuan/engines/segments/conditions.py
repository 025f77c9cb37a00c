"""The condition as read: `{"all": […]}`, `{"any": […]}`, `{"not": …}` or `{"is": field, "op": …, "value": …}`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

MOST_TESTS: Final = 20
MOST_DEEP: Final = 4
LONGEST: Final = 100
# What can be asked of each type of field, and how it is said.
OPERATORS: Final[Mapping[str, Mapping[str, str]]] = {
    "NUMBER": {"ge": "不小于", "le": "不大于", "eq": "等于", "known": "有值", "unknown": "没有值"},
    "MONEY": {"ge": "不小于", "le": "不大于", "eq": "等于", "known": "有值", "unknown": "没有值"},
    "TEXT": {
        "eq": "是",
        "has": "包含",
        "starts": "开头是",
        "known": "有值",
        "unknown": "没有值",
    },
    "CHOICE": {"eq": "是", "ne": "不是"},
    "DAY": {
        "since": "不早于",
        "until": "不晚于",
        "within": "在最近几天内",
        "older": "在几天以前",
        "known": "有值",
        "unknown": "没有值",
    },
}
WITHOUT_VALUE: Final = frozenset({"known", "unknown"})
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,4})?")
_DAYS: Final = re.compile(r"[0-9]{1,5}")


class ConditionWrong(ValueError):
    """The condition cannot be understood; `where` is the path to the part, the message is for people."""

    def __init__(self, message: str, where: Sequence[int | str] = ()) -> None:
        super().__init__(message)
        self.message, self.where = message, tuple(where)


@dataclass(frozen=True, slots=True)
class Field:
    """What can be tested: its type, its title, and for a choice the words it takes with their titles."""

    key: str
    title: str
    type: str
    unit: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Test:
    """One field tested. What is not known passes no test but `unknown` (and `ne`)."""

    field: Field
    op: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class AllOf:
    """All parts hold."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class NoneOf:
    """The part does not hold."""

    part: "Condition"


Condition = Test | AllOf | AnyOf | NoneOf


def read(said: Any, fields: Mapping[str, Field]) -> Condition:
    """Return a condition, or raise ConditionWrong: unknown fields and operators, values of a wrong kind, too much."""
    found = _read(said, fields, (), 1)
    if sum(1 for _test in tests_of(found)) > MOST_TESTS:
        raise ConditionWrong(f"最多 {MOST_TESTS} 个条件")
    return found


def tests_of(condition: Condition) -> Iterator[Test]:
    """Yield every test of a condition."""
    if isinstance(condition, Test):
        yield condition
    elif isinstance(condition, NoneOf):
        yield from tests_of(condition.part)
    else:
        for part in condition.parts:
            yield from tests_of(part)


def _read(
    said: Any, fields: Mapping[str, Field], where: tuple[int | str, ...], depth: int
) -> Condition:
    if not isinstance(said, Mapping) or depth > MOST_DEEP:
        raise ConditionWrong(f"条件写法不对，或嵌套超过 {MOST_DEEP} 层", where)
    if set(said) == {"not"}:
        return NoneOf(_read(said["not"], fields, (*where, "not"), depth + 1))
    for key, made in (("all", AllOf), ("any", AnyOf)):
        if set(said) == {key}:
            parts = said[key]
            if not isinstance(parts, list) or not parts:
                raise ConditionWrong("至少要有一个条件", where)
            return made(
                tuple(
                    _read(one, fields, (*where, key, n), depth + 1) for n, one in enumerate(parts)
                )
            )
    return _test(said, fields, where)


def _test(
    said: Mapping[str, Any], fields: Mapping[str, Field], where: tuple[int | str, ...]
) -> Test:
    field = fields.get(str(said.get("is", "")))
    if field is None or set(said) - {"is", "op", "value"}:
        raise ConditionWrong("请选择一项资料", where)
    op, value = str(said.get("op", "")), str(said.get("value", "")).strip()
    if op not in OPERATORS[field.type]:
        raise ConditionWrong(f"“{field.title}”不能这样比较", where)
    if op in WITHOUT_VALUE:
        return Test(field, op)
    if wrong := _wrong(field, op, value):
        raise ConditionWrong(f"“{field.title}”{wrong}", where)
    return Test(field, op, value)


def _wrong(field: Field, op: str, value: str) -> str:
    if field.type in {"NUMBER", "MONEY"}:
        return "" if _NUMBER.fullmatch(value) else "要填数字"
    if field.type == "CHOICE":
        return "" if value in dict(field.choices) else "要从列出的里面选"
    if field.type == "DAY":
        return _wrong_day(op, value)
    return "" if 0 < len(value) <= LONGEST else f"要填 1 到 {LONGEST} 个字"


def _wrong_day(op: str, value: str) -> str:
    if op in {"within", "older"}:
        return "" if _DAYS.fullmatch(value) else "要填天数"
    try:
        date.fromisoformat(value)
    except ValueError:
        return "要填日期，如 2026-03-01"
    return "" if len(value) == 10 else "要填日期，如 2026-03-01"
