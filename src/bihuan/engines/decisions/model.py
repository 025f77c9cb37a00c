"""What a decision table is: typed inputs, rows of structured cells, typed outputs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Self

from bihuan.engines.decisions.row_index import RowIndex


class InputType(StrEnum):
    """What an input holds. Money is a number; a date is compared by days."""

    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"


class Hit(StrEnum):
    """FIRST: the first row that fits. UNIQUE: no two rows may fit."""

    FIRST = "first"
    UNIQUE = "unique"


class Op(StrEnum):
    """How a cell looks at its input. The value is the word used in pack files."""

    IS = "is"
    NOT = "not"
    IN = "in"
    NOT_IN = "not_in"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    BETWEEN = "between"
    EMPTY = "empty"
    FILLED = "filled"


Scalar = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Cell:
    """One operator with its values; dates are already day numbers. A row without a cell for an
    input does not look at it."""

    op: Op
    values: tuple[Scalar, ...] = ()


@dataclass(frozen=True, slots=True)
class Input:
    """One variable the table looks at. Only an optional one may be empty."""

    field: str
    label: str = ""
    type: InputType = InputType.TEXT
    choices: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Output:
    """One value every row gives."""

    field: str
    label: str = ""
    type: InputType = InputType.TEXT
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """When these cells fit, these are the outputs."""

    cells: dict[str, Cell]
    output: dict[str, Scalar | None]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """The number of the row that decided, from 1, its outputs and its note."""

    row: int
    output: Mapping[str, Any]
    note: str = ""


@dataclass(frozen=True)
class Table:
    """One decision table."""

    code: str
    title: str
    hit: Hit
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rows: tuple[Row, ...]

    @cached_property
    def index(self) -> RowIndex:
        """Where each row fits, worked out once."""
        return RowIndex(self.inputs, self.rows)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values from which `from_json` builds an equal table."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Build a table from `to_json`'s result."""
        return cls(
            code=data["code"],
            title=data["title"],
            hit=Hit(data["hit"]),
            inputs=tuple(
                Input(**{**item, "type": InputType(item["type"]), "choices": (*item["choices"],)})
                for item in data["inputs"]
            ),
            outputs=tuple(
                Output(**{**item, "type": InputType(item["type"]), "choices": (*item["choices"],)})
                for item in data["outputs"]
            ),
            rows=tuple(_row(item) for item in data["rows"]),
        )


def _row(data: dict[str, Any]) -> Row:
    cells = {
        field: Cell(Op(cell["op"]), tuple(cell["values"])) for field, cell in data["cells"].items()
    }
    return Row(cells, dict(data["output"]), data["note"])
