"""What is due at a place and moment, and what was charged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bihuan.domain.billing.ports import DueItem
from bihuan.domain.org import queries as org
from bihuan.kit import db
from bihuan.kit.money import Money
from bihuan.kit.problems import NotFound

_DUE = """
select distinct on (i.key) i.key, i.name, p.amount, p.currency, i.is_refundable
from billing_item i
join billing_price p on p.item_id = i.id
left join org_orgunit u on u.id = p.region_id
where i.key = any(%(keys)s) and p.valid_from <= %(at)s
    and (p.valid_until is null or p.valid_until > %(at)s)
    and (p.region_id is null or p.region_id = any(%(above)s))
order by i.key, length(coalesce(u.path, '')) desc
"""
_CHARGES = """
select c.id, i.key, i.name, c.amount, c.currency, c.unit, c.org_unit_id, c.charged_by,
    c.on_behalf_of, c.at, r.at, coalesce(r.reason, '')
from billing_charge c
join billing_item i on i.id = c.item_id
left join billing_refund r on r.charge_id = c.id
where c.root = %s order by c.id
"""

_PRICES = """
select i.key, i.name, p.region_id, p.amount, p.currency, p.valid_from, p.valid_until, i.is_refundable
from billing_price p join billing_item i on i.id = p.item_id
where p.valid_until is null or p.valid_until > %s
order by i.name, i.key, p.region_id nulls first, p.valid_from
"""


class ChargeMissing(NotFound):
    """No such charge, or not for these eyes."""

    message = "没有找到这笔收费。"


@dataclass(frozen=True, slots=True)
class ChargeRow:
    """Something charged for a unit; paid back if `refunded_at` is set."""

    id: int
    key: str
    name: str
    price: Money
    unit: str
    org_unit_id: int
    charged_by: str
    on_behalf_of: str
    at: datetime
    refunded_at: datetime | None
    refund_reason: str


@dataclass(frozen=True, slots=True)
class PriceRow:
    """What an item costs in a region and below (everywhere without one) in a period."""

    key: str
    name: str
    region_id: int | None
    price: Money
    valid_from: datetime
    valid_until: datetime | None
    is_refundable: bool


def price_list(at: datetime) -> list[PriceRow]:
    """Return the prices in force at a moment and those announced, by name of the item."""
    return [
        PriceRow(key, name, region, Money(Decimal(amount), currency), *rest)
        for key, name, region, amount, currency, *rest in db.rows(_PRICES, (at,))
    ]


def due(keys: Sequence[str], org_unit_id: int, at: datetime) -> list[DueItem]:
    """Return what these items cost in an org unit at a moment; an item without a price there costs nothing."""
    place = org.tree().units.get(org_unit_id) if keys else None
    if place is None:
        return []
    above = [int(part) for part in place.path.split("/") if part]
    found = {
        key: DueItem(key, name, Money(Decimal(amount), currency), refundable)
        for key, name, amount, currency, refundable in db.rows(
            _DUE, {"keys": list(keys), "above": above, "at": at}
        )
    }
    return [found[key] for key in keys if key in found]


def charges_of(root: str) -> list[ChargeRow]:
    """Return what was charged for a case, oldest first; who may see the case is the caller's to ask."""
    return [
        ChargeRow(key_id, key, name, Money(Decimal(amount), currency), *rest)
        for key_id, key, name, amount, currency, *rest in db.rows(_CHARGES, (root,))
    ]
