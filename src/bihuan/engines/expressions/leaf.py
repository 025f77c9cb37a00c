"""One expression compiled by zen, guarded so that it never answers what it cannot know.

Variables are renamed before zen sees them, so no variable collides with a word of zen's, and only
the variables used are handed over.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import zen

from bihuan.engines.expressions.days import day_number
from bihuan.engines.expressions.kinds import Classes, Settling
from bihuan.engines.expressions.nodes import (
    Arithmetic,
    Call,
    CannotDecide,
    Choice,
    Compare,
    Kind,
    ListOf,
    Literal,
    Logic,
    Name,
    Node,
    Not,
    NotAnExpression,
    Within,
)

Values = Mapping[str, Any]

MISSING = object()
_TEXT_FUNCTIONS = frozenset({"contains", "startsWith", "endsWith"})


def kind_named(value: object) -> str:
    """Return the Chinese word for what a value is."""
    for classes, kind in (
        (bool, Kind.BOOLEAN),
        (int | float, Kind.NUMBER),
        (str, Kind.TEXT),
        (list | tuple, Kind.LIST),
    ):
        if isinstance(value, classes):
            return kind.value
    return type(value).__name__


def plain(value: object) -> object:
    """Return the text or number inside an enumeration member or another subclass."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    return value


@dataclass(slots=True)
class Writer:
    """Writes nodes in zen's language, collecting variables and values computed beforehand."""

    text: str
    variables: dict[str, str] = field(default_factory=dict)
    derived: dict[tuple[str, str], str] = field(default_factory=dict)
    pairs: list[tuple[str, str]] = field(default_factory=list)

    def write(self, node: Node) -> str:
        """Return zen's text for a node, with brackets around everything."""
        match node:
            case Literal():
                return self._literal(node)
            case Name(id_):
                return self.variables.setdefault(id_, f"v{len(self.variables)}")
            case ListOf(items):
                return f"[{', '.join(map(self._literal, items))}]"
            case Logic(operator, operands):
                return f"({f' {operator} '.join(map(self.write, operands))})"
        return self._write_condition(node)

    def _write_condition(self, node: Node) -> str:
        match node:
            case Not(operand):
                return f"(not ({self.write(operand)}))"
            case Within(item, container):
                return f"({self.write(item)} in {self.write(container)})"
            case Compare(operator, left, right):
                if isinstance(left, Name) and isinstance(right, Name):
                    self.pairs.append((left.id, right.id))
                return f"({self.write(left)} {operator} {self.write(right)})"
        return self._write_value(node)

    def _write_value(self, node: Node) -> str:
        match node:
            case Arithmetic("/", left, right):
                # Division by zero gives null; adding to it makes zen refuse instead of going on.
                return f"(({self.write(left)} / {self.write(right)}) + 0)"
            case Arithmetic(operator, left, right):
                return f"({self.write(left)} {operator} {self.write(right)})"
            case Choice(condition, then, otherwise):
                parts = map(self.write, (condition, then, otherwise))
                return "({} ? {} : {})".format(*parts)
            case Call():
                return self._call(node)
        raise NotAnExpression("看不懂", self.text)

    def _call(self, node: Call) -> str:
        first = node.arguments[0]
        if node.function in {"len", "date"} and isinstance(first, Name):
            key = (node.function, first.id)
            return self.derived.setdefault(key, f"d{len(self.derived)}")
        return f"{node.function}({', '.join(map(self.write, node.arguments))})"

    def _literal(self, node: Literal) -> str:
        if node.value is None:
            return "null"
        if isinstance(node.value, bool):
            return "true" if node.value else "false"
        if isinstance(node.value, str):
            quote = '"' if "'" in node.value else "'"
            return f"{quote}{node.value}{quote}"
        return f"({node.spelling})" if node.spelling.startswith("-") else node.spelling


def zen_compile(written: str, text: str) -> Callable[[dict[str, Any]], Any]:
    """Compile zen's text; the grammar allows nothing zen refuses, so a failure is a defect."""
    try:
        evaluate: Callable[[dict[str, Any]], Any] = zen.compile_expression(written).evaluate
    except Exception as error:
        raise NotAnExpression("不能编译", text) from error
    return evaluate


class Leaf:
    """An expression whose every variable must have a value of the right class."""

    __slots__ = ("_checks", "_derived", "_pairs", "_run", "names", "text")

    def __init__(self, node: Node, settling: Settling) -> None:
        """Write and compile the node; the classes come from the whole expression it is part of."""
        writer = Writer(settling.text)
        written = writer.write(node)
        self.text = settling.text
        self.names = frozenset(writer.variables) | {name for _, name in writer.derived}
        self._run = zen_compile(written, settling.text)
        self._checks: list[tuple[str, str, Classes]] = [
            (name, writer.variables.get(name, ""), settling.classes[name])
            for name in sorted(self.names)
        ]
        self._derived = [(new, function, name) for (function, name), new in writer.derived.items()]
        self._pairs = writer.pairs

    @property
    def is_direct(self) -> bool:
        """Whether checking classes is all that must happen before zen runs."""
        return not self._derived and not self._pairs

    @property
    def plan(self) -> tuple[Callable[[dict[str, Any]], Any], list[tuple[str, str, Classes]]]:
        """Return zen's function and the checks, for the caller's own fast path."""
        return self._run, self._checks

    def __call__(self, values: Values) -> Any:
        """Return the value, or raise `CannotDecide` naming the variable to blame."""
        context: dict[str, Any] = {}
        for name, new, classes in self._checks:
            value = plain(values.get(name, MISSING))
            if type(value) not in classes:
                raise self._undecidable(name, value, classes)
            if new:
                context[new] = value
        for left, right in self._pairs:
            self._check_pair(values, left, right)
        for new, function, name in self._derived:
            context[new] = self._derive(function, name, plain(values[name]))
        return self.run(context)

    def run(self, context: dict[str, Any]) -> Any:
        """Run zen; whatever it cannot compute cannot be decided."""
        try:
            return self._run(context)
        except Exception as error:
            field_ = next(iter(self.names)) if len(self.names) == 1 else ""
            raise CannotDecide(field_, "算不出结果（除数为零，或数字太大）", self.text) from error

    def _undecidable(self, name: str, value: object, classes: Classes) -> CannotDecide:
        if value is MISSING:
            return CannotDecide(name, "没有给出", self.text)
        if value is None:
            return CannotDecide(name, "是空的", self.text)
        wanted = "或".join(sorted({kind_named(class_()) for class_ in classes}))
        return CannotDecide(name, f"是{kind_named(value)}，要用{wanted}", self.text)

    def _check_pair(self, values: Values, left: str, right: str) -> None:
        kinds = kind_named(values[left]), kind_named(values[right])
        if kinds[0] != kinds[1]:
            raise CannotDecide(right, f"是{kinds[1]}，而 {left} 是{kinds[0]}", self.text)

    def _derive(self, function: str, name: str, value: Any) -> int | float:
        if function == "len":
            return len(value)
        number = day_number(value)
        if number is None:
            raise CannotDecide(name, f"“{value}”不是日期", self.text)
        return number
