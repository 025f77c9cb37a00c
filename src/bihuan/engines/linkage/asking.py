"""What can be asked of two values, once: as SQL for a million pairs (DuckDB, Spark) and in Python for one.

DuckDB counts edits and likeness in bytes, Spark and Python in characters: only columns of small letters and digits
are compared that way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

Engine = Literal["duckdb", "spark"]
Values = Mapping[str, object]


class Test(Protocol):
    """A question about two records."""

    def sql(self, engine: Engine) -> str:
        """Return the condition on columns named `x_l` and `x_r`."""

    def holds(self, left: Values, right: Values) -> bool:
        """Return the answer for two records; what is unknown answers no."""


@dataclass(frozen=True, slots=True)
class Same:
    """All these columns are equal and known."""

    columns: tuple[str, ...]

    def sql(self, engine: Engine) -> str:
        return " and ".join(f"{one}_l = {one}_r" for one in self.columns)

    def holds(self, left: Values, right: Values) -> bool:
        return all(
            left.get(one) is not None and left.get(one) == right.get(one) for one in self.columns
        )


@dataclass(frozen=True, slots=True)
class Near:
    """At most so many letters or digits are wrong, missing, added or swapped with their neighbour."""

    column: str
    edits: int = 1

    def sql(self, engine: Engine) -> str:
        return f"damerau_levenshtein({self.column}_l, {self.column}_r) <= {self.edits}"

    def holds(self, left: Values, right: Values) -> bool:
        one, other = left.get(self.column), right.get(self.column)
        return (
            isinstance(one, str)
            and isinstance(other, str)
            and DamerauLevenshtein.distance(one, other) <= self.edits
        )


@dataclass(frozen=True, slots=True)
class Like:
    """Jaro and Winkler's likeness is at least so much."""

    column: str
    least: float

    def sql(self, engine: Engine) -> str:
        name = "jaro_winkler_similarity" if engine == "duckdb" else "jaro_winkler"
        return f"{name}({self.column}_l, {self.column}_r) >= {self.least}"

    def holds(self, left: Values, right: Values) -> bool:
        one, other = left.get(self.column), right.get(self.column)
        return (
            isinstance(one, str)
            and isinstance(other, str)
            and JaroWinkler.similarity(one, other) >= self.least
        )


@dataclass(frozen=True, slots=True)
class Swapped:
    """What one record has in one column the other has in the other: names the wrong way round."""

    one: str
    other: str

    def sql(self, engine: Engine) -> str:
        return f"{self.one}_l = {self.other}_r and {self.other}_l = {self.one}_r"

    def holds(self, left: Values, right: Values) -> bool:
        crossed = left.get(self.one) == right.get(self.other) and left.get(self.other) == right.get(
            self.one
        )
        return crossed and left.get(self.one) is not None and left.get(self.other) is not None


@dataclass(frozen=True, slots=True)
class Begins:
    """One is the beginning of the other: abbreviated names, years for whole dates."""

    column: str

    def sql(self, engine: Engine) -> str:
        name = "starts_with" if engine == "duckdb" else "startswith"
        one, other = f"{self.column}_l", f"{self.column}_r"
        return f"({name}({one}, {other}) or {name}({other}, {one}))"

    def holds(self, left: Values, right: Values) -> bool:
        one, other = left.get(self.column), right.get(self.column)
        if not isinstance(one, str) or not isinstance(other, str):
            return False
        return one.startswith(other) or other.startswith(one)


@dataclass(frozen=True, slots=True)
class Shares:
    """The lists have at least this share of the shorter one in common."""

    column: str
    share: float

    def sql(self, engine: Engine) -> str:
        one, other = f"{self.column}_l", f"{self.column}_r"
        if engine == "duckdb":
            common, sizes = (
                f"len(list_intersect({one}, {other}))",
                f"least(len({one}), len({other}))",
            )
        else:
            common, sizes = (
                f"size(array_intersect({one}, {other}))",
                f"least(size({one}), size({other}))",
            )
        return f"{common} >= {self.share} * {sizes}"

    def holds(self, left: Values, right: Values) -> bool:
        one, other = left.get(self.column), right.get(self.column)
        if not isinstance(one, Sequence) or not isinstance(other, Sequence) or not one or not other:
            return False
        return len(set(one) & set(other)) >= self.share * min(len(one), len(other))


@dataclass(frozen=True, slots=True)
class All:
    """Every one of these holds."""

    tests: tuple[Test, ...]

    def sql(self, engine: Engine) -> str:
        return " and ".join(f"({one.sql(engine)})" for one in self.tests)

    def holds(self, left: Values, right: Values) -> bool:
        return all(one.holds(left, right) for one in self.tests)
