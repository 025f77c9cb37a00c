"""How complete a record is, by the weights of what should be known (CUS-05)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Completeness:
    """`share` per cent, and what is missing, the weightiest first."""

    share: int
    missing: tuple[str, ...]


def completeness(known: Collection[str], weights: Mapping[str, int]) -> Completeness:
    """Return how much of the weight is known; 100 where nothing is asked for."""
    whole = sum(weights.values())
    missing = sorted(
        (name for name in weights if name not in known), key=lambda n: (-weights[n], n)
    )
    lacking = sum(weights[name] for name in missing)
    return Completeness(100 - round(lacking * 100 / whole) if whole else 100, tuple(missing))
