"""From what is known to points, and from points to a score: exact, so that no machine rounds differently.

Between two points of a line four decimals are kept and the rest dropped; nothing else is ever rounded.
"""

import re
from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Final

from bihuan.engines.tiers.scheme import Figure, Leaf, Scale

KEPT: Final = 10_000
_DIGITS: Final = 120
# As `customers_number` of the database reads a text.
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,6})?")
Known = Decimal | str | None


def score(figure: Figure, known: Mapping[str, Known]) -> Decimal:
    """Return a customer's figure: the weighted sum of the points of what is known of them."""
    with localcontext() as exact:
        exact.prec = _DIGITS
        return sum(
            (leaf.weight * points(leaf, known.get(leaf.reads)) for leaf in figure.leaves),
            Decimal(0),
        )


def points(leaf: Leaf, value: Known) -> Decimal:
    """Return the points of one indicator. A number that is none counts as not known."""
    scale = leaf.scale
    if scale.kind == "words":
        word = str(value or "").strip(" ")
        return scale.words.get(word, scale.otherwise) if word else scale.missing
    number = number_of(value)
    if number is None:
        return scale.missing
    if scale.kind == "raw":
        return number
    return _linear(scale, number) if scale.kind == "linear" else _stepped(scale, number)


def _stepped(scale: Scale, number: Decimal) -> Decimal:
    reached = [worth for least, worth in scale.at if number >= least]
    return reached[-1] if reached else scale.otherwise


def _linear(scale: Scale, number: Decimal) -> Decimal:
    """Return the points on a line through the scale's points, flat beyond its ends."""
    (first, lowest), (last, highest) = scale.at[0], scale.at[-1]
    if number <= first:
        return lowest
    if number >= last:
        return highest
    pairs = zip(scale.at, scale.at[1:], strict=False)
    (low, at_low), (high, at_high) = next(p for p in pairs if p[0][0] <= number < p[1][0])
    with localcontext() as exact:
        exact.prec = _DIGITS
        return at_low + ((number - low) * (at_high - at_low) * KEPT // (high - low)) / KEPT


def number_of(value: Known) -> Decimal | None:
    """Return a reading as a number; None where it is none."""
    if value is None or isinstance(value, Decimal):
        return value
    bare = value.replace(",", "").strip(" ")
    return Decimal(bare) if _NUMBER.fullmatch(bare) else None
