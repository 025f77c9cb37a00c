"""A scheme: which indicators count how much, and which tier a figure leads to (SEG-01 to SEG-13)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

# quota: shares of the customers, best first. pyramid: shares of the money they bring, best first.
# threshold: a figure of at least so much. grid: two figures, each in bands; the tier is both codes together.
KINDS: Final = ("quota", "threshold", "pyramid", "grid")
# Where customers of one score go together: to the tier of their best, middle or last place; `order` parts them.
TIES: Final = ("middle", "up", "down", "order")
# What a tier means for limits and queues, lowest first; the words of the customers' own column.
SERVICES: Final = ("NORMAL", "IMPORTANT", "VIP")
SCALES: Final = ("raw", "steps", "linear", "words")


@dataclass(frozen=True, slots=True)
class Scale:
    """How a reading becomes points. `raw` takes it as it is; `missing` counts where nothing is known.

    `steps` and `linear` hold (reading, points), ascending: steps give the points of the last one reached, linear
    what lies between two. `otherwise` counts below the first step and for words that are not named.
    """

    kind: str = "raw"
    at: tuple[tuple[Decimal, Decimal], ...] = ()
    words: Mapping[str, Decimal] = field(default_factory=dict)
    otherwise: Decimal = Decimal(0)
    missing: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Leaf:
    """An indicator at the end of the tree. `weight` is its share of the whole figure, 1 at most."""

    title: str
    reads: str
    scale: Scale
    weight: Decimal = Decimal(1)
    path: tuple[str, ...] = ()
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """A part of a figure's range: at least `least`, anything when None."""

    code: str
    least: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One number a customer is judged by: an indicator tree's score, or one reading as it is."""

    title: str
    leaves: tuple[Leaf, ...]
    unit: str = ""
    bands: tuple[Band, ...] = ()

    @property
    def is_score(self) -> bool:
        """Tell whether it is made of points, not a reading as it is."""
        return len(self.leaves) > 1 or self.leaves[0].scale.kind != "raw"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """How often a customer is followed up: `times` in each `every` (day, week, month, quarter, year)."""

    times: int
    every: str


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier and what it entitles to. `share` and `least` belong to the kinds that use them."""

    code: str
    title: str
    share: int = 0
    least: Decimal | None = None
    service: str = "NORMAL"
    priority: int = 0
    follow_up: FollowUp | None = None
    rights: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scheme:
    """A written rule. `tiers` are best first; `leads` when they decide a customer's service.

    `then` are readings that part customers of one score under `ties: order`, higher first; at last the older
    file comes first.
    """

    code: str
    title: str
    kind: str
    figures: tuple[Figure, ...]
    tiers: tuple[Tier, ...]
    applies: tuple[str, ...] = ()
    leads: bool = False
    every: str = ""
    ties: str = "middle"
    then: tuple[str, ...] = ()

    @property
    def readings(self) -> tuple[str, ...]:
        """Return every reading it needs, each once, in order of use."""
        named = [leaf.reads for figure in self.figures for leaf in figure.leaves]
        return tuple(dict.fromkeys((*named, *self.then)))

    def tier(self, code: str) -> Tier | None:
        """Return a tier by its code."""
        return next((tier for tier in self.tiers if tier.code == code), None)

    def title_of(self, code: str) -> str:
        """Return what a tier is called; having none has a name, too."""
        found = self.tier(code)
        return found.title if found else code or "未评级"


def scheme_from(compiled: Mapping[str, Any]) -> Scheme:
    """Return the scheme of a pack file that was found right."""
    return Scheme(
        code=compiled["code"],
        title=compiled["title"],
        kind=compiled["kind"],
        figures=tuple(_figure(one) for one in compiled["figures"]),
        tiers=tuple(_tier(one) for one in compiled["tiers"]),
        applies=tuple(compiled.get("applies", ())),
        leads=bool(compiled.get("leads")),
        every=compiled.get("every", ""),
        ties=compiled.get("ties", "middle"),
        then=tuple(compiled.get("then", ())),
    )


def _figure(said: Mapping[str, Any]) -> Figure:
    parts = said["parts"] if said.get("parts") else [{**said, "weight": 100}]
    return Figure(
        title=said["title"],
        leaves=tuple(_leaves(parts, Decimal(1), ())),
        unit=said.get("unit", ""),
        bands=tuple(Band(one["code"], _number(one.get("from"))) for one in said.get("bands", ())),
    )


def _leaves(
    parts: Sequence[Mapping[str, Any]], share: Decimal, path: tuple[str, ...]
) -> list[Leaf]:
    """Return the ends of a tree: a part's weight is per cent of what lies above it."""
    found: list[Leaf] = []
    for part in parts:
        weight = share * Decimal(str(part["weight"])) / 100
        if part.get("parts"):
            found += _leaves(part["parts"], weight, (*path, part["title"]))
        else:
            unit = part.get("unit", "")
            found.append(Leaf(part["title"], part["reads"], _scale(part), weight, path, unit))
    return found


def _scale(part: Mapping[str, Any]) -> Scale:
    kind = next((kind for kind in SCALES if part.get(kind)), "raw")
    pairs = part.get(kind, ()) if kind in {"steps", "linear"} else ()
    return Scale(
        kind=kind,
        at=tuple((Decimal(str(least)), Decimal(str(worth))) for least, worth in pairs),
        words={word: Decimal(str(worth)) for word, worth in (part.get("words") or {}).items()},
        otherwise=Decimal(str(part.get("otherwise", 0))),
        missing=Decimal(str(part.get("missing", 0))),
    )


def _tier(said: Mapping[str, Any]) -> Tier:
    follow = said.get("follow_up")
    return Tier(
        code=said["code"],
        title=said["title"],
        share=int(said.get("share", 0)),
        least=_number(said.get("from")),
        service=said.get("service", "NORMAL"),
        priority=int(said.get("priority", 0)),
        follow_up=FollowUp(int(follow.get("times", 1)), follow["every"]) if follow else None,
        rights=tuple(said.get("rights", ())),
    )


def _number(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
