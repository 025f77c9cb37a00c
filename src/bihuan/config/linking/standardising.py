"""All records brought to the form in which they are compared, on several processes, into Parquet parts."""

import multiprocessing
import resource
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bihuan.config.linking import files
from bihuan.engines.linkage import roles, tables
from bihuan.engines.linkage.roles import ColumnMap
from bihuan.kit.problems import Invalid

_WAITING = 3


class MapUnusable(Invalid):
    """The map does not fit the table."""


@dataclass(frozen=True, slots=True)
class Standardised:
    """Where the parts are, and the most memory the processes beside this one used, in MB."""

    parts: Sequence[Path]
    beside_mb: float


@dataclass(frozen=True, slots=True)
class _Portion:
    table: pa.Table
    mapping: ColumnMap
    name: str
    first: int
    part: Path


def column_map(file: Path, written: bytes | None) -> ColumnMap:
    """Return the roles of a file's columns, by a map or by its headings."""
    try:
        found = files.headings(file)
        return roles.read_map(written, found) if written else roles.guess_map(found)
    except roles.MapUnreadable as wrong:
        raise MapUnusable(f"{file.name}：{wrong}。") from wrong


def standardise(
    inputs: Sequence[Path], written: bytes | None, folder: Path, workers: int
) -> Standardised:
    """Bring all files to one form in `folder`; memory is bounded by a few portions for each worker.

    Parts that are there from a run that was stopped are taken as they are.
    """
    portions = _portions(inputs, written, folder)
    first = list(islice(portions, 2))
    if len(first) == 1:  # processes of their own would cost more than the work
        _read_once(first[0])
        return Standardised([first[0].part], 0.0)
    context = multiprocessing.get_context("spawn")
    parts: list[Path] = []
    beside: dict[int, float] = {}
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        running: list[Future[tuple[int, float]]] = []
        for portion in chain(first, portions):
            parts.append(portion.part)
            if portion.part.exists():
                continue
            running.append(pool.submit(_read_once, portion))
            if len(running) >= workers * _WAITING:
                beside |= [running.pop(0).result()]
        beside |= [one.result() for one in running]
    return Standardised(parts, sum(beside.values()))


def _portions(inputs: Sequence[Path], written: bytes | None, folder: Path) -> Iterator[_Portion]:
    for number, file in enumerate(inputs):
        mapping = column_map(file, written)
        first = 0
        for index, table in enumerate(files.portions(file)):
            if index == 0:
                mapping = replace(mapping, month_first=tables.is_month_first(table, mapping))
            part = folder / f"part-{number:03d}-{index:05d}.parquet"
            yield _Portion(table, mapping, file.name.split(".")[0], first, part)
            first += table.num_rows


def _read_once(portion: _Portion) -> tuple[int, float]:
    if not portion.part.exists():
        done = tables.read_table(
            portion.table, portion.mapping, name=portion.name, first=portion.first
        )
        # Under its name a part is whole, whenever the run is stopped.
        unfinished = portion.part.with_suffix(".unfinished")
        pq.write_table(done, unfinished)
        unfinished.replace(portion.part)
    return multiprocessing.current_process().pid or 0, peak_mb()


def peak_mb() -> float:
    """Return the most memory this process has used so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
