"""Settle what every variable of an expression must hold; refuse what can never be decided."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bihuan.engines.expressions.nodes import (
    Arithmetic,
    Call,
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

Classes = frozenset[type]

CLASSES: Mapping[Kind, Classes] = {
    Kind.BOOLEAN: frozenset({bool}),
    Kind.NUMBER: frozenset({int, float}),
    Kind.TEXT: frozenset({str}),
    Kind.LIST: frozenset({list, tuple}),
    Kind.ANY: frozenset({bool, int, float, str, list, tuple}),
}
_SCALARS: Classes = frozenset({bool, int, float, str})
_FUNCTION_KINDS = dict.fromkeys(("len", "date", "abs"), Kind.NUMBER) | dict.fromkeys(
    ("contains", "startsWith", "endsWith"), Kind.BOOLEAN
)
_NODE_KINDS: Mapping[type, Kind] = {
    Name: Kind.ANY,
    ListOf: Kind.LIST,
    Arithmetic: Kind.NUMBER,
}


def kind_of(node: Node) -> Kind:
    """Return what a node yields."""
    if isinstance(node, Literal):
        return _literal_kind(node.value)
    if isinstance(node, Call):
        return _FUNCTION_KINDS[node.function]
    if isinstance(node, Choice):
        first = kind_of(node.then)
        return kind_of(node.otherwise) if first is Kind.ANY else first
    return _NODE_KINDS.get(type(node), Kind.BOOLEAN)


def _literal_kind(value: object) -> Kind:
    if value is None:
        return Kind.NULL
    if isinstance(value, bool):
        return Kind.BOOLEAN
    return Kind.TEXT if isinstance(value, str) else Kind.NUMBER


def is_null_test(node: Node) -> bool:
    """Tell `name == null` and `name != null`, the only uses of a variable without value."""
    return isinstance(node, Compare) and Kind.NULL in {kind_of(node.left), kind_of(node.right)}


@dataclass(slots=True)
class Settling:
    """Walks an expression once.

    `classes` then holds the classes each variable may have, `literals` the texts each is held
    against.
    """

    text: str
    classes: dict[str, Classes] = field(default_factory=dict)
    literals: dict[str, set[str]] = field(default_factory=dict)

    def settle(self, node: Node) -> None:
        """Check a node and everything below it."""
        match node:
            case Name(id_):
                self.classes.setdefault(id_, CLASSES[Kind.ANY])
            case Logic(_, operands):
                self._require_all(operands, Kind.BOOLEAN)
            case Not(operand):
                self.require(operand, Kind.BOOLEAN)
            case Arithmetic(_, left, right):
                self._require_all((left, right), Kind.NUMBER)
            case Compare():
                self._compare(node)
        self._settle_rest(node)

    def _settle_rest(self, node: Node) -> None:
        match node:
            case Within():
                self._within(node)
            case Call():
                self._call(node)
            case Choice():
                self._choice(node)

    def _require_all(self, nodes: tuple[Node, ...], kind: Kind) -> None:
        for node in nodes:
            self.require(node, kind)

    def require(self, node: Node, kind: Kind) -> None:
        """Check a node that must yield this kind."""
        self.settle(node)
        if isinstance(node, Name):
            self._narrow(node.id, CLASSES[kind])
        elif isinstance(node, Choice):
            self.require(node.then, kind)
            self.require(node.otherwise, kind)
        elif kind_of(node) is not kind:
            raise NotAnExpression(self._mismatch(node, kind), self.text)

    def _mismatch(self, node: Node, kind: Kind) -> str:
        found = kind_of(node)
        if kind is Kind.NUMBER and found is Kind.TEXT:
            return "大小比较和计算只用于数字，日期写成 date('2026-01-31')"
        if found is Kind.NULL:
            return "null 只能用 == 和 != 比较"
        return f"这里要用{kind}，却写了{found}"

    def _narrow(self, name: str, classes: Classes) -> None:
        allowed = self.classes.get(name, CLASSES[Kind.ANY]) & classes
        if not allowed:
            raise NotAnExpression(f"变量 {name} 有时当一种值、有时当另一种值", self.text)
        self.classes[name] = allowed

    def _note(self, name: Node, literals: Iterable[Node]) -> None:
        for literal in literals:
            if isinstance(name, Name) and isinstance(literal, Literal):
                text = literal.value
                if isinstance(text, str):
                    self.literals.setdefault(name.id, set()).add(text)

    def _compare(self, node: Compare) -> None:
        self._note(node.left, [node.right])
        self._note(node.right, [node.left])
        if is_null_test(node):
            self._null_test(node)
            return
        if node.operator not in {"==", "!="}:
            self._require_all((node.left, node.right), Kind.NUMBER)
            return
        left, right = kind_of(node.left), kind_of(node.right)
        kind = right if left is Kind.ANY else left
        if kind is Kind.LIST:
            raise NotAnExpression("列表不能用 == 比较，用 in 或 contains", self.text)
        if kind is not Kind.ANY:
            self._require_all((node.left, node.right), kind)
            return
        for side in (node.left, node.right):
            self.settle(side)
            if isinstance(side, Name):
                self._narrow(side.id, _SCALARS)

    def _null_test(self, node: Compare) -> None:
        other = node.left if isinstance(node.left, Name) else node.right
        if not isinstance(other, Name) or node.operator not in {"==", "!="}:
            raise NotAnExpression("null 只能与变量用 == 或 != 比较", self.text)
        self.settle(other)

    def _within(self, node: Within) -> None:
        self.settle(node.item)
        if isinstance(node.container, Name):
            self.require(node.container, Kind.LIST)
            self._note(node.container, [node.item])
            classes = _SCALARS
        else:
            assert isinstance(node.container, ListOf)  # noqa: S101 - the grammar has no other
            self._note(node.item, node.container.items)
            kinds = {kind_of(item) for item in node.container.items}
            classes = frozenset().union(*(CLASSES[kind] for kind in kinds))
        if isinstance(node.item, Name):
            self._narrow(node.item.id, classes)
        elif not CLASSES.get(kind_of(node.item), frozenset()) & classes:
            raise NotAnExpression("in 两边的值种类不同", self.text)

    def _call(self, node: Call) -> None:
        first = node.arguments[0]
        if node.function == "abs":
            self.require(first, Kind.NUMBER)
            return
        if not isinstance(first, Name):
            raise NotAnExpression(f"函数 {node.function} 的第一个参数要写变量", self.text)
        self.settle(first)
        if node.function == "date":
            self._narrow(first.id, frozenset({str, int, float}))
        elif node.function in {"len", "contains"}:
            self._narrow(first.id, frozenset({str, list, tuple}))
        else:
            self._narrow(first.id, CLASSES[Kind.TEXT])
        for argument in node.arguments[1:]:
            self.require(argument, Kind.TEXT)

    def _choice(self, node: Choice) -> None:
        self.require(node.condition, Kind.BOOLEAN)
        self.settle(node.then)
        self.settle(node.otherwise)
        kinds = {kind_of(node.then), kind_of(node.otherwise)} - {Kind.ANY}
        if len(kinds) > 1:
            raise NotAnExpression("“?”后面的两个值种类不同", self.text)
