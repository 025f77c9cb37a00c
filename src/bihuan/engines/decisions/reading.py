"""Read a decision table from a pack file; every cell is checked, every row is tried."""

from collections.abc import Mapping
from typing import Any

from bihuan.engines.decisions.model import (
    Cell,
    Hit,
    Input,
    InputType,
    Op,
    Output,
    Row,
    Scalar,
    Table,
)
from bihuan.engines.decisions.verifying import Findings, verify
from bihuan.engines.expressions.days import day_number
from bihuan.engines.packs.marked import Path
from bihuan.engines.packs.problem import Problem, suggest
from bihuan.engines.packs.shape import Shape
from bihuan.engines.packs.source import PackFile

CODE = r"[a-z][a-zA-Z0-9_]{0,59}"
MOST_ROWS = 500
_ORDERED = frozenset({Op.LT, Op.LE, Op.GT, Op.GE, Op.BETWEEN})
_LISTED = frozenset({Op.IN, Op.NOT_IN, Op.BETWEEN})


class NotATable(Exception):
    """The data is not a decision table; `problems` says everything that is wrong with it."""

    def __init__(self, problems: list[Problem]) -> None:
        """Carry the problems, each with file, line and remedy."""
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class _NotACell(Exception):
    """One cell is wrong: what, and what to write."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def parse(data: Any, lines: Mapping[Path, int] | None = None, path: str = "") -> Table:
    """Return the table that YAML or JSON data describes, or raise `NotATable`."""
    return read(PackFile(path, "", data, lines or {}))


def read(file: PackFile) -> Table:
    """Return the table of a pack file, or raise `NotATable` with problems naming file and line."""
    shape = Shape(file)
    code = shape.text("code", like=CODE, example="priority")
    title = shape.text("title", example="定级")
    hit = Hit(shape.word("hit", Hit, Hit.FIRST) or Hit.FIRST) if _word_fits(shape) else Hit.FIRST
    inputs = tuple(_input(item) for item in shape.children("inputs"))
    outputs = tuple(_output(item) for item in shape.children("outputs"))
    shapes = shape.children("rows")
    rows = tuple(_row(item, inputs, outputs) for item in shapes[:MOST_ROWS])
    problems = shape.done()
    if not shapes or len(shapes) > MOST_ROWS:
        shape.report(("rows",), f"行数是 {len(shapes)}", f"请写 1 到 {MOST_ROWS} 行")
    table = Table(code, title, hit, inputs, outputs, rows)
    if not problems:
        problems.extend(_tried(file, verify(table)))
    if problems:
        raise NotATable(problems)
    return table


def _word_fits(shape: Shape) -> bool:
    return shape.word("hit", Hit, Hit.FIRST) in set(Hit)


def _tried(file: PackFile, found: Findings) -> list[Problem]:
    problems = [
        file.problem(
            ("rows", row, "when", field), f"“{field}”这一格没有值能符合", "请检查这一格的值"
        )
        for row, field in found.impossible
    ]
    problems += [
        file.problem(
            ("rows", row),
            f"第 {row + 1} 行永远轮不到，第 {by + 1} 行总是先符合",
            "请调整行的次序或条件",
        )
        for row, by in found.hidden
    ]
    problems += [
        file.problem(
            ("rows", other),
            f"第 {row + 1} 行和第 {other + 1} 行都符合：{example}",
            "请改条件，或写 hit: first",
        )
        for row, other, example in found.overlaps
    ]
    return problems


# -------------------------------------------------------------------- columns


def _input(shape: Shape) -> Input:
    found = Input(
        field=shape.text("field", like=CODE, example="importance"),
        label=shape.text("label", ""),
        type=_type(shape),
        choices=shape.texts("choices", ()),
        optional=shape.flag("optional"),
    )
    _check_choices(shape, found.type, found.choices)
    shape.done()
    return found


def _output(shape: Shape) -> Output:
    found = Output(
        field=shape.text("field", like=CODE, example="grade"),
        label=shape.text("label", ""),
        type=_type(shape),
        choices=shape.texts("choices", ()),
    )
    _check_choices(shape, found.type, found.choices)
    shape.done()
    return found


def _type(shape: Shape) -> InputType:
    word = shape.word("type", InputType, InputType.TEXT)
    return InputType(word) if word in set(InputType) else InputType.TEXT


def _check_choices(shape: Shape, type_: InputType, choices: tuple[str, ...]) -> None:
    if (type_ is InputType.CHOICE) != bool(choices):
        shape.report(("choices",), "类型与选项不符", "type: choice 要有 choices，别的类型不要")


# -------------------------------------------------------------------- rows


def _row(shape: Shape, inputs: tuple[Input, ...], outputs: tuple[Output, ...]) -> Row:
    when = shape.child("when", required=False)
    cells = _cells(when, {item.field: item for item in inputs}) if when else {}
    then = shape.child("then")
    output = _outputs(then, outputs) if then else {}
    row = Row(cells, output, shape.text("note", ""))
    shape.done()
    return row


def _cells(shape: Shape, inputs: dict[str, Input]) -> dict[str, Cell]:
    cells = {}
    for field in shape.keys():  # noqa: SIM118 - a Shape is no dict
        if field not in inputs:
            shape.report((field,), f"“{field}”不是这张表的输入", suggest(field, inputs))
            continue
        try:
            cells[field] = _cell(inputs[field], shape.anything(field))
        except _NotACell as wrong:
            shape.report((field,), str(wrong), wrong.remedy)
    return cells


def _cell(item: Input, written: Any) -> Cell:
    """Read `3`, `[1, 2]`, `{ge: 3}`, `{between: [1, 5]}`, `{empty: true}`."""
    op, value = _op(written)
    if op in {Op.EMPTY, Op.FILLED}:
        if not item.optional or value is not True:
            raise _NotACell(f"“{item.field}”不会是空的", "请在输入上写 optional: true，或改这一格")
        return Cell(op)
    if op in _ORDERED and item.type not in {InputType.NUMBER, InputType.DATE}:
        raise _NotACell(f"“{item.field}”是 {item.type}，不能比大小", "请写值或值的列表")
    values = value if isinstance(value, list) else [value]
    if op in _LISTED and (not isinstance(value, list) or not values):
        raise _NotACell(f"“{op}”后面要写列表", f"请写成 {op}: [1, 5]")
    if (op is Op.BETWEEN and len(values) != 2) or (op not in _LISTED and len(values) != 1):
        raise _NotACell(f"“{op}”的值的个数不对", "请写成 between: [1, 5] 或 ge: 3")
    return Cell(op, tuple(scalar(item.type, item.choices, one) for one in values))


def _op(written: Any) -> tuple[Op, Any]:
    if isinstance(written, list):
        return Op.IN, written
    if not isinstance(written, dict):
        return Op.IS, written
    if len(written) != 1 or next(iter(written)) not in set(Op):
        raise _NotACell("这一格的写法看不懂", f"请写一个值、列表，或 {'、'.join(Op)} 之一")
    name, value = next(iter(written.items()))
    return Op(name), value


def scalar(type_: InputType, choices: tuple[str, ...], value: Any) -> Scalar:
    """Return a value of the type, dates as day numbers."""
    if type_ is InputType.BOOLEAN and isinstance(value, bool):
        return value
    if type_ is InputType.NUMBER and isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if type_ is InputType.DATE and isinstance(value, str):
        days = day_number(value)
        if days is not None:
            return days
    if type_ in {InputType.TEXT, InputType.CHOICE} and not isinstance(value, bool | dict | list):
        return _text(type_, choices, value)
    raise _NotACell(f"“{value}”不是 {type_}", "请按输入的类型写值，日期写 2026-01-31")


def _text(type_: InputType, choices: tuple[str, ...], value: Any) -> str:
    text = "" if value is None else str(value)
    if type_ is InputType.CHOICE and text not in choices:
        raise _NotACell(f"没有选项“{text}”", suggest(text, choices))
    if not text or not text.isprintable() or ("'" in text and '"' in text):
        raise _NotACell(f"“{text}”不能用在表里", "请写不换行的文字，不要同时用两种引号")
    return text


def _outputs(shape: Shape, outputs: tuple[Output, ...]) -> dict[str, Scalar | None]:
    found: dict[str, Scalar | None] = {}
    for item in outputs:
        value = shape.anything(item.field)
        if value is None:
            shape.report((), f"缺少输出“{item.field}”", f"请补上 {item.field}: …")
            continue
        try:
            read_value = scalar(item.type, item.choices, value)
        except _NotACell as wrong:
            shape.report((item.field,), str(wrong), wrong.remedy)
        else:
            found[item.field] = str(value) if item.type is InputType.DATE else read_value
    shape.done()
    return found
