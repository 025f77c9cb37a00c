"""What a run has finished, kept beside its output until it is through: a repeated command goes on from there.

Stages belong to the contents of the files, the map, the engine and the version of the product; anything else is another run.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from bihuan import __version__
from bihuan.engines.linkage.comparisons import Kind


@contextmanager
def folder(inputs: Sequence[Path], *settings: object, out: Path | None) -> Iterator[Path]:
    """Yield where stages are kept; removed at the end, and kept when the run is stopped or fails.

    Without `out` there is no place to find them again: they are in a temporary folder.
    """
    if out is None:
        with tempfile.TemporaryDirectory(prefix="bihuan-linkage-") as name:
            yield Path(name)
        return
    place = out / f"stages-{_digest(inputs, settings)}"
    place.mkdir(parents=True, exist_ok=True)
    for leftover in place.glob("linkage.duckdb*"):
        leftover.unlink()
    yield place
    shutil.rmtree(place)


def decided(
    connection: duckdb.DuckDBPyConnection, kind: Kind, place: Path, link: Callable[[], object]
) -> int:
    """Return how many pairs of a kind were decided about, in the table `decided_<kind>`; by `link` unless they are kept."""
    kept = place / f"decided_{kind}.parquet"
    if kept.exists():
        connection.execute(f"create table decided_{kind} as select * from read_parquet('{kept}')")
    else:
        link()
        unfinished = kept.with_suffix(".unfinished")
        connection.execute(f"copy decided_{kind} to '{unfinished}' (format parquet)")
        unfinished.replace(kept)
    return int(connection.execute(f"select count(*) from decided_{kind}").fetchall()[0][0])


def _digest(inputs: Sequence[Path], settings: Sequence[object]) -> str:
    made = hashlib.sha256(repr((__version__, settings)).encode())
    for file in inputs:
        with file.open("rb") as stream:
            made.update(hashlib.file_digest(stream, "sha256").digest())
    return made.hexdigest()[:16]
