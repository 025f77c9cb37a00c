"""`bihuan generate`: made-up data whose truth is known."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import click
import pyarrow.parquet as pq

from bihuan.config import console
from bihuan.engines.linkage import sample

CHUNK = 20_000


@click.group()
def command() -> None:
    """Make data up, with the truth known, to measure with."""


@command.command()
@click.argument("count", type=console.COUNT)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder to write into.",
)
@click.option(
    "--seed", default="1", show_default=True, help="The same seed makes the same customers."
)
@click.option(
    "--processes",
    type=console.COUNT,
    default=2,
    show_default=True,
    help="How many write side by side.",
)
@console.as_json
@console.offline
def customers(*, count: int, out: Path, seed: str, processes: int, as_json: bool) -> None:
    """Write COUNT records of Chinese persons and companies as four systems keep them, and whose they are.

    OUT/customers.parquet has the records, OUT/truth.parquet record_id and customer_id. All are invented.
    """
    out.mkdir(parents=True, exist_ok=True)
    sizes = [min(CHUNK, count - first) for first in range(0, count, CHUNK)]
    told = console.progress(count, "records")
    context = multiprocessing.get_context("spawn")
    with (
        pq.ParquetWriter(out / "customers.parquet", sample.CUSTOMERS) as records,
        pq.ParquetWriter(out / "truth.parquet", sample.TRUTH) as truth,
        ProcessPoolExecutor(processes, mp_context=context) as pool,
    ):
        for start in range(0, len(sizes), 4 * processes):
            some = range(start, min(start + 4 * processes, len(sizes)))
            for made in pool.map(
                partial(sample.chunk, seed), some, [sizes[index] for index in some]
            ):
                records.write_table(made.customers)
                truth.write_table(made.truth)
                told(made.customers.num_rows)
    keys = {"records": count, "out": str(out), "seed": seed}
    console.report(keys, f"已生成 {count} 条客户记录：{out}", as_json=as_json)
