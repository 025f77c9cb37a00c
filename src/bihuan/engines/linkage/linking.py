"""A whole table: which records are brought together, trained or scored with a saved model, decided, grouped.

DuckDB keeps the tables; Splink scores the pairs in DuckDB or on a Spark cluster with the same settings and model; what
becomes of a pair is decided in DuckDB either way, so both engines give the same groups.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import duckdb
from splink import Linker

from bihuan.engines.linkage import clustering, comparisons, deciding, learning
from bihuan.engines.linkage.asking import Engine
from bihuan.engines.linkage.comparisons import Comparison, Kind
from bihuan.engines.linkage.model import Model, shipped_model, splink_settings
from bihuan.engines.linkage.records import COLUMNS, LISTS

MOST_SHARED = 200
_PAIRS_EACH = 8
_PAIRS_LEAST = 1_000_000
_SEEN = 0.01
_FEW = 2_000
_KEPT = -6.0
_ANSWERS_KEPT = ("retain_matching_columns", "retain_intermediate_calculation_columns")


class Scorer(Protocol):
    """Where Splink runs: DuckDB or Spark."""

    @property
    def engine(self) -> Engine:
        """Return which dialect of SQL it takes."""

    def register(self, table: str) -> Any:
        """Hand a table of the connection to Splink and return Splink's frame of it."""

    def collect(self, frame: Any, table: str, columns: Sequence[str]) -> None:
        """Bring these columns of a frame of scored pairs back as a table of the connection."""


@dataclass(frozen=True, slots=True)
class Duck:
    """Splink in the same DuckDB."""

    connection: duckdb.DuckDBPyConnection
    engine: Engine = "duckdb"

    def register(self, table: str) -> Any:
        """See Scorer."""
        from splink import DuckDBAPI  # noqa: PLC0415 - Splink loads its backends one by one

        return DuckDBAPI(self.connection).register(table)

    def collect(self, frame: Any, table: str, columns: Sequence[str]) -> None:
        """See Scorer."""
        self.connection.execute(
            f"create or replace table {table} as select {', '.join(columns)} from {frame.physical_name}"
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
    if known is None:
        used = learning.by_chance(
            _linker(scorer, table, splink_settings(made, [], scorer.engine)), kind, made, rows
        )
    else:
        made = [_plain(one) for one in made if one.name in known.chances] if few else made
        used = known
    told(f"{kind}: model")
    settings = splink_settings(made, rules, scorer.engine, used, rows)
    settings |= dict.fromkeys(_ANSWERS_KEPT, known is None)
    if link_only:
        for rule in settings["blocking_rules_to_generate_predictions"]:
            rule["blocking_rule"] += " and l.source <> r.source"
    linker = _linker(scorer, table, settings)
    frame = linker.inference.predict(
        threshold_match_weight=_KEPT if known else None, warning_mode="never"
    )
    if known:
        scorer.collect(frame, f"scored_{kind}", ["uid_l", "uid_r", "match_weight"])
    else:
        scorer.collect(frame, f"scored_{kind}", learning.columns(made))
        used = learning.weigh(connection, made, used)
    told(f"{kind}: scored")
    pairs = _decide(connection, kind)
    told(f"{kind}: decided")
    return Linked(kind, rows, pairs, used)


def _plain(one: Comparison) -> Comparison:
    return replace(one, levels=tuple(replace(level, rare="") for level in one.levels))


def _linker(scorer: Scorer, table: str, settings: dict[str, Any]) -> Linker:
    return Linker(scorer.register(table), settings, log_level=50, validate_settings=False)


def group(connection: duckdb.DuckDBPyConnection, linked: Iterable[Kind], *, reviewed: bool) -> int:
    """Write the table `groups` (uid, leader) of merged pairs, with `reviewed` those for review as well; return how many.

    What was learned from the table itself joins two groups only when all that was compared between them agrees.
    """
    kinds = list(linked)
    if not kinds:
        return 0
    accepted = "('MERGE', 'REVIEW')" if reviewed else "('MERGE')"
    ids = dict(
        connection.execute(
            "select uid, id_valid from records where id_valid is not null"
        ).fetchall()
    )
    known = [kind for kind in kinds if shipped_model(kind)]
    leader: dict[int, int] = {}
    if parts := [f"select * from decided_{kind} where decision in {accepted}" for kind in known]:
        chosen = connection.execute(
            f"select l, r from ({' union all '.join(parts)}) order by decision, weight desc, l, r"
        )
        leader.update(clustering.group(_rows(chosen), ids).leader)
    for kind in set(kinds) - set(known):
        asked = f"select l, r, case when decision = 'APART' then least(weight, 0) else weight end, decision in {accepted}"
        judged = connection.execute(
            f"{asked} from decided_{kind} order by decision, weight desc, l, r"
        )
        leader.update(clustering.group_agreeing(judged.fetchall(), ids).leader)
    _write_groups(connection, leader)
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


def _pairs_by(connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str]) -> int:
    known = " and ".join(f"{one} is not null" for one in columns)
    asked = f"select coalesce(sum(n * (n - 1) / 2), 0)::hugeint from (select count(*) as n from {table} where {known} group by {', '.join(columns)})"
    return int(connection.execute(asked).fetchall()[0][0])


def _decide(connection: duckdb.DuckDBPyConnection, kind: Kind) -> int:
    limits = deciding.LIMITS[kind]
    wanted = ("id_valid", "name", "letters", "birth", "phone", "door", "road", "id_typed", "branch")
    sides = ", ".join(f"a.{one} as {one}_l, b.{one} as {one}_r" for one in wanted)
    connection.execute(
        f"""create or replace table decided_{kind} as
        with pairs as (select least(p.uid_l, p.uid_r) as l, greatest(p.uid_l, p.uid_r) as r, p.match_weight as weight, {sides}
            from scored_{kind} p join of_{kind} a on a.uid = p.uid_l join of_{kind} b on b.uid = p.uid_r where p.match_weight >= {_KEPT})
        select l, r, weight, case when {deciding.veto_sql(kind)} then 'APART'
            when id_valid_l = id_valid_r or weight >= {limits.merge} then 'MERGE'
            when weight >= {limits.review} then 'REVIEW' else 'APART' end as decision from pairs"""
    )
    return _count(connection, f"decided_{kind}")


def _count(connection: duckdb.DuckDBPyConnection, source: str) -> int:
    return int(connection.execute(f"select count(*) from {source}").fetchall()[0][0])


__all__ = ["Comparison", "Duck", "Linked", "Scorer", "group", "kinds", "link", "load"]
