"""Survivorship: of what several sources say of one field, one is believed, the others stay beside it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

WHY: Final = {
    "chosen": "人工选定",
    "only": "只有一个来源",
    "agreed": "各来源一致",
    "trusted": "来源最可信",
    "majority": "多数来源一致",
    "newest": "最新",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What one row of one source says: `trust` 0–100, `at` when it last changed."""

    row: int
    trust: int
    at: datetime
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Believed:
    """The value of a field, whose it is, why (a key of `WHY`), and what else was said, by row."""

    value: str
    row: int
    why: str
    others: tuple[tuple[int, str], ...] = ()

    @property
    def is_disputed(self) -> bool:
        """Tell whether sources disagree and nobody has chosen."""
        return bool(self.others) and self.why != "chosen"


def believed(said: Sequence[Said], chosen: Mapping[str, int] | None = None) -> dict[str, Believed]:
    """Return the believed value of every field that anybody says anything of.

    A row somebody chose wins; else the most trusted source; among equals what most say, then the
    newest, then the smallest row, so that the same rows always give the same record.
    """
    fields = sorted({name for one in said for name, value in one.fields.items() if value})
    return {name: _field(name, said, (chosen or {}).get(name)) for name in fields}


def settled(said: Sequence[Said], chosen: Mapping[str, int] | None = None) -> dict[str, str]:
    """Return only the believed values; where all say the same nobody is asked."""
    found: dict[str, str] = {}
    disputed: set[str] = set()
    for one in said:
        for name, value in one.fields.items():
            if value and found.setdefault(name, value) != value:
                disputed.add(name)
    for name in disputed:
        found[name] = _field(name, said, (chosen or {}).get(name)).value
    return found


def _field(name: str, said: Iterable[Said], chosen: int | None) -> Believed:
    offers = [one for one in said if one.fields.get(name)]
    times = Counter(one.fields[name] for one in offers)

    def rank(one: Said) -> tuple[bool, int, int, datetime, int]:
        return (one.row == chosen, one.trust, times[one.fields[name]], one.at, -one.row)

    best = max(offers, key=rank)
    value = best.fields[name]
    others = tuple((one.row, one.fields[name]) for one in offers if one.fields[name] != value)
    return Believed(value, best.row, _why(name, best, offers, chosen), others)


def _why(name: str, best: Said, offers: Sequence[Said], chosen: int | None) -> str:
    value, texts = best.fields[name], [one.fields[name] for one in offers]
    if best.row == chosen:
        return "chosen"
    if len(offers) == 1:
        return "only"
    if texts.count(value) == len(texts):
        return "agreed"
    equals = [one.fields[name] for one in offers if one.trust == best.trust]
    if set(equals) == {value}:
        return "trusted"
    return "majority" if texts.count(value) > 1 else "newest"
