"""Where pairs are scored: in this process by DuckDB, or by Spark with the same settings and the same model."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from bihuan.engines.linkage.asking import Engine
from bihuan.engines.linkage.linking import Duck, Scorer
from bihuan.kit.problems import Refused


class SparkMissing(Refused):
    """Spark was asked for where it is not installed."""

    message = "没有安装 Spark：请先安装 bihuan[spark] 和 Java 17 以上的运行环境。"


@dataclass(frozen=True, slots=True)
class Spark:
    """Splink on a Spark session; tables go there and back as Parquet files in a folder that all workers see."""

    session: Any
    connection: duckdb.DuckDBPyConnection
    folder: Path
    engine: Engine = "spark"

    def register(self, table: str) -> Any:
        """See Scorer."""
        from splink import SparkAPI  # noqa: PLC0415 - needs pyspark, which is optional

        file = self.folder / f"{table}.parquet"
        self.connection.execute(f"copy {table} to '{file}' (format parquet)")
        api = SparkAPI(  # type: ignore[no-untyped-call]
            spark_session=self.session,
            break_lineage_method="parquet",
            num_partitions_on_repartition=8,
        )
        return api.register(self.session.read.parquet(str(file)))

    def collect(self, frame: Any, table: str) -> None:
        """See Scorer."""
        place = self.folder / f"{table}-spark"
        frame.as_spark_dataframe().write.mode("overwrite").parquet(str(place))
        self.connection.execute(
            f"create or replace table {table} as select * from read_parquet('{place}/*.parquet')"
        )


@contextmanager
def scorer(
    name: str, connection: duckdb.DuckDBPyConnection, folder: Path, memory_gb: float
) -> Iterator[Scorer]:
    """Yield where pairs are scored; a Spark session of our own is ended afterwards.

    `BIHUAN_SPARK_MASTER` (Spark's own address form) names a cluster; by default two workers of this machine.
    """
    if name == "duckdb":
        yield Duck(connection)
        return
    session = _session(folder, memory_gb)
    try:
        yield Spark(session, connection, folder)
    finally:
        session.stop()


def _session(folder: Path, memory_gb: float) -> Any:
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 - optional
        from splink.backends.spark import similarity_jar_location  # noqa: PLC0415 - needs pyspark
    except ImportError as wrong:
        raise SparkMissing from wrong
    settings = {
        "spark.jars": similarity_jar_location(),
        "spark.driver.memory": f"{max(int(memory_gb), 1)}g",
        "spark.sql.shuffle.partitions": "8",
        "spark.default.parallelism": "8",
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.local.dir": str(folder / "spark"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.session.timeZone": "UTC",
    }
    builder = SparkSession.builder.master(
        os.environ.get("BIHUAN_SPARK_MASTER", "local[2]")
    ).appName("bihuan-linkage")
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    session.sparkContext.setCheckpointDir(str(folder / "checkpoints"))
    return session
