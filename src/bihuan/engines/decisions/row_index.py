"""Which rows of a table fit: one look-up for each input, however many rows there are.

The cells of a column split all values into a few classes that no cell can tell apart. For each class a bit
mask holds the rows that fit it; the rows that fit a whole case are those in all its masks.
"""

import operator
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bihuan.engines.decisions.model import Cell, Input, Row

Mask = int
Look = Callable[[Any], Mask]
_ORDERS = {"lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge}
# No cell names it: reading refuses text that cannot be printed.
_UNNAMED = "\0"


def fits(cell: "Cell | None", value: Any) -> bool:
    """Say whether a cell fits a value: what the operators mean. An empty value fits EMPTY and no cell only."""
    if cell is None or cell.op in {"empty", "filled"}:
        return cell is None or (value is None) is (cell.op == "empty")
    if value is None:
        return False
    if cell.op in {"is", "in", "not", "not_in"}:
        return (value in cell.values) is (cell.op in {"is", "in"})
    first: Any = cell.values[0]
    last: Any = cell.values[-1]
    if cell.op == "between":
        return bool(first <= value <= last)
    return bool(_ORDERS[cell.op](value, first))


class RowIndex:
    """Finds the rows that fit a case. Safe to use from several threads."""

    __slots__ = ("_all", "_columns")

    def __init__(self, inputs: "Sequence[Input]", rows: "Sequence[Row]") -> None:
        """Sort every column's values into their classes."""
        self._columns = tuple(_column(item, rows) for item in inputs)
        self._all = (1 << len(rows)) - 1

    def fitting(self, values: Sequence[Any]) -> Mask:
        """Return the rows that fit one value for each input, as bits: row 0 is the lowest."""
        found = self._all
        for look, value in zip(self._columns, values, strict=True):
            found &= look(value)
        return found


def numbers_in(mask: Mask) -> list[int]:
    """Return the numbers of the rows in a mask, from 0, in order."""
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return found


def first_in(mask: Mask) -> int:
    """Return the number of the first row in a mask, from 0; -1 if there is none."""
    return (mask & -mask).bit_length() - 1


def column_of_numbers(named: Sequence[Any]) -> list[Any]:
    """Return one number of each class, in order, for a column whose cells name these, which are sorted.

    Every second one is a number that a cell names; before, between and behind them lie the others.
    """
    if not named:
        return [0]
    behind = [*((low + high) / 2 for low, high in pairwise(named)), named[-1] + 1]
    return [named[0] - 1, *(one for pair in zip(named, behind, strict=True) for one in pair)]


def _column(item: "Input", rows: "Sequence[Row]") -> Look:
    cells = [row.cells.get(item.field) for row in rows]
    named = {value for cell in cells if cell for value in cell.values}
    if item.type in {"number", "date"}:
        return _ordered(cells, sorted(named))
    masks = {value: _mask(cells, value) for value in (*named, None)}
    if item.type == "boolean":
        masks |= {value: _mask(cells, value) for value in (True, False)}
    others = _mask(cells, _UNNAMED)
    return lambda value: masks.get(value, others)


def _ordered(cells: "Sequence[Cell | None]", named: list[Any]) -> Look:
    masks = [_mask(cells, one) for one in column_of_numbers(named)]
    empty = _mask(cells, None)
    count = len(named)

    def look(value: Any) -> Mask:
        if value is None:
            return empty
        place = bisect_left(named, value)
        is_named = place < count and named[place] == value
        return masks[2 * place + is_named]

    return look


def _mask(cells: "Sequence[Cell | None]", value: Any) -> Mask:
    bits = "".join("1" if fits(cell, value) else "0" for cell in reversed(cells))
    return int(bits, 2)
