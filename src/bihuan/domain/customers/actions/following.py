"""Rows of the apps above that belong to a customer: they move along with a merge, and back."""

from collections.abc import Sequence
from dataclasses import dataclass

from bihuan.domain.customers.ports import Move
from bihuan.kit import db


@dataclass(frozen=True, slots=True)
class RowsOf:
    """Follows with the rows of one table that has `id` and `customer_id`; `table` is never from input."""

    table: str

    def move(self, move: Move) -> Sequence[int]:
        """Move the rows and return which."""
        sql = f"update {self.table} set customer_id = %s where customer_id = %s"  # noqa: S608
        values: list[object] = [move.to_id, move.from_id]
        if move.only is not None:
            sql += " and id = any(%s)"
            values.append(list(move.only))
        return [row[0] for row in db.rows(f"{sql} returning id", values)]
