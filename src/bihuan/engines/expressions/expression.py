"""Compiled expressions and the two questions one can ask of them: decide, and value."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from bihuan.engines.expressions import grammar, tokens
from bihuan.engines.expressions.kinds import Settling, is_null_test, kind_of
from bihuan.engines.expressions.leaf import MISSING, Leaf, Values
from bihuan.engines.expressions.nodes import (
    CannotDecide,
    Choice,
    Compare,
    Kind,
    Logic,
    Name,
    Node,
    Not,
    NotAnExpression,
)

Answer = Callable[[Values], Any]


class Expression:
    """An expression checked and compiled once, evaluated any number of times.

    `names` are the variables it may read; nothing else is read from the values given.
    """

    __slots__ = (
        "_careful",
        "_checks",
        "_condition",
        "_node",
        "_run",
        "_settling",
        "kind",
        "names",
        "text",
    )

    def __init__(self, text: str) -> None:
        """Check and compile; raises `NotAnExpression`."""
        self.text = text
        plain = tokens.unwrapped(text)
        self._node = grammar.parse(plain)
        self._settling = settling = Settling(plain)
        settling.settle(self._node)
        self.kind: Kind = kind_of(self._node)
        self.names = frozenset(settling.classes)
        whole = Leaf(self._node, settling)
        self._run, checks = whole.plan
        self._checks = checks if whole.is_direct else [("", "", frozenset[type]())]
        self._careful: Answer | None = None
        self._condition = self.kind in {Kind.BOOLEAN, Kind.ANY}

    @property
    def classes(self) -> Mapping[str, frozenset[type]]:
        """The classes of value each variable may have, as its use demands."""
        return self._settling.classes

    @property
    def literals(self) -> Mapping[str, set[str]]:
        """The texts each variable is compared with."""
        return self._settling.literals

    def __repr__(self) -> str:
        """Show the text."""
        return f"Expression({self.text!r})"

    def decide(self, values: Values) -> bool:
        """Answer a condition. Raises `CannotDecide`, never guesses.

        A variable is read only when the answer depends on it, from left to right. A variable that
        is missing, empty or of the wrong kind cannot be decided on, but `x == null` may be asked of
        a variable that holds null.
        """
        context = {}
        for name, new, classes in self._checks:
            value = values.get(name, MISSING)
            if value.__class__ not in classes:
                return self._decide_carefully(values)
            context[new] = value
        try:
            answer = self._run(context)
        except Exception:  # noqa: BLE001 - zen raises many kinds; the careful way says which field
            return self._decide_carefully(values)
        if answer is True:
            return True
        return False if answer is False else self._decide_carefully(values)

    def value(self, values: Values) -> Any:
        """Return what the expression yields; whole numbers come back as int."""
        if isinstance(self._node, Name):
            name = self._node.id
            if name not in values:
                raise CannotDecide(name, "没有给出", self.text)
            return values[name]
        result = self._carefully(values)
        if isinstance(result, float) and result.is_integer():
            return int(result)
        return result

    def _decide_carefully(self, values: Values) -> bool:
        if not self._condition:
            raise NotAnExpression(f"结果是{self.kind}，条件要有是或否的结果", self.text)
        answer = self._carefully(values)
        if isinstance(answer, bool):
            return answer
        name = self._node.id if isinstance(self._node, Name) else ""
        raise CannotDecide(name, "不是“是”或“否”", self.text)

    def _carefully(self, values: Values) -> Any:
        if self._careful is None:
            self._careful = _careful(self._node, self._settling)
        return self._careful(values)


def _careful(node: Node, settling: Settling) -> Answer:
    """Return a function that reads a variable only when the answer depends on it."""
    match node:
        case Not(operand):
            inner = _careful(operand, settling)
            return lambda values: not inner(values)
        case Logic(operator, operands):
            return _logic([_careful(operand, settling) for operand in operands], operator == "or")
        case Choice(condition, then, otherwise):
            asked = _careful(condition, settling)
            branches = {
                True: _careful(then, settling),
                False: _careful(otherwise, settling),
            }
            return lambda values: branches[asked(values)](values)
        case Compare() if is_null_test(node):
            return _null_test(node, settling.text)
    return Leaf(node, settling)


def _logic(operands: list[Answer], settles: bool) -> Answer:  # noqa: FBT001 - one caller, above
    def answer(values: Values) -> bool:
        return next((settles for ask in operands if ask(values) is settles), not settles)

    return answer


def _null_test(node: Compare, text: str) -> Answer:
    name = node.left.id if isinstance(node.left, Name) else ""
    name = node.right.id if isinstance(node.right, Name) else name

    def answer(values: Mapping[str, Any]) -> bool:
        if name not in values:
            raise CannotDecide(name, "没有给出", text)
        return (values[name] is None) is (node.operator == "==")

    return answer


@lru_cache(maxsize=8192)
def compile_expression(text: str) -> Expression:
    """Return the expression for a text; the same text is compiled once per process.

    Accepts `${…}`, `#{…}` or plain text, `&& || !` or `and or not`, `True`/`true`, `null`/`None`.
    Raises `NotAnExpression` for everything outside the language, `=` among it.
    """
    return Expression(text)


@lru_cache(maxsize=8192)
def compile_condition(text: str) -> Expression:
    """Return the expression for a text that must yield yes or no; a bare variable counts as one."""
    expression = Expression(text)
    if expression.kind not in {Kind.BOOLEAN, Kind.ANY}:
        raise NotAnExpression(f"结果是{expression.kind}，条件要有是或否的结果", text)
    return expression


def resolve(text: str, values: Values) -> Any:
    """Return the value of `${…}` or `#{…}`; any other text stands for itself (`PT1H`, `2wd`)."""
    return compile_expression(text).value(values) if is_wrapped(text) else text.strip()


def is_wrapped(text: str) -> bool:
    """Tell whether a text is written as `${…}` or `#{…}`."""
    return tokens.WRAPPED.fullmatch(text.strip()) is not None
