"""The written rule of `engines.tiers`, run by the database over all customers at once, to the last digit the same."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import accumulate
from typing import Final

from bihuan.domain.customers.ports import MONEY, NUMBER
from bihuan.domain.customers.queries.readings import Statement, wanted
from bihuan.engines.tiers import Band, Figure, Leaf, Scale, Scheme, cuts

_KEPT: Final = 10_000
_PLACES: Final = {
    "up": "rank",
    "down": "rank + same - 1",
    "middle": "rank + (same - 1) / 2",
    "order": "nth",
}


def figures_statement(scheme: Scheme, made: Statement) -> str:
    """Return a select of (customer_id, score, other, t0…, known) for the customers a scheme applies to.

    Parameters beside those of `made`: `units`, `kinds`, `at`, `day`, `zone`.
    """
    readings = wanted(scheme.readings)
    values = []
    for n, reading in enumerate(readings):
        is_number = reading.type in {NUMBER, MONEY}
        cast = "numeric" if is_number else "text"
        values.append(f"({made.value(reading)})::{cast} as v{n}")
    numbers = [reading.type in {NUMBER, MONEY} for reading in readings]
    at = {name: n for n, name in enumerate(scheme.readings)}
    scores = [_score(figure, at, numbers, made) for figure in scheme.figures]
    then = [f", v{at[name]} as t{n}" for n, name in enumerate(scheme.then)]
    known = ", ".join(f"v{n}" for n in range(len(readings)))
    return f"""
    select customer_id, ({scores[0]})::numeric as score, ({scores[1] if len(scores) > 1 else "null"})::numeric as other
        {"".join(then)}, jsonb_build_array({known}) as known
    from (select c.id as customer_id, {", ".join(values)}
        from customers_customer c {" ".join(made.joins)}
        where c.merged_into_id is null and c.state = 'CUSTOMER' and c.unit_id = any(%(units)s)
            and c.kind = any(%(kinds)s)) v
    """  # noqa: S608 -- our own parts; values are parameters


def placing_statement(scheme: Scheme, count: int, total: Decimal, made: Statement) -> str:
    """Return a select of (customer_id, tier, score, other, rank, same, place, ahead, known) from `rating_figures`."""
    if scheme.kind in {"threshold", "grid"}:
        return _banded(scheme, made)
    then = "".join(f", t{n} desc nulls last" for n in range(len(scheme.then)))
    nth = f"row_number() over (order by score desc{then}, customer_id)"
    inner = f"""
    select customer_id, score, known, rank() over (order by score desc) as rank,
        count(*) over (partition by score) as same, {nth} as nth,
        sum(greatest(score, 0)) over (order by score desc) as upto
    from rating_figures
    """  # noqa: S608 -- our own parts
    pyramid = scheme.kind == "pyramid"
    ahead = "upto - greatest(score, 0) * same" if pyramid else "null::numeric"
    place = "rank" if pyramid else _PLACES[scheme.ties]
    tier = _by_money(scheme, total, made) if pyramid else _by_place(scheme, count, made)
    return f"""
    select customer_id, {tier} as tier, score, null::numeric as other, rank, same, place, ahead, known
    from (select i.*, {place} as place, {ahead} as ahead from ({inner}) i) q
    """  # noqa: S608 -- our own parts


def _banded(scheme: Scheme, made: Statement) -> str:
    if scheme.kind == "threshold":
        tier = _band([Band(t.code, t.least) for t in scheme.tiers], "score", made)
    else:
        first, second = (
            _band(figure.bands, name, made)
            for figure, name in zip(scheme.figures, ("score", "other"), strict=True)
        )
        tier = f"case when {first} <> '' and {second} <> '' then {first} || {second} else '' end"
    return f"""
    select customer_id, {tier} as tier, score, other, 0 as rank, 0 as same, 0 as place, null::numeric as ahead, known
    from rating_figures
    """  # noqa: S608 -- our own parts


def _band(bands: Sequence[Band], name: str, made: Statement) -> str:
    whens = [
        f"when {'true' if b.least is None else f'{name} >= {made.bind(b.least)}'} then {made.bind(b.code)}::text"
        for b in bands
    ]
    return f"(case {' '.join(whens)} else '' end)"


def _by_place(scheme: Scheme, count: int, made: Statement) -> str:
    ends = cuts(count, [tier.share for tier in scheme.tiers])
    whens = [
        f"when place <= {made.bind(end)} then {made.bind(tier.code)}::text"
        for tier, end in zip(scheme.tiers, ends, strict=True)
    ]
    return f"case {' '.join(whens)} end"


def _by_money(scheme: Scheme, total: Decimal, made: Statement) -> str:
    upto = accumulate(tier.share for tier in scheme.tiers)
    whens = [
        f"when score > 0 and ahead * 100 < {made.bind(total * share)} then {made.bind(tier.code)}::text"
        for tier, share in zip(scheme.tiers, upto, strict=True)
    ]
    return f"case {' '.join(whens)} else {made.bind(scheme.tiers[-1].code)}::text end"


def _score(figure: Figure, at: dict[str, int], numbers: Sequence[bool], made: Statement) -> str:
    terms = [
        f"{made.bind(leaf.weight)}::numeric * {_points(leaf, at[leaf.reads], numbers, made)}"
        for leaf in figure.leaves
    ]
    return " + ".join(terms)


def _points(leaf: Leaf, n: int, numbers: Sequence[bool], made: Statement) -> str:
    scale, value = leaf.scale, f"v{n}"
    missing = f"{made.bind(scale.missing)}::numeric"
    if scale.kind == "words":
        text = f"btrim({value}::text)" if not numbers[n] else f"{value}::text"
        whens = [
            f"when {text} = {made.bind(word)} then {made.bind(worth)}::numeric"
            for word, worth in scale.words.items()
        ]
        nothing = f"when coalesce({text}, '') = '' then {missing}"
        return f"(case {nothing} {' '.join(whens)} else {made.bind(scale.otherwise)}::numeric end)"
    if scale.kind == "raw":
        return f"coalesce({value}, {missing})"
    whens = _linear(scale, value, made) if scale.kind == "linear" else _stepped(scale, value, made)
    return f"(case when {value} is null then {missing} {' '.join(whens)} end)"


def _stepped(scale: Scale, value: str, made: Statement) -> list[str]:
    whens = [
        f"when {value} >= {made.bind(least)} then {made.bind(worth)}::numeric"
        for least, worth in reversed(scale.at)
    ]
    return [*whens, f"else {made.bind(scale.otherwise)}::numeric"]


def _linear(scale: Scale, value: str, made: Statement) -> list[str]:
    """The points on a line; div() leaves a whole number, so four decimals are kept exactly."""
    (first, lowest), (last, highest) = scale.at[0], scale.at[-1]
    whens = [
        f"when {value} <= {made.bind(first)} then {made.bind(lowest)}::numeric",
        f"when {value} >= {made.bind(last)} then {made.bind(highest)}::numeric",
    ]
    for (low, at_low), (high, at_high) in zip(scale.at, scale.at[1:], strict=False):
        risen = made.bind((at_high - at_low) * _KEPT)
        whens.append(
            f"when {value} < {made.bind(high)} then {made.bind(at_low)}::numeric"
            f" + div(({value} - {made.bind(low)}) * {risen}, {made.bind(high - low)}) / {_KEPT}"
        )
    return whens
