"""Portions of a file, read and understood, one after the other: what a process of its own does ahead.

Nothing here needs the database or Django's set-up, so the process starts quickly.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from multiprocessing import parent_process
from pathlib import Path
from threading import Thread
from typing import Final

from bihuan.domain.customers.rules.arrivals import Understood, understand
from bihuan.engines.tables import Layout, Row, read_rows


@dataclass(frozen=True, slots=True)
class Task:
    """A file from behind its first `done` rows on, in portions of `size` rows."""

    path: Path
    layout: Layout
    columns: Mapping[str, str]
    done: int
    size: int


def understood(task: Task) -> Iterator[Understood]:
    """Yield what a file says, portion by portion. Raises OSError, NotReadable and UnicodeError."""
    with task.path.open("rb") as stream:
        rows = islice(read_rows(stream, task.layout), task.done, None)
        while (found := _portion(task, rows)).rows:
            yield found


def _portion(task: Task, rows: Iterator[Row]) -> Understood:
    return understand(task.layout.heading, task.columns, islice(rows, task.size))


# What this process is reading, when it was made to read ahead.
_READING: Final[list[Iterator[Understood]]] = []


def begin(task: Task) -> None:
    """Make this process read a file, as long as the one that started it is there."""
    Thread(target=_end_with_parent, daemon=True).start()
    _READING[:] = [understood(task)]


def _end_with_parent() -> None:
    """End at once when the process that waits for us was killed: nobody else would tell us."""
    if parent := parent_process():
        parent.join()
        os._exit(1)


def following() -> Understood | None:
    """Return the next portion of the file this process reads; None at its end."""
    return next(_READING[0], None)
