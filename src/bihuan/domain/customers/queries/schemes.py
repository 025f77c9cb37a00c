"""The schemes in force, by which customers are graded."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from bihuan.domain.packs import queries as packs
from bihuan.engines.tiers import Scheme, scheme_from
from bihuan.kit.problems import NotFound

KIND: Final = "tier"


class SchemeUnknown(NotFound):
    """No installed pack has a scheme of this code."""

    message = "没有这个分级方案。"


@dataclass(frozen=True, slots=True)
class InForce:
    """A scheme and the version of its definition."""

    key: str
    definition_id: int
    version: int
    scheme: Scheme


def schemes() -> list[InForce]:
    """Return the schemes in force, each code once: the first pack's counts."""
    found: dict[str, InForce] = {}
    for one in packs.definitions(kind=KIND):
        made = InForce(one.key, one.pk, one.version, scheme_of(one.pk))
        found.setdefault(made.scheme.code, made)
    return list(found.values())


def scheme_in_force(code: str) -> InForce:
    """Return a scheme by its code or its whole key, or refuse with SchemeUnknown."""
    for one in schemes():
        if code in (one.scheme.code, one.key):
            return one
    raise SchemeUnknown


@lru_cache(maxsize=256)
def scheme_of(definition_id: int) -> Scheme:
    """Return the scheme of one published version; it never changes."""
    return scheme_from(packs.definition(definition_id).compiled)


def titles() -> Mapping[str, str]:
    """Return what the schemes in force are called."""
    return {one.scheme.code: one.scheme.title for one in schemes()}
