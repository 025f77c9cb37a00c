"""From figures to tiers, as the written rule says; also in words in `docs/reference/tiers.md`.

Quota: customers stand in order of their figure. After tier k stands the first N × (share 1 + … + share k) / 100 of
them, a half counting as one. Customers of one figure share a place: `up` the best of theirs, `down` the last,
`middle` the one in the middle (of two the better). Under `order` nobody shares: the readings of `then` part them,
at last the older file comes first, and every tier has exactly its number.

Pyramid: those who stand ahead of a customer bring so much of the sum; while that is less than the shares of the tiers
so far, the customer belongs to them. Who brings nothing belongs to the last tier.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate, groupby

from bihuan.engines.tiers.scheme import Band, Scheme
from bihuan.engines.tiers.scoring import Known, number_of, score


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a customer stands. `rank` is the best place of their equals, `place` the one that counts.

    `ahead` is what those with a higher figure bring together; `tier` is empty for none.
    """

    tier: str
    score: Decimal
    other: Decimal | None = None
    rank: int = 0
    same: int = 0
    place: int = 0
    ahead: Decimal | None = None


def cuts(count: int, shares: Sequence[int]) -> tuple[int, ...]:
    """Return the last place of each tier among `count` customers; shares are per cent, 100 in all."""
    return tuple((2 * count * upto + 100) // 200 for upto in accumulate(shares))


def placed_at(ties: str, rank: int, same: int, nth: int) -> int:
    """Return the place that counts for one of `same` equals, the best of whom stands at `rank`."""
    places = {
        "up": rank,
        "down": rank + same - 1,
        "middle": rank + (same - 1) // 2,
        "order": nth,
    }
    return places[ties]


def rate(scheme: Scheme, customers: Iterable[tuple[int, Mapping[str, Known]]]) -> dict[int, Placed]:
    """Rate customers, given by id with what is known of them; the lower id is the older file."""
    known = {
        one: (tuple(score(figure, values) for figure in scheme.figures), values)
        for one, values in customers
    }
    if scheme.kind in {"threshold", "grid"}:
        return {one: _banded(scheme, figures) for one, (figures, _values) in known.items()}
    ordered = sorted(known, key=lambda one: (-known[one][0][0], *_then(scheme, known[one][1]), one))
    return _ranked(scheme, [(one, known[one][0][0]) for one in ordered])


def _then(scheme: Scheme, values: Mapping[str, Known]) -> list[tuple[bool, Decimal]]:
    if scheme.ties != "order":
        return []
    numbers = [number_of(values.get(name)) for name in scheme.then]
    return [(one is None, -(one or Decimal(0))) for one in numbers]


def _banded(scheme: Scheme, figures: Sequence[Decimal]) -> Placed:
    if scheme.kind == "threshold":
        code = _band([Band(tier.code, tier.least) for tier in scheme.tiers], figures[0])
        return Placed(code, figures[0])
    codes = [_band(f.bands, value) for f, value in zip(scheme.figures, figures, strict=True)]
    return Placed("".join(codes) if all(codes) else "", figures[0], figures[1])


def _band(bands: Sequence[Band], value: Decimal) -> str:
    return next((one.code for one in bands if one.least is None or value >= one.least), "")


def _ranked(scheme: Scheme, ordered: Sequence[tuple[int, Decimal]]) -> dict[int, Placed]:
    total = sum((max(value, Decimal(0)) for _one, value in ordered), Decimal(0))
    ends = cuts(len(ordered), [tier.share for tier in scheme.tiers])
    found: dict[int, Placed] = {}
    ahead, rank = Decimal(0), 1
    for value, group in groupby(ordered, key=lambda pair: pair[1]):
        equals = [one for one, _value in group]
        for nth, one in enumerate(equals, rank):
            place = placed_at(scheme.ties, rank, len(equals), nth)
            if scheme.kind == "pyramid":
                tier = _by_money(scheme, value, ahead, total)
                found[one] = Placed(tier, value, None, rank, len(equals), rank, ahead)
            else:
                tier = next(
                    t.code for t, end in zip(scheme.tiers, ends, strict=True) if place <= end
                )
                found[one] = Placed(tier, value, None, rank, len(equals), place)
        rank += len(equals)
        ahead += max(value, Decimal(0)) * len(equals)
    return found


def _by_money(scheme: Scheme, value: Decimal, ahead: Decimal, total: Decimal) -> str:
    upto = accumulate(tier.share for tier in scheme.tiers)
    if value > 0:
        for tier, share in zip(scheme.tiers, upto, strict=True):
            if ahead * 100 < total * share:
                return tier.code
    return scheme.tiers[-1].code
