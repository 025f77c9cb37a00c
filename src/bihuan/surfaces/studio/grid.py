"""A decision table as the editor's grid, and back to the pack file's words."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml

from bihuan.engines import decisions
from bihuan.engines.decisions.deciding import shown
from bihuan.engines.decisions.model import InputType, Op
from bihuan.engines.decisions.verifying import row_examples
from bihuan.engines.packs.marked import Path, read_yaml
from bihuan.engines.packs.problem import PackUnreadable, Problem

_BARE: Final = frozenset({Op.IS.value, Op.IN.value})


def grid(source: str) -> dict[str, Any]:
    """Return the grid of a pack file; what is no table at all comes back with the text only."""
    try:
        data, _ = read_yaml("table.yaml", source)
    except PackUnreadable as wrong:
        return {"unreadable": str(wrong), "text": source}
    if not isinstance(data, dict):
        return {"unreadable": "不是决策表", "text": source}
    return {
        "code": data.get("code", ""),
        "title": data.get("title", ""),
        "hit": data.get("hit", "first"),
        "inputs": [_column(one) for one in data.get("inputs") or []],
        "outputs": [_column(one) for one in data.get("outputs") or []],
        "rows": [_row(one) for one in data.get("rows") or []],
    }


def _column(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "field": data.get("field", ""),
        "label": data.get("label", ""),
        "type": data.get("type", "text"),
        "choices": [str(one) for one in data.get("choices") or []],
        "optional": data.get("optional") is True,
    }


def _row(data: Mapping[str, Any]) -> dict[str, Any]:
    when = data.get("when") or {}
    return {
        "when": {field: _cell(written) for field, written in when.items()},
        "then": dict(data.get("then") or {}),
        "note": data.get("note", ""),
    }


def _cell(written: Any) -> dict[str, Any]:
    if isinstance(written, dict) and len(written) == 1:
        op, value = next(iter(written.items()))
    else:
        op, value = ("in" if isinstance(written, list) else "is"), written
    return {"op": op, "values": value if isinstance(value, list) else [value]}


# -------------------------------------------------------------------- and back


def data_of(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the pack file's data of a grid the editor sent."""
    return {
        "code": table.get("code", ""),
        "title": table.get("title", ""),
        "hit": table.get("hit", "first"),
        "inputs": [_input(one) for one in _list(table, "inputs")],
        "outputs": [_output(one) for one in _list(table, "outputs")],
        "rows": [_written_row(one) for one in _list(table, "rows")],
    }


def source_of(table: Mapping[str, Any], before: str) -> str:
    """Return the pack file's text; the comment at the head of the file before stays."""
    head = []
    for line in before.splitlines():
        if not line.startswith("#"):
            break
        head.append(f"{line}\n")
    written = yaml.safe_dump(data_of(table), allow_unicode=True, sort_keys=False, width=160)
    return "".join(head) + written


def _list(table: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = table.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _output(one: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: one.get(name) for name in ("field", "label", "type") if one.get(name)}
    if one.get("type") == InputType.CHOICE and one.get("choices"):
        found["choices"] = list(one["choices"])
    return found


def _input(one: Mapping[str, Any]) -> dict[str, Any]:
    return _output(one) | ({"optional": True} if one.get("optional") else {})


def _written_row(row: Mapping[str, Any]) -> dict[str, Any]:
    when = {field: _written(cell) for field, cell in (row.get("when") or {}).items()}
    found: dict[str, Any] = {"when": when} if when else {}
    found["then"] = dict(row.get("then") or {})
    return found | ({"note": str(row["note"])} if row.get("note") else {})


def _written(cell: Mapping[str, Any]) -> Any:
    op, values = str(cell.get("op", "is")), list(cell.get("values") or [])
    if op in {Op.EMPTY.value, Op.FILLED.value}:
        return {op: True}
    if op == Op.IN.value:
        return values
    if op == Op.IS.value:
        return values[0] if values else ""
    if op in {Op.NOT_IN.value, Op.BETWEEN.value}:
        return {op: values}
    return {op: values[0] if values else ""}


# -------------------------------------------------------------------- trying


def verdict(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return the problems of a grid, each with its cell, and one tried example for every row."""
    data = data_of(table)
    paths = list(_paths(data))
    lines = {path: number for number, path in enumerate(paths)}
    try:
        read = decisions.parse(data, lines)
    except decisions.NotATable as wrong:
        return {
            "problems": [_told(one, paths) for one in wrong.problems],
            "examples": [],
            "gap": "",
        }
    return {
        "problems": [],
        "examples": [
            {"row": row, "values": _readable(read, values), "fires": fires}
            for row, values, fires in row_examples(read)
        ],
        "gap": decisions.verify(read).gap,
    }


def fired(table: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row that decides an example, or why none does."""
    try:
        found = decisions.decide(decisions.parse(data_of(table)), values)
    except decisions.NotATable as wrong:
        return {"row": 0, "why": str(wrong.problems[0].message)}
    except decisions.NotDecided as wrong:
        return {"row": 0, "why": wrong.reason}
    return {"row": found.row, "output": dict(found.output), "note": found.note, "why": ""}


def _readable(table: decisions.Table, values: Mapping[str, Any]) -> str:
    pairs = [(item, values[item.field]) for item in table.inputs]
    return "，".join(f"{item.label or item.field}：{shown(item, value)}" for item, value in pairs)


def _paths(data: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    pairs = (
        data.items()
        if isinstance(data, dict)
        else enumerate(data)
        if isinstance(data, list)
        else ()
    )
    for key, value in pairs:
        yield from _paths(value, (*path, key))


def _told(problem: Problem, paths: list[Path]) -> dict[str, Any]:
    at = paths[problem.line] if 0 <= problem.line < len(paths) else ()
    return {"at": list(at), "message": problem.message, "remedy": problem.remedy}
