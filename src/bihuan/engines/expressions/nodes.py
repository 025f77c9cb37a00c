"""The little language of conditions, as frozen nodes, and what may go wrong with it."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a node yields. ANY is a bare name: its use decides what it must hold."""

    ANY = "任意值"
    BOOLEAN = "是/否"
    NUMBER = "数字"
    TEXT = "文字"
    LIST = "列表"
    NULL = "空值"


class NotAnExpression(Exception):
    """The text is not an expression of the language. `position` counts characters from 0."""

    def __init__(self, reason: str, text: str, position: int = 0) -> None:
        """Say in Chinese what is wrong and where."""
        super().__init__(f"表达式“{shortened(text)}”不能用：{reason}")
        self.reason = reason
        self.text = text
        self.position = position


class CannotDecide(Exception):
    """The values given do not allow an answer; `field` is the variable that is to blame."""

    def __init__(self, field: str, reason: str, text: str) -> None:
        """Name the variable; "" where no single one is to blame."""
        what = f"变量 {field} {reason}" if field else reason
        super().__init__(f"条件“{shortened(text)}”不能判断：{what}")
        self.field = field
        self.reason = reason
        self.text = text


def shortened(text: str) -> str:
    """Return the text, cut where it is too long for a message."""
    return text if len(text) <= 80 else f"{text[:79]}…"


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written in the text; numbers keep their spelling."""

    value: bool | int | float | str | None
    spelling: str = ""


@dataclass(frozen=True, slots=True)
class Name:
    """A variable."""

    id: str


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of literals."""

    items: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A call of one of the functions allowed."""

    function: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a condition."""

    operand: "Node"


@dataclass(frozen=True, slots=True)
class Logic:
    """Conditions joined by `and` or `or`, decided from left to right until one settles it."""

    operator: str
    operands: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values compared by == != < <= > or >=."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Within:
    """Whether a value is in a list."""

    item: "Node"
    container: "Node"


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two numbers joined by + - * or /."""

    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Choice:
    """`condition ? then : otherwise`."""

    condition: "Node"
    then: "Node"
    otherwise: "Node"


Node = Literal | Name | ListOf | Call | Not | Logic | Compare | Within | Arithmetic | Choice
