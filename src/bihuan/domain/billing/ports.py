"""What billing and the processes that charge tell each other."""

from dataclasses import dataclass
from datetime import datetime

from bihuan.kit.money import Money


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a charge is for: a unit (`unit:9`) at a node of an instance (`process:3`), done in an org unit.

    `priced_at` is the moment whose prices count.
    """

    root: str
    instance: str
    node: str
    unit: str
    org_unit_id: int
    priced_at: datetime


@dataclass(frozen=True, slots=True)
class DueItem:
    """An item of a price list at one place and moment."""

    key: str
    name: str
    price: Money
    is_refundable: bool
