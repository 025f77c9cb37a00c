"""Conditions by which customers are chosen: a small tree of tests with AND, OR and NOT. Pure.

A condition is read from plain JSON and refused when it says what nobody can mean; it can be told in words, and tried on
one customer. The database tries the same tests on all of them (`domain.customers.queries.segments`).
"""

from bihuan.engines.segments.conditions import (
    MOST_DEEP,
    MOST_TESTS,
    OPERATORS,
    AllOf,
    AnyOf,
    Condition,
    ConditionWrong,
    Field,
    NoneOf,
    Test,
    read,
    tests_of,
)
from bihuan.engines.segments.telling import holds, told

__all__ = [
    "MOST_DEEP",
    "MOST_TESTS",
    "OPERATORS",
    "AllOf",
    "AnyOf",
    "Condition",
    "ConditionWrong",
    "Field",
    "NoneOf",
    "Test",
    "holds",
    "read",
    "tests_of",
    "told",
]
