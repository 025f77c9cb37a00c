"""`bihuan bench import`: how many rows of another system's file are taken in a second.

In a database of its own a file of made-up customers (`bihuan generate customers`, as CSV) is taken in as the command and the
page do it: looked at, mapped, read, checked, matched and written, portion by portion. Of the made-up rows two in five
join a customer that came before (`joined_share`), and people mistype, so one in fifteen stays out (`rejected_share`).
The limit is a plain COPY of what came of it into the same tables with the same indexes, in the same run: `ratio_to_limit`.
"""

import csv
import os
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
import psycopg

from bihuan.config import console
from bihuan.config.bench.submit import scratch_database
from bihuan.config.measuring import seeds
from bihuan.domain.customers.actions import importing
from bihuan.domain.customers.queries import imports
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.org import queries as org
from bihuan.engines.linkage import sample
from bihuan.kit import clock

WANTED: Final = 5000
CHUNK: Final = 20_000
COLUMNS: Final = {
    "record_id": "key",
    "kind": "kind",
    "name": "name",
    "sex": "gender",
    "birth_date": "birth_date",
    "resident_id": "resident_id",
    "credit_code": "credit_code",
    "phone": "phone",
    "email": "email",
    "address": "address",
}
_TABLES: Final = ("customer", "contactpoint", "identifier", "account", "sourcerow")


@click.command("import")
@click.option("--rows", type=console.COUNT, default=100_000, show_default=True, help="Rows.")
@console.as_json
def command(rows: int, *, as_json: bool) -> int:
    """Take a file of customers in. Exit status 1 when it is slower than promised."""
    at = clock.now()
    with scratch_database() as conninfo, tempfile.TemporaryDirectory() as folder:
        seeds.lay(1, at=at)
        file = Path(folder) / "customers.csv"
        _write(file, rows)
        keys = _taken_in(file, rows, at)
        keys["limit_rows_per_s"] = round(rows / _copied(conninfo))
    keys["ratio_to_limit"] = round(keys["rows_per_s"] / keys["limit_rows_per_s"], 3)
    console.report(keys, as_json=as_json)
    return 0 if keys["rows_per_s"] >= WANTED else 1


def _write(file: Path, rows: int) -> None:
    """Write made-up customers as a system exports them: one file, ids of persons and companies apart."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        for first in range(0, rows, CHUNK):
            made = sample.chunk("import", first // CHUNK, min(CHUNK, rows - first)).customers
            writer.writerows(_row(one) for one in made.to_pylist())


def _row(one: dict[str, str | None]) -> dict[str, str | None]:
    number = "resident_id" if one["kind"] == "person" else "credit_code"
    return {**one, number: one["id_number"]}


def _taken_in(file: Path, rows: int, at: datetime) -> dict[str, Any]:
    unit = next(one.id for one in org.tree().units.values() if one.parent_id is None)
    since = time.perf_counter()
    upload = importing.Upload(file.name, "bench", unit)
    batch_id = importing.open_file(upload, file, by=SYSTEM, at=at)
    importing.start(batch_id, COLUMNS, in_background=False, by=SYSTEM, at=at)
    importing.run(batch_id, now=clock.now)
    seconds = time.perf_counter() - since
    found = imports.figures(batch_id)
    names = ("state", "created", "matched", "changed", "unchanged", "rejected")
    return {
        "rows": rows,
        "seconds": round(seconds, 2),
        "rows_per_s": round(rows / seconds),
        **{name: found[name] for name in names},
        "joined_share": round(found["matched"] / rows, 3),
        "rejected_share": round(found["rejected"] / rows, 3),
        "load": round(os.getloadavg()[0], 1),
    }


def _copied(conninfo: str) -> float:
    """Return how long a plain COPY of the same rows into the same tables takes, in seconds."""
    taken = 0.0
    with psycopg.connect(conninfo, autocommit=True) as connection:
        kept = {table: _read(connection, table) for table in _TABLES}
        for table in _TABLES:
            connection.execute(f"truncate customers_{table} cascade".encode())
        for table, pieces in kept.items():
            since = time.perf_counter()
            statement = f"copy customers_{table} from stdin".encode()
            with connection.cursor().copy(statement) as copy:
                for piece in pieces:
                    copy.write(piece)
            taken += time.perf_counter() - since
    return taken


def _read(connection: psycopg.Connection, table: str) -> list[bytes]:
    with connection.cursor().copy(f"copy customers_{table} to stdout".encode()) as copy:
        return [bytes(piece) for piece in copy]
