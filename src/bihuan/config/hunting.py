"""A hunt for violations of the process engine's laws, shared out over processes of this machine."""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from queue import Queue
from threading import Thread

from django.db import connections

from bihuan.config import scratch
from bihuan.engines.bpmn.fuzz import memory
from bihuan.engines.bpmn.fuzz.lives import Report, shares
from bihuan.integrations.conformance import hunt

OPERATIONS_PER_DIAGRAM = 400
FEWEST_DIAGRAMS = 4


@dataclass(frozen=True, slots=True)
class _Part:
    seed: str
    operations: int
    diagrams: Sequence[int]
    name: str
    pure: bool
    done: "Queue[int | None]"


def run(
    seed: str, operations: int, *, processes: int, pure: bool, told: Callable[[int], object]
) -> Report:
    """Try so many operations on one random diagram per 400 of them; the same seed tries the same.

    `told` hears, now and then, of how many operations more are done.
    """
    diagrams = max(FEWEST_DIAGRAMS, operations // OPERATIONS_PER_DIAGRAM)
    processes = max(1, min(processes, diagrams))
    # What a part tries depends on the diagram only, so the number of processes changes nothing.
    counts = shares(operations, diagrams)
    manager = multiprocessing.Manager()
    done: Queue[int | None] = manager.Queue()
    parts = [
        _Part(
            seed,
            sum(counts[number] for number in range(part, diagrams, processes)),
            range(part, diagrams, processes),
            f"hunt{part}",
            pure,
            done,
        )
        for part in range(processes)
    ]
    report = Report()
    listener = Thread(target=_listen, args=(done, told), daemon=True)
    listener.start()
    for found in _hunted(parts):
        report.add(found)
    done.put(None)
    listener.join()
    return report


def _listen(done: "Queue[int | None]", told: Callable[[int], object]) -> None:
    while (operations := done.get()) is not None:
        told(operations)


def _hunted(parts: list[_Part]) -> list[Report]:
    connections.close_all()  # a connection is not shared with a forked process
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(len(parts), mp_context=context) as pool:
        return list(pool.map(_hunt, parts))


def _hunt(part: _Part) -> Report:
    if part.pure:
        return memory.hunt(part.seed, part.operations, diagrams=part.diagrams, told=part.done.put)
    with scratch.scratch_database(part.name):
        return hunt.hunt(part.seed, part.operations, diagrams=part.diagrams, told=part.done.put)
