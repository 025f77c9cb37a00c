"""One run of consolidation over files: standardise, link each kind, group, measure against a truth."""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from bihuan.config.linking import engines, files, stages, standardising
from bihuan.engines.linkage import linking, quality, report
from bihuan.engines.linkage.comparisons import Kind
from bihuan.engines.linkage.quality import Quality
from bihuan.engines.linkage.report import Line
from bihuan.kit.problems import Invalid


class TruthUnusable(Invalid):
    """A truth or the groups to compare with do not name records and customers, or other records than the input."""

    message = "真值文件或对照结果要有 record_id 和 customer_id 两列，记录号与输入一致。"


class RecordsUnusable(Invalid):
    """The tables hold no record, or two with one record id."""

    message = "文件里没有记录。"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to consolidate: files, their map and truth, where to run, where to put the groups.

    `compare_with` is the `groups.parquet` of another run over the same records.
    """

    inputs: Sequence[Path]
    map: Path | None = None
    truth: Path | None = None
    engine: str = "duckdb"
    out: Path | None = None
    memory_gb: float = 4.0
    compare_with: Path | None = None
    workers: int = field(default_factory=lambda: os.cpu_count() or 2)


@dataclass(slots=True)
class Outcome:
    """What a run gave; `quality` by kind and of `all`, with review pairs accepted (`f1`) and without (`automatic`).

    `compared` is the same against the groups of another run.
    """

    records: int
    pairs: int
    clusters: int = 0
    automatic_clusters: int = 0
    review: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    peak_mb: float = 0.0
    quality: dict[str, dict[str, Quality]] = field(default_factory=dict)
    compared: dict[str, Quality] = field(default_factory=dict)
    lines: Sequence[Line] = ()


def consolidate(wanted: Wanted, told: Callable[[str], None]) -> Outcome:
    """Run it; nothing outside a temporary folder and `out` is written.

    With `out` the stages of a run that was killed are found there again.
    """
    watch = _Watch(told)
    with (
        stages.folder(wanted.inputs, _map(wanted), wanted.engine, out=wanted.out) as folder,
        closing(_connection(folder, wanted)) as connection,
    ):
        outcome, peak = _run(wanted, connection, folder, watch)
    outcome.seconds = watch.laps
    outcome.peak_mb = max(peak, standardising.peak_mb())
    return outcome


def _run(
    wanted: Wanted, connection: duckdb.DuckDBPyConnection, folder: Path, watch: "_Watch"
) -> tuple[Outcome, float]:
    """Return what the run gave, and the most memory the processes used until the pairs were scored."""
    written = _map(wanted)
    for file in filter(None, (wanted.truth, wanted.compare_with)):
        _known_columns(file, "customer_id")
    ready = standardising.standardise(wanted.inputs, written, folder, wanted.workers)
    peak = standardising.peak_mb() + ready.beside_mb
    watch.lap("standardise")
    records = linking.load(connection, [str(part) for part in ready.parts])
    _check_records(connection, records)
    if wanted.truth:
        _load(connection, "truth", wanted.truth)
    if wanted.compare_with:
        _load(connection, "other_accepted", wanted.compare_with)
        _load(connection, "other_automatic", wanted.compare_with, "automatic_customer_id")
    link_only = standardising.column_map(wanted.inputs[0], written).link_only
    with engines.scorer(wanted.engine, connection, folder, wanted.memory_gb) as scorer:
        kinds = linking.kinds(connection)
        link = partial(linking.link, scorer, connection, link_only=link_only, told=watch.told)
        pairs = [stages.decided(connection, kind, folder, partial(link, kind)) for kind in kinds]
        peak = max(peak, standardising.peak_mb() + engines.beside_mb())
    watch.lap("link")
    outcome = Outcome(records, sum(pairs))
    _group_and_measure(connection, wanted, kinds, outcome)
    watch.lap("group")
    outcome.lines = report.lines(connection)
    if wanted.out:
        _write(connection, kinds, wanted.out)
    watch.lap("report")
    return outcome, peak


def _map(wanted: Wanted) -> bytes | None:
    return wanted.map.read_bytes() if wanted.map else None


def _connection(folder: Path, wanted: Wanted) -> duckdb.DuckDBPyConnection:
    settings: dict[str, Any] = {
        "threads": wanted.workers,
        "memory_limit": f"{wanted.memory_gb:g}GB",
    }
    connection = duckdb.connect(str(folder / "linkage.duckdb"), config=settings)
    connection.execute(f"set temp_directory = '{folder}/spill'")
    connection.execute("set preserve_insertion_order = false")
    return connection


def _group_and_measure(
    connection: duckdb.DuckDBPyConnection, wanted: Wanted, kinds: Sequence[Kind], outcome: Outcome
) -> None:
    outcome.automatic_clusters = linking.group(connection, kinds, reviewed=False)
    _measure(connection, wanted, kinds, outcome, "automatic")
    connection.execute("create or replace table automatic as select * from groups")
    outcome.clusters = linking.group(connection, kinds, reviewed=True)
    _measure(connection, wanted, kinds, outcome, "accepted")
    for kind in kinds:
        counted = f"select count(*) from decided_{kind} where decision = 'REVIEW'"
        outcome.review += int(connection.execute(counted).fetchall()[0][0])


def _measure(
    connection: duckdb.DuckDBPyConnection,
    wanted: Wanted,
    kinds: Sequence[Kind],
    outcome: Outcome,
    name: str,
) -> None:
    if wanted.compare_with:
        outcome.compared[name] = quality.measure(connection, truth=f"other_{name}")
    if not wanted.truth:
        return
    found = {"all": quality.measure(connection)}
    for kind in kinds if len(kinds) > 1 else ():
        found["company" if kind.is_company else "person"] = quality.measure(
            connection, where=f"r.is_company = {kind.is_company}"
        )
    outcome.quality[name] = found


def _load(
    connection: duckdb.DuckDBPyConnection, name: str, file: Path, customer: str = "customer_id"
) -> None:
    """Read which customer each record belongs to into a table, or refuse with TruthUnusable."""
    _known_columns(file, customer)
    connection.execute(f"create table {name} (record varchar, customer varchar)")
    for table in files.portions(file):
        connection.register("portion", table)
        connection.execute(f"insert into {name} select record_id, {customer} from portion")
        connection.unregister("portion")
    known, twice = connection.execute(
        f"select (select count(*) from {name} join records using (record)), "
        f"(select min(record) from (select record from {name} group by 1 having count(*) > 1))"
    ).fetchall()[0]
    if twice is not None:
        raise TruthUnusable(f"{file.name} 里的记录号“{twice}”出现了不止一次。")
    if not known:
        theirs, ours = connection.execute(
            f"select (select min(record) from {name}), (select min(record) from records)"
        ).fetchall()[0]
        raise TruthUnusable(
            f"{file.name} 里的记录号在输入里一个也没有：这里写的像“{theirs or ''}”，输入里的像“{ours}”。"
        )


def _known_columns(file: Path, customer: str) -> None:
    found = files.headings(file)
    if lacking := [one for one in ("record_id", customer) if one not in found]:
        raise TruthUnusable(
            f"{file.name} 缺少列 {'、'.join(lacking)}，现有的列：{'、'.join(found)}。"
        )


def _check_records(connection: duckdb.DuckDBPyConnection, records: int) -> None:
    """Refuse what has no record, and records that cannot be told apart, with RecordsUnusable."""
    if not records:
        raise RecordsUnusable
    twice = connection.execute(
        "select record, count(*) over () from records group by record having count(*) > 1 order by record limit 1"
    ).fetchall()
    if twice:
        said, count = twice[0]
        raise RecordsUnusable(
            f"记录号“{said}”不止一条记录在用（重复的记录号共 {count} 个），每条记录要有自己的记录号。"
        )


def _write(connection: duckdb.DuckDBPyConnection, kinds: Sequence[Kind], out: Path) -> None:
    """Write `groups.parquet` (automatic and accepted) and `review.parquet` (pairs for a person, with their score)."""
    out.mkdir(parents=True, exist_ok=True)
    connection.execute(
        f"""copy (select r.record as record_id, l.record as customer_id, a.record as automatic_customer_id from records r
        join groups g using (uid) join records l on l.uid = g.leader join automatic m on m.uid = r.uid join records a on a.uid = m.leader
        order by r.uid) to '{out}/groups.parquet' (format parquet)"""
    )
    parts = " union all ".join(f"select * from decided_{kind}" for kind in kinds)
    connection.execute(
        f"""copy (select a.record as left_record_id, b.record as right_record_id, round(d.weight, 2) as score from ({parts}) d
        join records a on a.uid = d.l join records b on b.uid = d.r where decision = 'REVIEW' order by score desc, l, r)
        to '{out}/review.parquet' (format parquet)"""
    )


class _Watch:
    """Seconds of each part."""

    def __init__(self, told: Callable[[str], None]) -> None:
        self.laps: dict[str, float] = {}
        self.told = told
        self._since = time.monotonic()

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.laps[name] = round(now - self._since, 1)
        self._since = now
        self.told(f"{name}: {self.laps[name]} s")
