"""Build nodes from tokens, by recursive descent.

choice   = or [ "?" choice ":" choice ]
or       = and { "or" and }
and      = not { "and" not }
not      = "not" not | compare
compare  = sum [ op sum | ["not"] "in" list ]       one comparison, never a chain
sum      = product { ("+" | "-") product }
product  = unary { ("*" | "/") unary }
unary    = ("-" | "!") unary | primary
primary  = literal | name | function "(" choice { "," choice } ")" | "(" choice ")"
list     = "[" literal { "," literal } "]" | "[" number ".." number "]" | name
"""

from collections.abc import Callable

from bihuan.engines.expressions.days import day_number
from bihuan.engines.expressions.nodes import (
    Arithmetic,
    Call,
    Choice,
    Compare,
    ListOf,
    Literal,
    Logic,
    Name,
    Node,
    Not,
    NotAnExpression,
    Within,
)
from bihuan.engines.expressions.tokens import Token, cut

MAX_DEPTH = 30
FUNCTIONS = {"len": 1, "date": 1, "abs": 1, "contains": 2, "startsWith": 2, "endsWith": 2}
COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
_CONSTANTS = {"true": True, "false": False, "null": None}


def parse(text: str) -> Node:
    """Return the node an unwrapped expression stands for, or raise `NotAnExpression`."""
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = cut(text)
        self.at = 0
        self.depth = 0

    def parse(self) -> Node:
        node = self._choice()
        if self._token.kind != "end":
            raise self._surprise()
        return node

    # ---------------------------------------------------------------- tokens

    @property
    def _token(self) -> Token:
        return self.tokens[self.at]

    def _take(self, *operators: str) -> str:
        token = self._token
        if token.kind == "operator" and token.text in operators:
            self.at += 1
            return token.text
        return ""

    def _need(self, operator: str) -> None:
        if not self._take(operator):
            raise self._refusal(f"这里缺少“{operator}”")

    def _refusal(self, reason: str) -> NotAnExpression:
        return NotAnExpression(reason, self.text, self._token.position)

    def _surprise(self) -> NotAnExpression:
        token = self._token
        if token.kind == "end":
            return self._refusal("没有写完")
        if token.text in COMPARISONS:
            return self._refusal("比较不能连写，用 and 连接两个比较")
        return self._refusal(f"“{token.text}”不应在这里")

    def _deeper(self, read: Callable[[], Node]) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self._refusal(f"嵌套超过 {MAX_DEPTH} 层")
        node = read()
        self.depth -= 1
        return node

    # ---------------------------------------------------------------- rules

    def _choice(self) -> Node:
        condition = self._logic("or", lambda: self._logic("and", self._not))
        if not self._take("?"):
            return condition
        then = self._deeper(self._choice)
        self._need(":")
        return Choice(condition, then, self._deeper(self._choice))

    def _logic(self, operator: str, read: Callable[[], Node]) -> Node:
        operands = [read()]
        while self._take(operator):
            operands.append(read())
        return operands[0] if len(operands) == 1 else Logic(operator, tuple(operands))

    def _not(self) -> Node:
        if self._take("not"):
            return Not(self._deeper(self._not))
        return self._compare()

    def _compare(self) -> Node:
        left = self._sum()
        operator = self._take(*COMPARISONS)
        if operator:
            return Compare(operator, left, self._sum())
        if self._take("in"):
            return self._within(left)
        if self._take("not"):
            self._need("in")
            return Not(self._within(left))
        return left

    def _sum(self) -> Node:
        return self._arithmetic(("+", "-"), lambda: self._arithmetic(("*", "/"), self._unary))

    def _arithmetic(self, operators: tuple[str, ...], read: Callable[[], Node]) -> Node:
        left = read()
        steps = 0
        while operator := self._take(*operators):
            left = Arithmetic(operator, left, read())
            steps += 1
            if steps > MAX_DEPTH:
                raise self._refusal("算式太长")
        return left

    def _unary(self) -> Node:
        if self._take("!"):
            return Not(self._deeper(self._unary))
        if self._take("-"):
            operand = self._deeper(self._unary)
            if isinstance(operand, Literal) and _is_number(operand):
                return _negative(operand)
            return Arithmetic("-", Literal(0, "0"), operand)
        return self._primary()

    def _primary(self) -> Node:
        token = self._token
        if token.kind == "name":
            self.at += 1
            return self._call(token) if self._take("(") else Name(token.text)
        if self._take("("):
            node = self._deeper(self._choice)
            self._need(")")
            return node
        return self._literal()

    def _literal(self) -> Literal:
        token = self._token
        if constant := self._take(*_CONSTANTS):
            return Literal(_CONSTANTS[constant])
        if token.kind not in {"number", "text"}:
            raise self._surprise()
        self.at += 1
        if token.kind == "text":
            return Literal(token.text[1:-1])
        value = float(token.text) if "." in token.text else int(token.text)
        return Literal(value, str(value) if isinstance(value, int) else token.text)

    def _call(self, token: Token) -> Node:
        if token.text not in FUNCTIONS:
            known = "、".join(FUNCTIONS)
            raise self._refusal(f"没有函数 {token.text}，可用的有 {known}")
        arguments = [self._deeper(self._choice)]
        while self._take(","):
            arguments.append(self._deeper(self._choice))
        self._need(")")
        if len(arguments) != FUNCTIONS[token.text]:
            raise self._refusal(f"函数 {token.text} 要 {FUNCTIONS[token.text]} 个参数")
        if token.text == "date" and isinstance(arguments[0], Literal):
            return self._date(arguments[0])
        return Call(token.text, tuple(arguments))

    def _date(self, literal: Literal) -> Literal:
        number = day_number(literal.value) if isinstance(literal.value, str) else None
        if number is None:
            raise self._refusal("日期写成 date('2026-01-31')")
        return Literal(number, str(number))

    # ---------------------------------------------------------------- lists

    def _within(self, item: Node) -> Node:
        if not self._take("["):
            if self._token.kind != "name":
                raise self._refusal("in 后面写列表，如 ['a', 'b']，或列表变量")
            self.at += 1
            return Within(item, Name(self.tokens[self.at - 1].text))
        first = self._item()
        if self._take(".."):
            last = self._item()
            self._need("]")
            return self._between(item, first, last)
        items = [first]
        while self._take(","):
            items.append(self._item())
        self._need("]")
        return Within(item, ListOf(tuple(items)))

    def _item(self) -> Literal:
        if self._take("-"):
            number = self._literal()
            if not _is_number(number):
                raise self._refusal("负号后面要写数字")
            return _negative(number)
        literal = self._literal()
        if literal.value is None:
            raise self._refusal("列表里不能有 null")
        return literal

    def _between(self, item: Node, first: Literal, last: Literal) -> Node:
        if not (_is_number(first) and _is_number(last)):
            raise self._refusal("“..”两边要写数字")
        return Logic("and", (Compare(">=", item, first), Compare("<=", item, last)))


def _is_number(literal: Literal) -> bool:
    return bool(literal.spelling)


def _negative(literal: Literal) -> Literal:
    value = literal.value
    assert isinstance(value, int | float)  # noqa: S101 - callers have asked _is_number
    return Literal(-value, f"-{literal.spelling}" if value >= 0 else literal.spelling[1:])
