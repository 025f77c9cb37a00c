"""Portions of a file understood ahead: by a process of its own while the portion before is written.

Understanding a row costs about what writing it does, so a long file keeps two cores busy. A short one is
not worth a process. The order stays that of the file.
"""

import multiprocessing
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain, islice
from typing import Final

from bihuan.domain.customers.rules.arrivals import Understood, understand
from bihuan.engines.tables import Row

PORTION: Final = 2000
# So many portions are worth a process; so many are understood ahead.
_WORTH: Final = 3
_AHEAD: Final = 2


def portions(
    rows: Iterator[Row], heading: Sequence[str], columns: Mapping[str, str], *, size: int = PORTION
) -> Generator[tuple[list[Row], Understood], None, None]:
    """Yield the rows of a file portion by portion with what they mean."""
    cut = iter(lambda: list(islice(rows, size)), [])
    first = list(islice(cut, _WORTH))
    if len(first) < _WORTH:
        for portion in first:
            yield portion, understand(heading, columns, _cells(portion))
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(1, mp_context=context)
    try:
        waiting: deque[tuple[list[Row], Future[Understood]]] = deque()
        for portion in chain(first, cut):
            done = pool.submit(understand, heading, columns, _cells(portion))
            waiting.append((portion, done))
            if len(waiting) > _AHEAD:
                rest, ready = waiting.popleft()
                yield rest, ready.result()
        for rest, ready in waiting:
            yield rest, ready.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _cells(portion: Sequence[Row]) -> list[tuple[int, tuple[str, ...]]]:
    return [(row.line, row.cells) for row in portion]
