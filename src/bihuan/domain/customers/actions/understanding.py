"""Portions of a file understood ahead: by a process of its own while the portion before is written.

Understanding a row costs about what writing it does, so a long file keeps two cores busy. A short one is
not worth a process. The order stays that of the file.
"""

import multiprocessing
from collections import deque
from collections.abc import Generator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import islice
from typing import Final

from bihuan.domain.customers.rules.arrivals import Understood
from bihuan.domain.customers.rules.portions import Task, begin, following, understood

# So many portions are worth a process; so many are understood ahead.
_WORTH: Final = 3
_AHEAD: Final = 3


def portions(task: Task, *, left: int) -> Generator[Understood, None, None]:
    """Yield what a file says portion by portion; about `left` rows of it are left."""
    if left < _WORTH * task.size:
        yield from understood(task)
        return
    # The first portion is understood here, while the process starts.
    rest = replace(task, done=task.done + task.size)
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(1, mp_context=context, initializer=begin, initargs=(rest,))
    try:
        waiting = deque(pool.submit(following) for _ in range(_AHEAD))
        yield from islice(understood(task), 1)
        while (found := waiting.popleft().result()) is not None:
            waiting.append(pool.submit(following))
            yield found
    finally:
        pool.shutdown(cancel_futures=True)
