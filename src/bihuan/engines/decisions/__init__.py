"""Decision tables: structured rows, an index over them; a missing result is an error.

`parse` reads a table and tries every row of it; `decide` asks it; `verify` shows gaps.
"""

from bihuan.engines.decisions.deciding import NotDecided, decide
from bihuan.engines.decisions.model import (
    Cell,
    Decision,
    Hit,
    Input,
    InputType,
    Op,
    Output,
    Row,
    Table,
)
from bihuan.engines.decisions.reading import NotATable, parse, read
from bihuan.engines.decisions.verifying import verify

__all__ = [
    "Cell",
    "Decision",
    "Hit",
    "Input",
    "InputType",
    "NotATable",
    "NotDecided",
    "Op",
    "Output",
    "Row",
    "Table",
    "decide",
    "parse",
    "read",
    "verify",
]
