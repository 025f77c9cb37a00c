"""A trained model: how often each answer is given for one customer (m) and for two (u)."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from bihuan.engines.linkage.asking import Engine
from bihuan.engines.linkage.comparisons import Comparison, Kind

_UNSEEN = 1e-7
_MOST_AGAINST = 2.0**-8


@dataclass(frozen=True, slots=True)
class Chances:
    """Of one answer: how often it is given when the records are of one customer, and when not."""

    m: float
    u: float

    @property
    def weight(self) -> float:
        """Return what the answer says for one customer, in bits; negative speaks against."""
        return math.log2(self.m / self.u)


@dataclass(frozen=True, slots=True)
class Model:
    """What was learned from a table of `rows` records, `prior` the share of pairs of one customer; `chances` by comparison: one for each level and the last for `else`."""

    kind: Kind
    prior: float
    rows: int
    chances: Mapping[str, Sequence[Chances]]

    def as_json(self) -> str:
        """Return the model as text that `read_model` reads."""
        learned = {
            name: [[one.m, one.u] for one in levels] for name, levels in self.chances.items()
        }
        return json.dumps(
            {"kind": self.kind, "prior": self.prior, "rows": self.rows, "chances": learned}
        )

    def prior_among(self, rows: int) -> float:
        """Return how likely two of so many records are one customer: customers have as many records in large tables."""
        return min(self.prior * self.rows / max(rows, 2), 0.5)


def read_model(written: str) -> Model:
    """Read a model."""
    found = json.loads(written)
    chances = {
        name: [Chances(m, u) for m, u in levels] for name, levels in found["chances"].items()
    }
    return Model(Kind(found["kind"]), found["prior"], found["rows"], chances)


@cache
def shipped_model(kind: Kind) -> Model | None:
    """Return the model that comes with the package; only for Chinese customers."""
    file = resources.files("bihuan.engines.linkage") / "data" / f"{kind}.json"
    return read_model(file.read_text("utf-8")) if file.is_file() else None


def splink_settings(
    made: Sequence[Comparison],
    rules: Sequence[tuple[str, ...]],
    engine: Engine,
    model: Model | None = None,
    rows: int = 0,
) -> dict[str, Any]:
    """Return Splink's settings for these comparisons, with what the model knows."""
    settings: dict[str, Any] = {
        "link_type": "dedupe_only",
        "unique_id_column_name": "uid",
        "comparisons": [_comparison(one, engine, model) for one in made],
        "blocking_rules_to_generate_predictions": [_rule(columns, engine) for columns in rules],
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
    }
    if model:
        settings["probability_two_random_records_match"] = model.prior_among(rows or model.rows)
    return settings


def _rule(columns: Sequence[str], engine: Engine) -> dict[str, str]:
    return {"blocking_rule": block_sql(columns), "sql_dialect": engine}


def block_sql(columns: Sequence[str]) -> str:
    """Return the join by which records are brought together."""
    return " and ".join(f"l.{one} = r.{one}" for one in columns)


def _comparison(one: Comparison, engine: Engine, model: Model | None) -> dict[str, Any]:
    unknown = " or ".join(f"{need}_{side} is null" for need in one.needs for side in "lr")
    levels: list[dict[str, Any]] = [
        {"sql_condition": unknown, "label_for_charts": "unknown", "is_null_level": True}
    ]
    for level in one.levels:
        asked: dict[str, Any] = {
            "sql_condition": level.test.sql(engine),
            "label_for_charts": level.said,
        }
        if level.rare:
            asked |= {"tf_adjustment_column": level.rare, "tf_adjustment_weight": 1.0}
        levels.append(asked)
    levels.append({"sql_condition": "ELSE", "label_for_charts": "else"})
    if model and one.name in model.chances:
        for asked, known in zip(levels[1:], model.chances[one.name], strict=True):
            asked |= {"m_probability": known.m, "u_probability": known.u}
    return {"output_column_name": one.name, "comparison_levels": levels}


def learned(kind: Kind, made: Sequence[Comparison], trained: Mapping[str, Any], rows: int) -> Model:
    """Read a model out of Splink's settings, trained on a table of so many rows.

    Mended are three things that mislead: random pairs that hold true ones (a rare agreement then looks common), answers
    that were never seen, and a disagreement that never happened in training but does among people.
    """
    prior = float(trained["probability_two_random_records_match"])
    chances: dict[str, Sequence[Chances]] = {}
    for one, said in zip(made, trained["comparisons"], strict=True):
        levels = [level for level in said["comparison_levels"] if not level.get("is_null_level")]
        m = [_number(level.get("m_probability")) for level in levels]
        u = [_number(level.get("u_probability")) for level in levels]
        together = m if any(m) else _usual(len(levels))
        chances[one.name] = [_mended(*pair, prior) for pair in zip(together, u, strict=True)]
    return Model(kind, prior, rows, chances)


def _number(said: object) -> float:
    return float(said) if isinstance(said, int | float) else 0.0


def _usual(levels: int) -> list[float]:
    """Return what is usual for a field that could not be learned: mostly equal, seldom different."""
    return [0.75, *[0.15 / max(levels - 2, 1)] * (levels - 2), 0.10]


def _mended(together: float, apart: float, prior: float) -> Chances:
    if together < _UNSEEN and apart < _UNSEEN:
        return Chances(_UNSEEN, _UNSEEN)
    true_ones = prior * together
    apart = max(apart - true_ones, apart * 0.05, _UNSEEN)
    return Chances(max(together, apart * _MOST_AGAINST), apart)
