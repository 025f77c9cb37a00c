"""A table in zen's own form: it says which rows fit; everything else is ours.

Cells that zen cannot read fail in silence, so cells are generated, never typed, and `verifying`
tries every row. The static loader is used because a decision fetched from the engine is evaluated
fifteen times slower.
"""

from typing import Any

import zen


class ZenTable:
    """Finds the rows that fit a list of values. Safe to use from several threads."""

    def __init__(self, rows: list[list[str]], *, unique: bool) -> None:
        """Compile rows of cell texts; every row has one cell per input."""
        self._unique = unique
        self._names = [f"v{number}" for number in range(len(rows[0]) if rows else 0)]
        content = _content(rows, self._names, "collect" if unique else "first")
        self._engine = zen.ZenEngine({"loader": {"type": "static", "content": {"table": content}}})

    def fitting(self, values: list[Any]) -> list[int]:
        """Return the numbers of the rows that fit, from 0; at most one unless the table is unique."""
        result = self.evaluate(self.context(values))
        if self._unique:
            return [int(found["row"]) for found in result]
        return [int(result["row"])] if result else []

    def context(self, values: list[Any]) -> dict[str, Any]:
        """Return a list of values as zen takes them."""
        return dict(zip(self._names, values, strict=True))

    def evaluate(self, context: dict[str, Any]) -> Any:
        """Return what zen says."""
        return self._engine.evaluate("table", context)["result"]


def _content(rows: list[list[str]], names: list[str], hit: str) -> dict[str, Any]:
    rules = [
        {"_id": f"r{number}", "row": str(number), **dict(zip(names, cells, strict=True))}
        for number, cells in enumerate(rows)
    ]
    table = {
        "hitPolicy": hit,
        "inputs": [{"id": name, "name": name, "field": name} for name in names],
        "outputs": [{"id": "row", "name": "row", "field": "row"}],
        "rules": rules,
    }
    return {
        "nodes": [
            _node("in", "inputNode", {}),
            _node("table", "decisionTableNode", table),
            _node("out", "outputNode", {}),
        ],
        "edges": [
            {"id": "e1", "sourceId": "in", "targetId": "table", "type": "edge"},
            {"id": "e2", "sourceId": "table", "targetId": "out", "type": "edge"},
        ],
    }


def _node(id_: str, type_: str, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": id_,
        "name": id_,
        "type": type_,
        "position": {"x": 0, "y": 0},
        "content": content,
    }
