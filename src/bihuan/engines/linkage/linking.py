"""A whole table: which records are brought together, trained or scored with a saved model, decided, grouped.

DuckDB keeps the tables; Splink scores the pairs in DuckDB or on a Spark cluster with the same settings and model; what
becomes of a pair is decided in DuckDB either way, so both engines give the same groups.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import duckdb
from splink import Linker
from splink.internals.blocking_rule_creator import BlockingRuleCreator

from bihuan.engines.linkage import clustering, comparisons, deciding
from bihuan.engines.linkage.asking import Engine
from bihuan.engines.linkage.comparisons import Comparison, Kind
from bihuan.engines.linkage.model import Model, block_sql, learned, shipped_model, splink_settings
from bihuan.engines.linkage.records import COLUMNS, LISTS

MOST_SHARED = 200
_PAIRS_EACH = 8
_PAIRS_LEAST = 1_000_000
_SEEN = 0.01
_FEW = 2_000
_TRAINING = (200, 8_000_000)
_KEPT = -6.0
_GUESSED_RECALL = 0.7
_ROUNDS = 4
_MOST_SHIFT = 5.0


class Scorer(Protocol):
    """Where Splink runs: DuckDB or Spark."""

    @property
    def engine(self) -> Engine:
        """Return which dialect of SQL it takes."""

    def register(self, table: str) -> Any:
        """Hand a table of the connection to Splink and return Splink's frame of it."""

    def collect(self, frame: Any, table: str) -> None:
        """Bring a frame of scored pairs back as a table of the connection."""


@dataclass(frozen=True, slots=True)
class Duck:
    """Splink in the same DuckDB."""

    connection: duckdb.DuckDBPyConnection
    engine: Engine = "duckdb"

    def register(self, table: str) -> Any:
        """See Scorer."""
        from splink import DuckDBAPI  # noqa: PLC0415 - Splink loads its backends one by one

        return DuckDBAPI(self.connection).register(table)

    def collect(self, frame: Any, table: str) -> None:
        """See Scorer."""
        self.connection.execute(
            f"create or replace table {table} as select * from {frame.physical_name}"
        )


@dataclass(frozen=True, slots=True)
class Linked:
    """What linking one kind of records gave: tables `decided_<kind>` (l, r, weight, decision) and the model used."""

    kind: Kind
    records: int
    pairs: int
    model: Model


Told = Callable[[str], None]


def _nobody(said: str) -> None:
    """Tell nobody."""


def load(connection: duckdb.DuckDBPyConnection, files: Sequence[str]) -> int:
    """Read the compared form of all records (`tables.SCHEMA`) from Parquet files into `records`; return how many.

    Rows are numbered by record, so the order of the files and rows changes nothing.
    """
    listed = ", ".join(f"'{file}'" for file in files)
    connection.execute(
        f"create or replace table records as select (row_number() over (order by record, source))::integer as uid, * from read_parquet([{listed}])"
    )
    return _count(connection, "records")


def kinds(connection: duckdb.DuckDBPyConnection) -> list[Kind]:
    """Return which kinds of records there are: people and companies, by the script of most of their names."""
    found = []
    for is_company, chinese in ((False, Kind.CHINESE_PERSON), (True, Kind.CHINESE_COMPANY)):
        rows, named, han = connection.execute(
            "select count(*), count(name), count(*) filter (regexp_matches(name, '[\u4e00-\u9fff]')) from records where is_company = ?",
            [is_company],
        ).fetchall()[0]
        if rows:
            other = Kind.COMPANY if is_company else Kind.PERSON
            found.append(chinese if han * 2 > named else other)
    return found


