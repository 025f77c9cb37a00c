"""One pair at a time: how likely two records are one customer, and why, in words and numbers.

The same comparisons, model and rules as for whole tables, so a new record is judged on arrival as consolidation would.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache

from bihuan.engines.linkage import deciding
from bihuan.engines.linkage.asking import Values
from bihuan.engines.linkage.comparisons import Comparison, Kind, comparisons
from bihuan.engines.linkage.deciding import Decision
from bihuan.engines.linkage.model import Chances, Model, shipped_model
from bihuan.engines.linkage.records import COLUMNS, Record
from bihuan.engines.linkage.standard import text

Frequencies = Mapping[str, Mapping[str, float]]
"""How common a value is, by column (`name`, `phone`): its share of all records. Rare values speak louder."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one field says: `said` for a reviewer, `weight` in bits (positive: one customer), and both values."""

    field: str
    label: str
    said: str
    weight: float
    left: str = ""
    right: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What becomes of a pair: `score` in bits, `probability`, the decision, whether a veto made it, and why."""

    decision: Decision
    score: float
    probability: float
    vetoed: bool
    evidence: Sequence[Evidence]


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate that may be the same customer."""

    record: str
    judgement: Judgement


def kind_of(record: Record) -> Kind:
    """Return how a record is compared, by what it is and the script of its name."""
    chinese = record.name is None or text.has_han(record.name)
    if record.is_company:
        return Kind.CHINESE_COMPANY if chinese else Kind.COMPANY
    return Kind.CHINESE_PERSON if chinese else Kind.PERSON


def judge(
    left: Record,
    right: Record,
    *,
    among: int,
    model: Model | None = None,
    frequencies: Frequencies | None = None,
) -> Judgement:
    """Judge one pair of records of one kind, out of a table of `among` records.

    Without `model` the one of the package is used; only Chinese customers have one, others must bring theirs.
    """
    kind = kind_of(left)
    one, other = as_values(left), as_values(right)
    found = judge_values(kind, one, other, among=among, model=model, frequencies=frequencies)
    if left.is_company == right.is_company:
        return found
    return replace(found, decision=Decision.APART, vetoed=True)


def judge_values(
    kind: Kind,
    one: Values,
    other: Values,
    *,
    among: int,
    model: Model | None = None,
    frequencies: Frequencies | None = None,
) -> Judgement:
    """Judge two records of a kind that are known as columns; see `judge`."""
    known = model or shipped_model(kind)
    if known is None:
        raise ValueError("no model for this kind of records: train one")
    evidence = list(_evidence(kind, known, one, other, frequencies or {}))
    prior = known.prior_among(among)
    score = math.log2(prior / (1 - prior)) + sum(part.weight for part in evidence)
    vetoed = deciding.is_vetoed(kind, one, other)
    decision = Decision.APART if vetoed else deciding.decide(kind, one, other, score)
    return Judgement(
        decision, score, 1 / (1 + 2.0**-score) if score > -60 else 0.0, vetoed, evidence
    )


def matches(
    record: Record,
    candidates: Iterable[Record],
    *,
    among: int,
    frequencies: Frequencies | None = None,
) -> list[Match]:
    """Return the candidates a new record may be, merged ones first and the likeliest first; those apart are left out."""
    judged = [
        Match(one.record, judge(record, one, among=among, frequencies=frequencies))
        for one in candidates
    ]
    kept = [one for one in judged if one.judgement.decision is not Decision.APART]
    return sorted(kept, key=lambda one: (one.judgement.decision, -one.judgement.score, one.record))


def block_keys(record: Record, blocks: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    """Return (block, key) of a record for each block it is known for, to look candidates up by in an index."""
    values = as_values(record)
    found = []
    for columns in blocks:
        parts = [values.get(column) for column in columns]
        if all(isinstance(part, str) and part for part in parts):
            found.append((",".join(columns), "\x1f".join(str(part) for part in parts)))
    return found


def as_values(record: Record) -> Values:
    """Return a record as columns."""
    return {one.name: getattr(record, one.name) for one in fields(record)}


@cache
def _all_comparisons(kind: Kind) -> Sequence[Comparison]:
    return tuple(comparisons(kind, COLUMNS))


def _evidence(
    kind: Kind, model: Model, one: Values, other: Values, frequencies: Frequencies
) -> Iterable[Evidence]:
    for asked in _all_comparisons(kind):
        chances = model.chances.get(asked.name)
        if not chances or any(
            one.get(need) is None or other.get(need) is None for need in asked.needs
        ):
            continue
        index, said = _answer(asked, one, other)
        rare = asked.levels[index].rare if index < len(asked.levels) else ""
        weight = chances[index].weight + (
            _rarity(rare, one, other, chances[index], frequencies) if rare else 0.0
        )
        yield Evidence(
            asked.name,
            asked.label,
            said,
            round(weight, 2),
            _shown(one, asked),
            _shown(other, asked),
        )


def _answer(asked: Comparison, one: Values, other: Values) -> tuple[int, str]:
    for index, level in enumerate(asked.levels):
        if level.test.holds(one, other):
            return index, level.said
    return len(asked.levels), f"{asked.label}不同"


def _rarity(
    column: str, one: Values, other: Values, chances: Chances, frequencies: Frequencies
) -> float:
    known = frequencies.get(column, {})
    shares = [known.get(str(side.get(column))) for side in (one, other)]
    commonest = max((share for share in shares if share), default=None)
    return math.log2(chances.u / commonest) if commonest else 0.0


def _shown(values: Values, asked: Comparison) -> str:
    return str(values.get(asked.needs[0]) or "")
