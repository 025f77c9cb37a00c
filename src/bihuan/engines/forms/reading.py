"""Read a form from a pack file, checking every condition and every name in it."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from bihuan.engines import expressions
from bihuan.engines.forms.clean import NotClean, clean, read_date
from bihuan.engines.forms.model import (
    CHOICES,
    DATED,
    FILES,
    LISTS,
    NUMERIC,
    TEXTS,
    Check,
    Choice,
    Field,
    FieldType,
    Form,
)
from bihuan.engines.forms.validation import PREVIOUS
from bihuan.engines.packs.marked import Path
from bihuan.engines.packs.problem import Problem, suggest
from bihuan.engines.packs.shape import Shape
from bihuan.engines.packs.source import PackFile

CODE = r"[a-z][a-zA-Z0-9_]{0,59}"
MOST_FIELDS = 200
MOST_IN_ROW = 20
MOST_COUNTED = 50
ALWAYS_KNOWN = {"today": FieldType.DATE, "now": FieldType.DATETIME}


class NotAForm(Exception):
    """The data is not a form; `problems` says everything that is wrong with it."""

    def __init__(self, problems: list[Problem]) -> None:
        """Carry the problems, each with file, line and remedy."""
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def parse(data: Any, lines: Mapping[Path, int] | None = None, path: str = "") -> Form:
    """Return the form that YAML or JSON data describes, or raise `NotAForm`."""
    return read(PackFile(path, "", data, lines or {}))


def read(file: PackFile) -> Form:
    """Return the form of a pack file, or raise `NotAForm` with problems naming file and line."""
    shape = Shape(file)
    code = shape.text("code", like=CODE, example="accept")
    title = shape.text("title", example="受理")
    field_shapes = shape.children("fields")
    fields = tuple(_field(item) for item in field_shapes[:MOST_FIELDS])
    previous = _previous(shape)
    checks = [_check(item) for item in shape.children("checks", required=False)]
    history = [_check(item) for item in shape.children("history", required=False)]
    problems = shape.done()
    if len(field_shapes) > MOST_FIELDS:
        shape.report(("fields",), f"字段超过 {MOST_FIELDS} 个", "请拆成几个表单")
    form = Form(code, title, fields, tuple(checks), tuple(history), previous)
    if not problems:
        _Names(form, file, problems).check()
    if problems:
        raise NotAForm(problems)
    return form


# -------------------------------------------------------------------- fields


def _field(shape: Shape) -> Field:
    field = Field(
        code=shape.text("code", like=CODE, example="contact_name"),
        label=shape.text("label", example="联系人"),
        type=_type(shape, "type"),
        required=shape.flag("required"),
        required_if=shape.text("requiredIf", ""),
        visible_if=shape.text("visibleIf", ""),
        readonly=shape.flag("readonly"),
        readonly_if=shape.text("readonlyIf", ""),
        minimum=shape.text("min", ""),
        maximum=shape.text("max", ""),
        pattern=shape.text("pattern", ""),
        pattern_help=shape.text("patternHelp", ""),
        max_length=shape.number("maxLength", 0, most=100_000),
        decimals=shape.number("decimals", 6, most=6),
        choices=_choices(shape),
        customer_visible=shape.flag("customerVisible"),
        routing=shape.flag("routing"),
        help=shape.text("help", ""),
        default=shape.anything("default"),
        fields=tuple(_field(row) for row in shape.children("fields", required=False)),
    )
    _check_field(shape, field)
    _check_group(shape, field)
    shape.done()
    return field


def _check_group(shape: Shape, field: Field) -> None:
    if (field.type is FieldType.GROUP) != bool(field.fields):
        remedy = "请在 fields 下写一行里的字段，或把 type 改成 group"
        shape.report(("fields",), f"字段“{field.code}”的类型与 fields 不符", remedy)
    if any(row.type is FieldType.GROUP for row in field.fields):
        shape.report(("fields",), f"重复组“{field.code}”里又有重复组", "请把它拆成并列的两组")
    if len(field.fields) > MOST_IN_ROW:
        shape.report(("fields",), f"一行里的字段超过 {MOST_IN_ROW} 个", "请拆成几组")


def _choices(shape: Shape) -> tuple[Choice, ...]:
    written = shape.anything("choices")
    if written is None:
        return ()
    if isinstance(written, dict):
        pairs = [(str(code), str(label)) for code, label in written.items()]
    elif isinstance(written, list):
        pairs = [pair for pair in map(_pair, written) if pair]
    else:
        pairs = []
    if not pairs or len(pairs) != len(written):
        shape.report(("choices",), "选项写法不对", "请写成 phone: 电话 这样的“编码: 名称”")
    if len({code for code, _ in pairs}) != len(pairs):
        shape.report(("choices",), "选项编码重复", "请给每个选项不同的编码")
    return tuple(Choice(code, label) for code, label in pairs)


def _pair(item: Any) -> tuple[str, str] | None:
    if isinstance(item, dict) and "code" in item:
        return str(item["code"]), str(item.get("label", item["code"]))
    if isinstance(item, dict) and len(item) == 1:
        return next((str(code), str(label)) for code, label in item.items())
    return (str(item), str(item)) if isinstance(item, str | int) else None


def _check_field(shape: Shape, field: Field) -> None:
    if (field.type in CHOICES) != bool(field.choices):
        remedy = (
            "请补上 choices" if field.type in CHOICES else "请删去 choices 或把 type 改成 choice"
        )
        shape.report(("choices",), f"字段“{field.code}”的类型与选项不符", remedy)
    for key, bound in (("min", field.minimum), ("max", field.maximum)):
        if bound and not _is_bound(field.type, bound):
            shape.report(
                (key,),
                f"“{bound}”不能作 {field.type} 的界限",
                "数字写 12，日期写 2026-01-31、today 或 today-7",
            )
    if field.pattern and (field.type not in TEXTS or not _is_pattern(field.pattern)):
        shape.report(
            ("pattern",), f"“{field.pattern}”不能用作格式", "文字字段才有格式，写正则表达式"
        )
    if field.code in ALWAYS_KNOWN or field.code.startswith(PREVIOUS):
        shape.report(("code",), f"“{field.code}”是保留的名字", "请换一个字段编码")
    _check_default(shape, field)


def _check_default(shape: Shape, field: Field) -> None:
    try:
        clean(field, field.default)
    except (NotClean, InvalidOperation, re.error) as wrong:
        shape.report(("default",), f"默认值“{field.default}”不合格：{wrong}", "请改默认值")


def _is_bound(type_: FieldType, bound: str) -> bool:
    if type_ in DATED:
        iso = read_date(bound)
        return bool(re.fullmatch(r"today([+-]\d{1,4})?", bound)) or (
            iso is not None and iso.isoformat() == bound
        )
    if type_ in FILES or type_ is FieldType.GROUP:
        return bound.isascii() and bound.isdigit() and 0 < int(bound) <= MOST_COUNTED
    try:
        return type_ in NUMERIC and Decimal(bound).is_finite()
    except InvalidOperation:
        return False


def _is_pattern(pattern: str) -> bool:
    # A group repeated without a fixed count can take exponential time on a long text.
    if len(pattern) > 200 or re.search(r"\)(?:[*+]|\{\d*,)", pattern):
        return False
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _previous(shape: Shape) -> dict[str, FieldType]:
    child = shape.child("previous", required=False)
    if child is None:
        return {}
    codes = child.keys()
    return {code: _type(child, code) for code in codes}


def _type(shape: Shape, key: str) -> FieldType:
    word = shape.word(key, FieldType, FieldType.TEXT)
    return FieldType(word) if word in set(FieldType) else FieldType.TEXT


def _check(shape: Shape) -> Check:
    check = Check(
        expression=shape.text("expr", example="finished_at >= arrived_at"),
        message=shape.text("message", example="完成时间不能早于到达时间"),
        fields=shape.texts("fields", ()),
    )
    shape.done()
    return check


# -------------------------------------------------------------------- conditions


class _Names:
    """Checks every condition of a form: it compiles, its names exist, its kinds fit."""

    def __init__(self, form: Form, file: PackFile, problems: list[Problem]) -> None:
        self.form, self.file, self.problems = form, file, problems
        self.types = {field.code: field.type for field in form.fields}
        self.known: dict[str, FieldType] = {
            **ALWAYS_KNOWN,
            **{f"{PREVIOUS}{code}": type_ for code, type_ in self.types.items()},
            **{f"{PREVIOUS}{code}": type_ for code, type_ in form.previous.items()},
        }

    def check(self) -> None:
        """Report everything wrong with codes and conditions."""
        self._check_codes()
        earlier = dict(self.known)
        everything = {**self.known, **self.types}
        for number, field in enumerate(self.form.fields):
            place: Path = ("fields", number)
            # What is asked must follow from what was answered above, so no order is ever circular.
            self._condition((*place, "visibleIf"), field.visible_if, earlier)
            self._condition((*place, "readonlyIf"), field.readonly_if, earlier)
            self._condition((*place, "requiredIf"), field.required_if, everything)
            self._check_rows(place, field, earlier)
            earlier[field.code] = field.type
        for key, checks in (("checks", self.form.checks), ("history", self.form.history)):
            for number, check in enumerate(checks):
                self._condition((key, number, "expr"), check.expression, everything)
                self._check_fields((key, number, "fields"), check.fields)

    def _check_rows(self, place: Path, group: Field, above: Mapping[str, FieldType]) -> None:
        """Check a group's rows: their conditions see the form above the group, and their own row."""
        own = {field.code: field.type for field in group.fields}
        known = dict(above)
        if len(own) != len(group.fields) or own.keys() & self.types.keys():
            self._report((*place, "fields"), f"重复组“{group.code}”里的编码有重复", "请换一个编码")
        for number, field in enumerate(group.fields):
            at: Path = (*place, "fields", number)
            self._condition((*at, "visibleIf"), field.visible_if, known)
            self._condition((*at, "readonlyIf"), field.readonly_if, known)
            self._condition((*at, "requiredIf"), field.required_if, {**above, **own})
            known[field.code] = field.type

    def _check_codes(self) -> None:
        seen: set[str] = set()
        for number, field in enumerate(self.form.fields):
            if field.code in seen:
                self._report(
                    ("fields", number, "code"), f"字段编码“{field.code}”重复", "请换一个编码"
                )
            seen.add(field.code)

    def _check_fields(self, path: Path, codes: Iterable[str]) -> None:
        for code in codes:
            if code not in self.types:
                self._report(path, f"没有字段“{code}”", suggest(code, self.types))

    def _condition(self, path: Path, text: str, known: Mapping[str, FieldType]) -> None:
        if not text:
            return
        try:
            condition = expressions.compile_condition(text)
        except expressions.NotAnExpression as wrong:
            self._report(path, str(wrong), "请写成例如 channel == 'phone' and urgent")
            return
        for name in sorted(condition.names):
            if name not in known:
                self._unknown_name(path, name, known)
            else:
                self._check_use(path, name, condition, known[name])

    def _unknown_name(self, path: Path, name: str, known: Mapping[str, FieldType]) -> None:
        if name in self.types:
            self._report(path, f"字段“{name}”在后面才填", "请把它移到前面，或改用前面的字段")
        elif name.startswith(PREVIOUS):
            remedy = f"请在 previous 下写明它的类型，如 {name.removeprefix(PREVIOUS)}: number"
            self._report(path, f"不知道以前的值“{name}”是什么", remedy)
        else:
            self._report(path, f"条件里的“{name}”不是字段", suggest(name, known))

    def _check_use(
        self, path: Path, name: str, condition: expressions.Expression, type_: FieldType
    ) -> None:
        if not condition.classes[name] & _classes(type_):
            self._report(path, f"字段“{name}”是 {type_}，不能这样比较", "请按字段的类型写条件")
            return
        code = name.removeprefix(PREVIOUS)
        if type_ in CHOICES and code in self.types:
            choices = [choice.code for choice in self.form.field(code).choices]
            for literal in sorted(condition.literals.get(name, set())):
                if literal not in choices:
                    self._report(
                        path, f"字段“{name}”没有选项“{literal}”", suggest(literal, choices)
                    )

    def _report(self, path: Path, message: str, remedy: str) -> None:
        self.problems.append(self.file.problem(path, message, remedy))


_NUMBERS: Final = frozenset({int, float})
# What conditions may compare a field with; not named here: with text. A place or a signature: with nothing.
_CLASSES: Final[Mapping[FieldType, frozenset[type]]] = {
    **dict.fromkeys(NUMERIC | DATED, _NUMBERS),
    **dict.fromkeys(LISTS, frozenset({list})),
    FieldType.BOOLEAN: frozenset({bool}),
    **dict.fromkeys(
        (FieldType.STAFF, FieldType.ORG_UNIT, FieldType.CUSTOMER, FieldType.ASSET),
        frozenset({int, str}),
    ),
    **dict.fromkeys((FieldType.LOCATION, FieldType.SIGNATURE), frozenset()),
}


def _classes(type_: FieldType) -> frozenset[type]:
    return _CLASSES.get(type_, frozenset({str}))
