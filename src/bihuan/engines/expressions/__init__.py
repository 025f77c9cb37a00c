"""Sandboxed conditions over ASCII-named values; a condition that cannot be decided says so.

The language is small and our own (`grammar`); zen-engine evaluates it. `compile` a text once, then
`decide` or take its `value` as often as needed.
"""

from bihuan.engines.expressions.expression import (
    Expression,
    compile_condition,
    compile_expression as compile,  # noqa: A004 - read as expressions.compile
    is_wrapped,
    resolve,
)
from bihuan.engines.expressions.nodes import CannotDecide, Kind, NotAnExpression

__all__ = [
    "CannotDecide",
    "Expression",
    "Kind",
    "NotAnExpression",
    "compile",
    "compile_condition",
    "is_wrapped",
    "resolve",
]
