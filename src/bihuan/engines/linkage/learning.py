"""What a table teaches about itself: how often answers agree by chance, and what they weigh among the pairs compared."""

from collections.abc import Sequence

import duckdb
import numpy as np
from splink import Linker

from bihuan.engines.linkage import coincidences
from bihuan.engines.linkage.comparisons import Comparison, Kind
from bihuan.engines.linkage.model import Chances, Model, learned

_SAMPLE = 4e5
_RARE = (-6.0, 4.0)


def by_chance(linker: Linker, kind: Kind, made: Sequence[Comparison], rows: int) -> Model:
    """Return how often answers are given by two records at random; Splink counts, what is usual of customers is assumed."""
    linker.training.estimate_u_using_random_sampling(max_pairs=_SAMPLE, seed=1)
    return learned(kind, made, linker.misc.save_model_to_json(), rows)


def columns(made: Sequence[Comparison]) -> list[str]:
    """Return what is needed of Splink's scored pairs."""
    rare = [f"mw_tf_adj_{one.name}" for one in made if _has_rare(one)]
    return ["uid_l", "uid_r", *(f"gamma_{one.name}" for one in made), *rare]


def weigh(connection: duckdb.DuckDBPyConnection, made: Sequence[Comparison], model: Model) -> Model:
    """Learn from all compared pairs and write their weight, `match_weight`, into the table of scored pairs.

    Rare values weigh more and common ones less than what agrees in that field usually does.
    """
    table = f"scored_{model.kind}"
    answers = ", ".join(f"gamma_{one.name}" for one in made)
    patterns = np.array(
        connection.execute(
            f"select {answers}, count(*) from {table} group by all order by all"
        ).fetchall(),
        dtype=np.int64,
    ).reshape(-1, len(made) + 1)
    fields = [
        coincidences.Field(one.name, [chances.u for chances in model.chances[one.name]])
        for one in made
    ]
    sizes = np.array([len(field.by_chance) for field in fields])
    # Splink numbers answers from the worst, 0, up.
    turned = np.where(patterns[:, :-1] < 0, -1, sizes - 1 - patterns[:, :-1])
    pairs = max(model.rows * (model.rows - 1) / 2, 1.0)
    found = coincidences.learn(fields, turned, patterns[:, -1].astype(float), possible=pairs)
    _write(connection, table, made, (patterns[:, :-1], found.weights))
    together = {
        one.name: [
            Chances(max(float(m), old.u * 2.0**-8), old.u)
            for m, old in zip(ms, model.chances[one.name], strict=True)
        ]
        for one, ms in zip(made, found.together, strict=True)
    }
    return Model(model.kind, max(found.found, 1.0) / pairs, model.rows, together)


def _write(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    made: Sequence[Comparison],
    weighed: tuple[np.ndarray, np.ndarray],
) -> None:
    import pyarrow as pa  # noqa: PLC0415 - registered by name below

    answers, bits = weighed
    names = [f"gamma_{one.name}" for one in made]
    known = pa.table([*(pa.array(one) for one in answers.T), pa.array(bits)], [*names, "bits"])
    connection.register("weighed", known)
    connection.execute(
        f"create or replace table {table}_weighed as select p.*, w.bits from {table} p join weighed w using ({', '.join(names)})"
    )
    connection.unregister("weighed")
    rare = [one.name for one in made if _has_rare(one)]
    least, most = _RARE
    parts = ["bits"]
    for name in rare:
        column = f"mw_tf_adj_{name}"
        usual = connection.execute(
            f"select sum({column} / (1 + pow(2, -least(bits, 50)))) / sum(1 / (1 + pow(2, -least(bits, 50)))) "
            f"from {table}_weighed where {column} <> 0 and bits > -20"
        ).fetchall()[0][0]
        if usual is not None:
            parts.append(
                f"case when {column} <> 0 then greatest(least({column} - {usual}, {most}), {least}) else 0 end"
            )
    connection.execute(
        f"create or replace table {table} as select uid_l, uid_r, {' + '.join(parts)} as match_weight from {table}_weighed"
    )
    connection.execute(f"drop table {table}_weighed")


def _has_rare(one: Comparison) -> bool:
    return any(level.rare for level in one.levels)
