"""Where pairs are scored: in this process by DuckDB, or by Spark with the same settings and the same model."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from bihuan.engines.linkage.asking import Engine
from bihuan.engines.linkage.linking import Duck, Scorer
from bihuan.kit.problems import Refused

_WORKERS = 2
_PARTITIONS = 64
_OLDEST_JAVA = 17


class SparkMissing(Refused):
    """Spark was asked for where it is not installed."""

    message = "没有安装 Spark：请先安装 bihuan[spark]（pip install 'bihuan[spark]'）。"


class JavaMissing(Refused):
    """Spark was asked for where no Java runtime is found, or one that is too old for it."""

    message = f"没有找到 Java：Spark 要用 Java {_OLDEST_JAVA} 以上的运行环境，请安装，或用 JAVA_HOME 指明它在哪里。"


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
            num_partitions_on_repartition=_PARTITIONS // 2,
        )
        return api.register(self.session.read.parquet(str(file)))

    def collect(self, frame: Any, table: str, columns: Sequence[str]) -> None:
        """See Scorer."""
        place = self.folder / f"{table}-spark"
        frame.as_spark_dataframe().select(*columns).write.mode("overwrite").parquet(str(place))
        self.connection.execute(
            f"create or replace table {table} as select * from read_parquet('{place}/*.parquet')"
        )


@contextmanager
def scorer(
    name: str, connection: duckdb.DuckDBPyConnection, folder: Path, memory_gb: float
) -> Iterator[Scorer]:
    """Yield where pairs are scored; a Spark session of our own is ended afterwards.

    `BIHUAN_SPARK_MASTER` (Spark's own address form) names a cluster; without it one of two workers, processes of their
    own that share `memory_gb`, is started on this machine and ended with the session.
    """
    if name == "duckdb":
        yield Duck(connection)
        return
    session = _session(folder, memory_gb)
    try:
        yield Spark(session, connection, folder)
    finally:
        session.stop()


def beside_mb() -> float:
    """Return the most memory that each process begun by this one and still there has used, together, in MB (Linux)."""
    most: dict[int, tuple[int, float]] = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            said = dict(re.findall(r"^(PPid|VmHWM):\s+(\d+)", status.read_text(), re.MULTILINE))
        except OSError:
            continue  # it ended meanwhile
        most[int(status.parent.name)] = (int(said["PPid"]), int(said.get("VmHWM", 0)) / 1024)
    below = {os.getpid()}
    while more := {pid for pid, (parent, _) in most.items() if parent in below} - below:
        below |= more
    return sum(most[pid][1] for pid in below - {os.getpid()})


def _session(folder: Path, memory_gb: float) -> Any:
    try:
        import pyspark  # noqa: PLC0415 - optional
        from pyspark.sql import SparkSession  # noqa: PLC0415 - optional
        from splink.backends.spark import similarity_jar_location  # noqa: PLC0415 - needs pyspark
    except ImportError as wrong:
        raise SparkMissing from wrong
    need_java()
    each_mb = max(int(memory_gb * 1024 / _WORKERS), 1024)
    master = os.environ.get("BIHUAN_SPARK_MASTER") or f"local-cluster[{_WORKERS},1,{each_mb}]"
    settings = _settings(folder, each_mb) | {"spark.jars": similarity_jar_location()}
    if master.startswith("local"):
        settings |= {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
        # Workers of this machine listen on it alone and work below Spark's home, which is to be the run's own folder.
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        os.environ.setdefault("SPARK_HOME", str(_home(folder, Path(pyspark.__file__).parent)))
    builder = SparkSession.builder.master(master).appName("bihuan-linkage")
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    session.sparkContext.setCheckpointDir(str(folder / "checkpoints"))
    return session


def _settings(folder: Path, each_mb: int) -> dict[str, str]:
    """Return what keeps Spark within its memory: many small portions, joined again where they are too small."""
    return {
        "spark.driver.memory": f"{each_mb}m",
        "spark.executor.memory": f"{each_mb}m",
        "spark.sql.shuffle.partitions": str(_PARTITIONS),
        "spark.default.parallelism": str(_PARTITIONS),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(folder / "spark"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.session.timeZone": "UTC",
        # A machine that stands still for a while has lost nobody.
        "spark.network.timeout": "7200s",
        "spark.executor.heartbeatInterval": "60s",
        "spark.worker.timeout": "7200",
    }


def _home(folder: Path, installed: Path) -> Path:
    home = folder / "spark-home"
    home.mkdir(exist_ok=True)
    for one in installed.iterdir():
        if not (home / one.name).exists():
            (home / one.name).symlink_to(one)
    return home


def need_java() -> None:
    """Refuse with JavaMissing unless there is a Java runtime that Spark can use."""
    at_home = Path(os.environ.get("JAVA_HOME", "")) / "bin" / "java"
    java = str(at_home) if os.environ.get("JAVA_HOME") else shutil.which("java")
    try:
        asked = subprocess.run(
            [java or "java", "-version"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as wrong:
        raise JavaMissing from wrong
    version = re.search(r'version "(?:1\.)?(\d+)', asked.stderr)
    if version and int(version[1]) < _OLDEST_JAVA:
        raise JavaMissing(
            f"找到的是 Java {version[1]}，Spark 要用 Java {_OLDEST_JAVA} 以上：请用 JAVA_HOME 指明新的运行环境。"
        )
