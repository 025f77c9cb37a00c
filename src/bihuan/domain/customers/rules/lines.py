"""Rows as PostgreSQL's COPY takes them: a line of text each, columns parted by tabs.

What belongs to one customer is made before anybody knows which customer that is: a mark stands at the front of each
line, where `put` writes what is known later.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import orjson

MARK: Final = "\x00"
NOTHING: Final = "\\N"
_ESCAPED: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\x00": None})


def cell(text: str) -> str:
    """Return a text as one column."""
    return text if text.isprintable() and "\\" not in text else text.translate(_ESCAPED)


def packed(value: Any) -> str:
    """Return a value as a column of JSON."""
    return json_cell(orjson.dumps(value).decode())


def json_cell(text: str) -> str:
    """Return JSON as one column: it has no control characters, only what it escapes itself."""
    return text.replace("\\", "\\\\") if "\\" in text else text


def marked(rows: Iterable[Sequence[str]]) -> str:
    """Return lines with a mark at the front of each, where what is not yet known belongs."""
    return "".join([MARK + "\t".join(row) + "\n" for row in rows])


def put(front: str, lines: str) -> str:
    """Return marked lines with their first columns; `front` ends with a tab."""
    return lines.replace(MARK, front)


def rejected(line: int, cells: Sequence[str], problems: Mapping[str, str]) -> str:
    """Return a line that was not taken in, marked, as it is kept to be mended."""
    return f"{MARK}{line}\t{packed(list(cells))}\t{packed(problems)}\n"
