"""Whether two files are the same customer: surely, perhaps, or surely not, and what speaks for it.

Two steps. What is sure by rule is decided at once: the same name together with a number, an account, a phone or a
mail of both. Everything else is judged by the model that consolidates whole tables (`engines.linkage`), with its vetoes: two
different proven numbers are never one customer, and a family behind one phone is not one person (decision 0351).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from bihuan.domain.customers.choices import CustomerKind, IdentifierKind
from bihuan.domain.customers.ports import Facets
from bihuan.engines.linkage import deciding, scoring
from bihuan.engines.linkage.comparisons import Kind
from bihuan.engines.linkage.deciding import Decision
from bihuan.engines.linkage.model import shipped_model
from bihuan.engines.linkage.records import read_name
from bihuan.engines.linkage.roles import Role
from bihuan.engines.linkage.scoring import Judgement

LEAST_AMONG: Final = 1_000_000
"""How many customers there are at least thought to be: a new installation is no reason to believe in coincidences."""


class Sameness(StrEnum):
    """Whether two files are one customer: surely, to be asked, no, or never whoever asks."""

    SURE = "SURE"
    DOUBT = "DOUBT"
    NO = "NO"
    VETO = "VETO"


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much two files look like one customer, and what that rests on: `score` 0–1, `evidence` are (what, weight in bits), for and against."""

    sameness: Sameness
    score: float
    evidence: tuple[tuple[str, int], ...]


_VETO: Final = Likeness(Sameness.VETO, 0.0, (("other_identifier", -99),))
_NO: Final = Likeness(Sameness.NO, 0.0, ())
# What the model does not know, in bits.
_ACCOUNT: Final = ("same_account", 12)
_SURE: Final[Mapping[str, int]] = {
    "same_name": 9,
    "same_identifier": 20,
    "same_phone": 12,
    "same_mail": 12,
}


def compare(one: Facets, other: Facets, *, among: int = 0, is_explained: bool = True) -> Likeness:
    """Say whether two files are the same customer, out of a table of `among` customers.

    Who only wants to know what to do spares the evidence of pairs a veto keeps apart (not `is_explained`).
    """
    shared = one.identifiers.keys() & other.identifiers.keys()
    if any(one.identifiers[kind] != other.identifiers[kind] for kind in shared):
        return _VETO
    agreed = _agreed(one, other, has_number=bool(shared))
    if one.kind != other.kind:
        is_doubt = "same_identifier" in agreed
        return Likeness(Sameness.DOUBT, 0.5, _weighed(agreed)) if is_doubt else _NO
    # Two dates of birth behind one name and phone are father and son, unless a number is the same.
    births = {one.birth, other.birth} - {""}
    if "same_name" in agreed and len(agreed) > 1 and (len(births) < 2 or shared):
        return Likeness(Sameness.SURE, 1.0, _weighed(agreed))
    pair = _pair(one, other)
    if pair and not is_explained and deciding.is_vetoed(*pair):
        return _NO
    return _judged(one, other, agreed, max(among, LEAST_AMONG), pair)


def _agreed(one: Facets, other: Facets, *, has_number: bool) -> tuple[str, ...]:
    said = (
        ("same_name", one.name == other.name),
        ("same_identifier", has_number),
        ("same_account", bool(one.accounts & other.accounts)),
        ("same_phone", bool(one.phones & other.phones)),
        ("same_mail", bool(one.mails & other.mails)),
    )
    return tuple(name for name, holds in said if holds)


def _weighed(agreed: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    return tuple((name, {**_SURE, _ACCOUNT[0]: _ACCOUNT[1]}[name]) for name in agreed)


Pair = tuple[Kind, Mapping[str, Any], Mapping[str, Any]]


def _pair(one: Facets, other: Facets) -> Pair | None:
    """Return two files as the model compares them; None where there is no model for such names."""
    left, right = _values(one), _values(other)
    kind = _kind(one, left, right)
    if shipped_model(kind) is None:
        return None
    for column, mine, theirs in (
        ("phone", one.phones, other.phones),
        ("email", one.mails, other.mails),
        ("door", _doors(one), _doors(other)),
    ):
        left[column], right[column] = _nearest(mine, theirs)
    for side in (left, right):
        side["box"] = str(side["email"] or "").split("@")[0] or None
        side["road"] = str(side["door"] or "").split("#")[0] or None
    return kind, left, right


def _judged(
    one: Facets, other: Facets, agreed: tuple[str, ...], among: int, pair: Pair | None
) -> Likeness:
    if pair is None:
        return Likeness(Sameness.DOUBT, 0.5, _weighed(agreed)) if len(agreed) > 1 else _NO
    _kind, left, right = pair
    found = scoring.judge_values(*pair, among=among)
    # A score alone is never enough to merge: twins, fathers and sons share everything but a character. Neither is a
    # number under another name: somebody typed it into the wrong file.
    is_named = bool(left["name"]) and left["name"] == right["name"]
    is_proven = "same_identifier" in agreed and _may_be_the_same_name(one.name, other.name)
    return _likeness(found, agreed, may_merge=is_named or is_proven)


def _may_be_the_same_name(one: str, other: str) -> bool:
    """Whether two names have half of their characters in common, wherever they stand."""
    return 2 * len(set(one) & set(other)) >= max(len(set(one)), len(set(other)))


def _kind(one: Facets, left: Mapping[str, Any], right: Mapping[str, Any]) -> Kind:
    is_company = one.kind == CustomerKind.ORGANISATION
    foreign = any(name and name.isascii() for name in (left["name"], right["name"]))
    if is_company:
        return Kind.COMPANY if foreign else Kind.CHINESE_COMPANY
    return Kind.PERSON if foreign else Kind.CHINESE_PERSON


def _likeness(found: Judgement, agreed: tuple[str, ...], *, may_merge: bool) -> Likeness:
    evidence = [(one.said, round(one.weight)) for one in found.evidence if abs(one.weight) >= 0.5]
    has_account = "same_account" in agreed
    if has_account:
        evidence.append(_ACCOUNT)
    if found.vetoed or (found.decision is Decision.APART and not has_account):
        sameness = Sameness.NO
    else:
        is_sure = found.decision is Decision.MERGE and may_merge
        sameness = Sameness.SURE if is_sure else Sameness.DOUBT
    return Likeness(sameness, round(found.probability, 4), tuple(evidence))


def _values(facets: Facets) -> dict[str, Any]:
    number = next(
        (
            facets.identifiers[kind]
            for kind in (IdentifierKind.RESIDENT_ID.value, IdentifierKind.CREDIT_CODE.value)
            if kind in facets.identifiers
        ),
        "",
    )
    return dict(_standard(facets.kind, facets.name, number, facets.birth))


@lru_cache(maxsize=20_000)
def _standard(kind: str, name: str, number: str, birth: str) -> Mapping[str, Any]:
    """Return name, number and birth as the model compares them."""
    is_company = kind == CustomerKind.ORGANISATION
    typed = {
        Role.ORGANISATION if is_company else Role.FULL_NAME: [name],
        Role.ID: [number],
        Role.DATE_OF_BIRTH: [birth],
    }
    return read_name(typed, companies=is_company)


def _doors(facets: Facets) -> frozenset[str]:
    return frozenset(home for home in facets.homes if "#" in home)


def _nearest(mine: frozenset[str], theirs: frozenset[str]) -> tuple[str | None, str | None]:
    """Return the values to compare: one of both where there is one, else the first of each."""
    if both := mine & theirs:
        return min(both), min(both)
    return min(mine, default=None), min(theirs, default=None)
