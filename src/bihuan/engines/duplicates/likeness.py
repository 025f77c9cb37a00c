"""How likely two requests are the same matter, from what they say, when, where and about which account.

The score is a logistic sum: each weight says how much one piece of evidence moves it. The weights of the
texts and of time were fitted on pairs labelled by hand (docs/reference/duplicates.md); those of the account,
the address and the class are set by judgement, because the labelled messages have none. Who asks is no
evidence of its own: whoever writes often writes about many things.
"""

from collections.abc import Collection
from dataclasses import dataclass
from math import exp, log1p, sqrt

from bihuan.engines.duplicates.grams import LONGEST_BODY, Rarity, grams

LIKELY = 0.3
BIAS = -3.32
TITLES, TITLES_STEEP = 0.33, 20.0
TITLE_IN_TEXT = 9.04
TEXTS = 1.13
AGE = -0.47
SAME_ACCOUNT = 2.0
ADDRESSES = 2.0
SAME_CLASS = 0.6


@dataclass(frozen=True, slots=True)
class Request:
    """What is known of one request. `class_code` is dotted, `days` counts from any one moment."""

    title: str
    body: str = ""
    person: Collection[str] = ()
    account: str = ""
    address: str = ""
    class_code: str = ""
    days: float = 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What two requests have in common.

    `titles` counts the telling pairs of characters both titles have; `title_in_text` is the share of either
    title that the other whole text has, the smaller of both; `texts` and `addresses` are how alike they are,
    0 to 1; `days` lie between the requests.
    """

    titles: float
    title_in_text: float
    texts: float
    addresses: float
    same_person: bool
    same_account: bool
    same_class: bool
    days: float

    def score(self) -> float:
        """Return how likely both are the same matter, 0 to 1."""
        total = (
            BIAS
            + TITLES * log1p(TITLES_STEEP * self.titles)
            + TITLE_IN_TEXT * self.title_in_text
            + TEXTS * self.texts
            + AGE * log1p(self.days)
            + SAME_ACCOUNT * self.same_account
            + ADDRESSES * self.addresses
            + SAME_CLASS * self.same_class
        )
        return 1.0 / (1.0 + exp(-total))


class Reader:
    """A request read for comparing: reading costs more than comparing, so each is read once."""

    __slots__ = ("one", "place", "title", "whole")

    def __init__(self, one: Request, rarity: Rarity) -> None:
        self.one = one
        self.title = _Weighed(one.title, rarity)
        self.whole = _Weighed(f"{one.title}。{one.body[:LONGEST_BODY]}", rarity)
        self.place = _Weighed(one.address, rarity)

    def evidence(self, other: "Reader") -> Evidence:
        """Return what another request has in common with this one."""
        one, two = self.one, other.one
        return Evidence(
            titles=self.title.shared(other.title),
            title_in_text=min(self.title.inside(other.whole), other.title.inside(self.whole)),
            texts=self.whole.cosine(other.whole),
            addresses=self.place.cosine(other.place),
            same_person=not set(one.person).isdisjoint(two.person),
            same_account=bool(one.account) and one.account == two.account,
            same_class=bool(one.class_code) and one.class_code == two.class_code,
            days=abs(one.days - two.days),
        )


class _Weighed:
    """The pairs of a text with how much each tells, squared."""

    def __init__(self, text: str, rarity: Rarity) -> None:
        self.weights = rarity.squares(grams(text) if text else ())
        self.mass = sum(self.weights.values())

    def shared(self, other: "_Weighed") -> float:
        """Return how much the pairs tell that both texts have."""
        weights = self.weights
        return sum([weights[gram] for gram in weights.keys() & other.weights.keys()])

    def inside(self, other: "_Weighed") -> float:
        """Return the share of this text that the other has, 0 to 1."""
        return self.shared(other) / self.mass if self.mass else 0.0

    def cosine(self, other: "_Weighed") -> float:
        """Return how much of both texts is shared, rare pairs counting most; 0 when one is empty."""
        length = sqrt(self.mass * other.mass)
        return min(1.0, self.shared(other) / length) if length else 0.0
