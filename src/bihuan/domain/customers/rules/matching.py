"""Whether two files are the same customer: surely, perhaps, or surely not, and what speaks for it.

Sure pairs merge by rule; the rest is for a person to decide. Two different proven numbers of one kind, or two dates of
birth, are never the same person, and a family behind one phone is not one customer (data-engines.md, household veto).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bihuan.domain.customers.choices import CustomerKind
from bihuan.domain.customers.ports import Facets
from bihuan.domain.customers.rules.records import Record
from bihuan.engines.linkage import standard


class Verdict(StrEnum):
    """What is to be done with a pair."""

    SURE = "SURE"
    DOUBT = "DOUBT"
    NO = "NO"
    VETO = "VETO"


@dataclass(frozen=True, slots=True)
class Likeness:
    """A verdict with what it rests on: `evidence` are (what, weight), for and against."""

    verdict: Verdict
    score: float
    evidence: tuple[tuple[str, int], ...]


# What each agreement or contradiction weighs, in points of log-odds.
WEIGHTS: Final[Mapping[str, int]] = {
    "same_identifier": 8,
    "same_account": 6,
    "same_name": 3,
    "same_sound": 2,
    "same_company": 3,
    "name_within": 1,
    "same_phone": 4,
    "same_mail": 4,
    "same_home": 2,
    "same_birth": 3,
    "other_name": -4,
    "other_birth": -5,
    "other_kind": -5,
}
"""The base is that two files found by one shared value are rarely the same: `BASE` points."""
BASE: Final = -5
DOUBT_FROM: Final = 0.5


def facets_of(record: Record) -> Facets:
    """Return what is compared of an arriving record."""
    points = record.points
    homes = (p.parts.get("home") or p.norm for p in points if p.kind == "ADDRESS")
    return Facets(
        kind=record.kind,
        name=record.name_norm,
        pinyin=record.pinyin,
        identifiers=dict(record.identifiers),
        phones=frozenset(p.norm for p in points if p.kind == "PHONE"),
        mails=frozenset(p.norm for p in points if p.kind == "EMAIL"),
        homes=frozenset(homes),
        accounts=frozenset(record.accounts),
        birth=record.attributes.get("birth_date", ""),
        match_key=record.match_key,
    )


def compare(one: Facets, other: Facets) -> Likeness:
    """Say whether two files are the same customer."""
    if _contradict(one, other):
        return Likeness(Verdict.VETO, 0.0, (("other_identifier", -99),))
    found = [name for name, holds in _agreements(one, other) if holds]
    evidence = tuple((name, WEIGHTS[name]) for name in found)
    score = 1 / (1 + math.exp(-(BASE + sum(weight for _name, weight in evidence))))
    return Likeness(_verdict(set(found), score), round(score, 4), evidence)


def _verdict(found: set[str], score: float) -> Verdict:
    if found & {"other_birth", "other_kind"}:
        return Verdict.DOUBT if "same_identifier" in found else Verdict.NO
    named = bool(found & {"same_name", "same_company"})
    if named and found & {"same_identifier", "same_account", "same_phone", "same_mail"}:
        return Verdict.SURE
    if found & {"same_identifier", "same_account"}:
        return Verdict.DOUBT
    # One phone or home behind two names is a family or a reception desk, not a double.
    if "other_name" in found:
        return Verdict.NO
    return Verdict.DOUBT if score >= DOUBT_FROM else Verdict.NO


def _contradict(one: Facets, other: Facets) -> bool:
    kinds = one.identifiers.keys() & other.identifiers.keys()
    return any(one.identifiers[kind] != other.identifiers[kind] for kind in kinds)


def _agreements(one: Facets, other: Facets) -> list[tuple[str, bool]]:
    kinds = one.identifiers.keys() & other.identifiers.keys()
    return [
        ("same_identifier", bool(kinds)),
        ("same_account", bool(one.accounts & other.accounts)),
        (_names(one, other), True),
        ("same_phone", bool(one.phones & other.phones)),
        ("same_mail", bool(one.mails & other.mails)),
        ("same_home", bool(one.homes & other.homes)),
        ("same_birth", bool(one.birth) and one.birth == other.birth),
        ("other_birth", bool(one.birth and other.birth) and one.birth != other.birth),
        ("other_kind", one.kind != other.kind),
    ]


def _names(one: Facets, other: Facets) -> str:
    if one.name == other.name:
        return "same_name"
    if CustomerKind.ORGANISATION in (one.kind, other.kind):
        return _companies(one.name, other.name)
    if one.pinyin and one.pinyin == other.pinyin:
        return "same_sound"
    short, long = sorted((one.name, other.name), key=len)
    return "name_within" if len(short) > 1 and short in long else "other_name"


def _companies(one: str, other: str) -> str:
    left, right = standard.read_company(one), standard.read_company(other)
    if left.branch != right.branch:
        return "other_name"
    if left.core and left.core == right.core:
        regions = {left.region, right.region} - {""}
        return "same_company" if len(regions) < 2 else "other_name"
    if left.brand and left.brand == right.brand:
        return "name_within"
    short, long = sorted((left.core, right.core), key=len)
    return "name_within" if len(short) > 2 and short in long else "other_name"
