"""Customers graded by a written rule: indicators become points, points a score, scores tiers. Pure.

All arithmetic is exact decimal; the same rule is also run by the database over a million customers, and both
must agree to the last digit. What this package does not do: read a customer, or store a tier.
"""

from bihuan.engines.tiers.explaining import Explained, explained
from bihuan.engines.tiers.placing import Placed, cuts, placed_at, rate
from bihuan.engines.tiers.scheme import (
    KINDS,
    SERVICES,
    TIES,
    Band,
    Figure,
    FollowUp,
    Leaf,
    Scale,
    Scheme,
    Tier,
    scheme_from,
)
from bihuan.engines.tiers.scoring import points, score

__all__ = [
    "KINDS",
    "SERVICES",
    "TIES",
    "Band",
    "Explained",
    "Figure",
    "FollowUp",
    "Leaf",
    "Placed",
    "Scale",
    "Scheme",
    "Tier",
    "cuts",
    "explained",
    "placed_at",
    "points",
    "rate",
    "scheme_from",
    "score",
]
