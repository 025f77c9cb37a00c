"""A text as pairs of characters, and how rare each pair is.

Chinese is compared by pairs of neighbouring characters: names of places and firms, which tell most, are
in no dictionary, and a wrong character costs two pairs instead of a word.
"""

import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import log1p
from operator import add
from types import MappingProxyType

LONGEST_BODY = 400
TITLE_GRAMS = 40
BODY_GRAMS = 32
PROBE_GRAMS = 24
BEYOND = 5
# A pair in fewer texts than this share tells hardly more than one in none: what few or other texts say about
# how rare it is must not move a score (decision 0375).
RARE = 0.003
# Shares among fewer texts than about so many are believed in part.
PRIOR_TEXTS = 200.0
_SIGNS = re.compile(r"[\W_]+")

Gram = int


@dataclass(frozen=True, slots=True)
class Rarity:
    """How many of the known texts a pair occurs in: `shares` of the common ones, `floor` for all others."""

    shares: Mapping[Gram, float] = field(default_factory=lambda: MappingProxyType({}))
    floor: float = 0.0
    texts: float = 0.0
    # A logarithm costs more than all the rest of comparing two texts: each is worked out once.
    _weights: Mapping[Gram, float] = field(init=False, repr=False, compare=False)
    _squares: Mapping[Gram, float] = field(init=False, repr=False, compare=False)
    _weight_of_others: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        weights = {gram: self._worked_out(share) for gram, share in self.shares.items()}
        object.__setattr__(self, "_weights", weights)
        squares = {gram: weight**2 for gram, weight in weights.items()}
        object.__setattr__(self, "_squares", squares)
        object.__setattr__(self, "_weight_of_others", self._worked_out(self.floor / 2))

    def share(self, gram: Gram) -> float:
        """Return the share of texts that have a pair, an upper bound for those not known."""
        return self.shares.get(gram, self.floor)

    def weight(self, gram: Gram) -> float:
        """Return how much a pair tells, 1 when in no text, 0 when in all; the number of texts moves it little."""
        return self._weights.get(gram, self._weight_of_others)

    def squares(self, found: Iterable[Gram]) -> dict[Gram, float]:
        """Return the square of what each pair tells."""
        known, others = self._squares.get, self._weight_of_others**2
        return {gram: known(gram, others) for gram in found}

    def _worked_out(self, share: float) -> float:
        believed = share * self.texts / (self.texts + PRIOR_TEXTS)
        return 1 - log1p(believed / RARE) / log1p(1 / RARE)


EVERYTHING_EQUAL = Rarity()


def grams(text: str) -> list[Gram]:
    """Return the pairs of neighbouring characters in order, each once; signs and blanks are left out."""
    kept = _SIGNS.sub("", text.lower())
    pairs = dict.fromkeys(map(add, kept, kept[1:]))
    return [gram_of(pair) for pair in pairs]


@lru_cache(maxsize=1 << 16)
def gram_of(pair: str) -> Gram:
    """Return the number a pair is stored as, 0 to 2³¹-1; the same in every version and process."""
    return zlib.crc32(pair.encode()) & 0x7FFFFFFF


def fingerprint(title: str, body: str, rarity: Rarity = EVERYTHING_EQUAL) -> list[Gram]:
    """Return the pairs a text is found again by: its title's, and the rarest of its beginning."""
    first = grams(title)[:TITLE_GRAMS]
    rest = [gram for gram in grams(body[:LONGEST_BODY]) if gram not in set(first)]
    return [*first, *rarest(rest, BODY_GRAMS, rarity)]


def rarest(found: Sequence[Gram], size: int, rarity: Rarity) -> list[Gram]:
    """Return the rarest pairs first; of equally rare ones those that come first in the text."""
    return sorted(found, key=rarity.share)[:size]


def searched_by(found: Iterable[Gram], rarity: Rarity, *, most: float) -> list[Gram]:
    """Return the rarest pairs that together lead to about `most` texts; none when all are common.

    What a search costs is bounded by this, however many texts there are: at most five times `most`.
    """
    chosen: list[Gram] = []
    expected = 0.0
    for gram in rarest(list(found), PROBE_GRAMS, rarity):
        expected += rarity.share(gram) * rarity.texts
        if expected > most and (chosen or expected > BEYOND * most):
            break
        chosen.append(gram)
    return chosen