def link(
    scorer: Scorer,
    connection: duckdb.DuckDBPyConnection,
    kind: Kind,
    *,
    model: Model | None = None,
    link_only: bool = False,
    told: Told = _nobody,
) -> Linked:
    """Score and decide all pairs of one kind worth comparing.

    Without `model` the one of the package is used for Chinese customers; for others the table itself is learned from.
    """
    table = f"of_{kind}"
    rows = _select(connection, kind, table)
    known = model or shipped_model(kind)
    # A small table says little about itself, nor which values are rare; what the model knows is asked of any.
    few = known is not None and rows < _FEW
    present = set(COLUMNS) if few else _present(connection, table, rows)
    made = comparisons.comparisons(kind, present)
    rules = _affordable(connection, table, comparisons.blocks(kind, present), rows)
    known = known or train(scorer, connection, kind)
    if few:
        made = [_plain(one) for one in made if one.name in known.chances]
    told(f"{kind}: model")
    settings = splink_settings(made, rules, scorer.engine, known, rows)
    if link_only:
        for rule in settings["blocking_rules_to_generate_predictions"]:
            rule["blocking_rule"] += " and l.source <> r.source"
    linker = _linker(scorer, table, settings)
    scorer.collect(
        linker.inference.predict(threshold_match_weight=_KEPT, warning_mode="never"),
        f"scored_{kind}",
    )
    told(f"{kind}: scored")
    is_known = model is not None or shipped_model(kind) is not None
    pairs = _decide(
        connection,
        kind,
        0.0
        if is_known
        else _prior_mended(connection, kind, known.prior_among(rows) * rows * (rows - 1) / 2),
    )
    told(f"{kind}: decided")
    return Linked(kind, rows, pairs, known)


def _plain(one: Comparison) -> Comparison:
    return replace(one, levels=tuple(replace(level, rare="") for level in one.levels))


def train(scorer: Scorer, connection: duckdb.DuckDBPyConnection, kind: Kind) -> Model:
    """Learn from a table prepared by `link` or `load` how often fields agree within and between customers."""
    table = f"of_{kind}"
    rows = _select(connection, kind, table)
    present = _present(connection, table, rows)
    made = comparisons.comparisons(kind, present)
    linker = _linker(scorer, table, splink_settings(made, [], scorer.engine))
    sure: list[str | BlockingRuleCreator] = [
        block_sql(one) for one in comparisons.sure_blocks(kind, present)
    ]
    if sure:
        linker.training.estimate_probability_two_random_records_match(sure, recall=_GUESSED_RECALL)
    linker.training.estimate_u_using_random_sampling(max_pairs=4e5, seed=1)
    for columns in _trainable(connection, table, comparisons.training_blocks(kind, present)):
        before = linker.misc.save_model_to_json()
        try:
            linker.training.estimate_parameters_using_expectation_maximisation(
                block_sql(columns), max_pairs=5e5, record_sample_proportion=1.0
            )
        except ValueError:
            # An answer that nobody gives within a block ends in a chance of zero, which Splink refuses halfway:
            # go on from before; the other blocks must do.
            linker = _linker(scorer, table, before)
    return learned(kind, made, linker.misc.save_model_to_json(), rows)


def _linker(scorer: Scorer, table: str, settings: dict[str, Any]) -> Linker:
    return Linker(scorer.register(table), settings, log_level=50, validate_settings=False)


def group(connection: duckdb.DuckDBPyConnection, linked: Iterable[Kind], *, reviewed: bool) -> int:
    """Write the table `groups` (uid, leader) of merged pairs, with `reviewed` those for review as well; return how many."""
    accepted = "('MERGE', 'REVIEW')" if reviewed else "('MERGE')"
    parts = [
        f"select l, r, decision, weight from decided_{kind} where decision in {accepted}"
        for kind in linked
    ]
    if not parts:
        return 0
    ids = dict(
        connection.execute(
            "select uid, id_valid from records where id_valid is not null"
        ).fetchall()
    )
    chosen = connection.execute(
        f"select l, r from ({' union all '.join(parts)}) order by decision, weight desc, l, r"
    )
    found = clustering.group(_rows(chosen), ids)
    _write_groups(connection, found.leader)
    return _count(connection, "(select distinct leader from groups)")


def _write_groups(connection: duckdb.DuckDBPyConnection, leader: Mapping[int, int]) -> None:
    import pyarrow as pa  # noqa: PLC0415 - registered by name below

    joined = pa.table(
        {
            "uid": pa.array(leader.keys(), pa.int32()),
            "leader": pa.array(leader.values(), pa.int32()),
        }
    )
    connection.register("joined", joined)
    connection.execute(
        "create or replace table groups as select r.uid, coalesce(j.leader, r.uid) as leader from records r left join joined j using (uid)"
    )
    connection.unregister("joined")


def _rows(result: duckdb.DuckDBPyConnection) -> Iterable[tuple[int, int]]:
    while rows := result.fetchmany(100_000):
        yield from rows


