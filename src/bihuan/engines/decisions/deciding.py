"""Ask a table. It answers with one row, or says why it cannot."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from bihuan.engines.decisions.model import Decision, Hit, Input, InputType, Table
from bihuan.engines.decisions.row_index import first_in, numbers_in
from bihuan.engines.expressions.days import day_number
from bihuan.engines.expressions.leaf import plain

_CLASSES: Mapping[InputType, frozenset[type]] = {
    InputType.TEXT: frozenset({str}),
    InputType.CHOICE: frozenset({str}),
    InputType.NUMBER: frozenset({int, float}),
    InputType.DATE: frozenset({int, float}),
    InputType.BOOLEAN: frozenset({bool}),
}
_NAMES = {
    InputType.TEXT: "文字",
    InputType.CHOICE: "选项",
    InputType.NUMBER: "数字",
    InputType.DATE: "日期",
    InputType.BOOLEAN: "是/否",
}


class NotDecided(Exception):
    """The table gives no answer; `field` is the input to blame, "" if it is the table itself."""

    def __init__(self, table: Table, reason: str, field: str = "") -> None:
        """Say why, naming the table."""
        super().__init__(f"决策表“{table.title}”没有结果：{reason}")
        self.reason = reason
        self.field = field


def decide(table: Table, values: Mapping[str, Any]) -> Decision:
    """Return the row that fits, or raise `NotDecided`.

    A missing input, an empty one that is not optional, one of the wrong kind, no fitting row, and
    two fitting rows of a unique table are each refused.
    """
    known = [_known(table, item, values) for item in table.inputs]
    found = table.index.fitting(known)
    if not found:
        raise NotDecided(table, f"没有一行符合 {_shown(table, known)}")
    if table.hit is Hit.UNIQUE and found & (found - 1):
        rows = "、".join(str(number + 1) for number in numbers_in(found))
        raise NotDecided(table, f"第 {rows} 行都符合 {_shown(table, known)}，只能有一行")
    row = table.rows[first_in(found)]
    return Decision(first_in(found) + 1, row.output, row.note)


def _known(table: Table, item: Input, values: Mapping[str, Any]) -> Any:
    field = item.field
    if field not in values:
        raise NotDecided(table, f"没有给出“{item.label or field}”（{field}）", field)
    value: Any = plain(values[field])
    if value is None:
        if item.optional:
            return None
        raise NotDecided(table, f"“{item.label or field}”（{field}）是空的", field)
    if item.type is InputType.DATE:
        value = day_number(value)
    # What is unequal to itself is no number: it would fit rows at random.
    if value.__class__ not in _CLASSES[item.type] or value != value:  # noqa: PLR0124
        reason = f"“{item.label or field}”（{field}）的值“{values[field]}”不是{_NAMES[item.type]}"
        raise NotDecided(table, reason, field)
    return value


def _shown(table: Table, known: list[Any]) -> str:
    pairs = zip(table.inputs, known, strict=True)
    return "、".join(f"{item.field}={shown(item, value)}" for item, value in pairs)


def shown(item: Input, value: Any) -> str:
    """Return a value as people write it."""
    if value is None:
        return "空"
    if isinstance(value, bool):
        return "是" if value else "否"
    return as_date(value) if item.type is InputType.DATE else str(value)


def as_date(days: float) -> str:
    """Return the date of a day number."""
    return (date(1970, 1, 1) + timedelta(days=days)).isoformat()