def _select(connection: duckdb.DuckDBPyConnection, kind: Kind, table: str) -> int:
    """Make the table of one kind; numbers that crowds share (an agent's phone) say nothing and are left out."""
    connection.execute(
        f"create or replace table {table} as select * exclude (flaws, unit, verdict) from records where is_company = {kind.is_company}"
    )
    for column in ("phone", "email", "box", "id_typed", "door"):
        connection.execute(
            f"update {table} set {column} = null where {column} in (select {column} from {table} where {column} is not null "
            f"group by 1 having count(*) > {MOST_SHARED})"
        )
    return _count(connection, table)


def _present(connection: duckdb.DuckDBPyConnection, table: str, rows: int) -> set[str]:
    names = [
        one
        for one in COLUMNS
        if one not in {"record", "source", "unit", "is_company", "verdict", *LISTS}
    ]
    asked = ", ".join(f"count({one}), approx_count_distinct({one})" for one in names)
    counts = connection.execute(f"select {asked} from {table}").fetchall()[0]
    filled = {
        name
        for index, name in enumerate(names)
        if counts[2 * index] > rows * _SEEN and counts[2 * index + 1] > 1
    }
    return filled | {"grams"}


def _affordable(
    connection: duckdb.DuckDBPyConnection, table: str, rules: Sequence[tuple[str, ...]], rows: int
) -> list[tuple[str, ...]]:
    """Leave out what would bring crowds together: a rule may give so many pairs for each record."""
    most = _PAIRS_LEAST + rows * _PAIRS_EACH
    return [columns for columns in rules if _pairs_by(connection, table, columns) <= most]


def _trainable(
    connection: duckdb.DuckDBPyConnection, table: str, rules: Sequence[tuple[str, ...]]
) -> list[tuple[str, ...]]:
    least, most = _TRAINING
    return [columns for columns in rules if least <= _pairs_by(connection, table, columns) <= most][
        :3
    ]


def _pairs_by(connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str]) -> int:
    known = " and ".join(f"{one} is not null" for one in columns)
    asked = f"select coalesce(sum(n * (n - 1) / 2), 0)::hugeint from (select count(*) as n from {table} where {known} group by {', '.join(columns)})"
    return int(connection.execute(asked).fetchall()[0][0])


def _prior_mended(connection: duckdb.DuckDBPyConnection, kind: Kind, assumed: float) -> float:
    """Return by how many bits the scores must move so that the model's prior agrees with what it found.

    The prior was guessed from what sure pairs there are; in a poorly filled table most pairs are not sure ones.
    """
    asked = f"select sum(1 / (1 + pow(2, -greatest(least(match_weight + ?, 50), -50)))) from scored_{kind}"
    shift = 0.0
    for _ in range(_ROUNDS):
        found = connection.execute(asked, [shift]).fetchall()[0][0]
        shift = min(max(math.log2(found / assumed), -_MOST_SHIFT), _MOST_SHIFT) if found else 0.0
    return shift


def _decide(connection: duckdb.DuckDBPyConnection, kind: Kind, shift: float) -> int:
    limits = deciding.LIMITS[kind]
    wanted = ("id_valid", "name", "letters", "birth", "phone", "door", "road", "id_typed", "branch")
    sides = ", ".join(f"a.{one} as {one}_l, b.{one} as {one}_r" for one in wanted)
    connection.execute(
        f"""create or replace table decided_{kind} as
        with pairs as (select least(p.uid_l, p.uid_r) as l, greatest(p.uid_l, p.uid_r) as r, p.match_weight + {shift} as weight, {sides}
            from scored_{kind} p join of_{kind} a on a.uid = p.uid_l join of_{kind} b on b.uid = p.uid_r)
        select l, r, weight, case when {deciding.veto_sql(kind)} then 'APART'
            when id_valid_l = id_valid_r or weight >= {limits.merge} then 'MERGE'
            when weight >= {limits.review} then 'REVIEW' else 'APART' end as decision from pairs"""
    )
    return _count(connection, f"decided_{kind}")


def _count(connection: duckdb.DuckDBPyConnection, source: str) -> int:
    return int(connection.execute(f"select count(*) from {source}").fetchall()[0][0])


__all__ = ["Comparison", "Duck", "Linked", "Scorer", "group", "kinds", "link", "load", "train"]
