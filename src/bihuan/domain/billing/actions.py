"""Put price lists in force, charge for units, pay back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from bihuan.domain.billing import queries
from bihuan.domain.billing.models import Charge, Item, Price, Refund
from bihuan.domain.billing.ports import DueItem, Occasion
from bihuan.domain.ledger.actions import record, record_many
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org.queries import authorise
from bihuan.kit.money import Money
from bihuan.kit.problems import Invalid, Refused


class AlreadyRefunded(Refused):
    """A charge is paid back once."""

    message = "这笔收费已经退过了。"


class RefundReasonMissing(Invalid):
    """Money is paid back for a reason."""

    message = "请填写退费原因。"

    def __init__(self) -> None:
        super().__init__(fields={"reason": "请填写退费原因"})


@dataclass(frozen=True, slots=True)
class PriceTerms:
    """What an item costs, where (an org unit and all below; None everywhere) and when."""

    price: Money
    valid_from: datetime
    valid_until: datetime | None = None
    region_id: int | None = None


@dataclass(frozen=True, slots=True)
class ItemTerms:
    """An item with all its prices."""

    key: str
    name: str
    is_refundable: bool
    prices: Sequence[PriceTerms]


@transaction.atomic
def put_prices(items: Iterable[ItemTerms], *, by: Actor, at: datetime) -> None:
    """Put items and their prices in force, in place of the prices they had. What was charged stays."""
    for terms in items:
        item, _ = Item.objects.update_or_create(
            key=terms.key,
            defaults={"name": terms.name, "is_refundable": terms.is_refundable},
        )
        Price.objects.filter(item=item).delete()
        Price.objects.bulk_create(
            Price(
                item=item,
                region_id=one.region_id,
                valid_from=one.valid_from,
                valid_until=one.valid_until,
                amount=one.price.amount,
                currency=one.price.currency,
            )
            for one in terms.prices
        )
        ref, data = f"item:{item.pk}", {"key": terms.key, "prices": len(terms.prices)}
        record(Fact("item.priced", ref, ref, at, by, data=data))


@transaction.atomic
def charge_due(
    keys: Sequence[str], occasion: Occasion, *, by: Actor, at: datetime
) -> list[DueItem]:
    """Charge for a unit what these items cost there; return what was charged now.

    What an undone run of the same unit has been charged and was not paid back counts for this one.
    """
    paid = _take_over(keys, occasion)
    due = queries.due(
        [key for key in keys if key not in paid], occasion.org_unit_id, occasion.priced_at
    )
    if not due:
        return []
    ids = dict(Item.objects.filter(key__in=[one.key for one in due]).values_list("key", "id"))
    made = [_charge(one, ids[one.key], occasion, by, at) for one in due]
    record_many(_told("charge.made", charge, one.key, by, at) for charge, one in made)
    return due


@transaction.atomic
def undo_charges(
    *, instance: str, units: Sequence[str] | None, reason: str, by: Actor, at: datetime
) -> None:
    """Pay back what units of an instance were charged, all of them for None, as far as the items say so.

    What is not paid back counts for the next run of the same unit.
    """
    found = Charge.objects.select_related("item").filter(instance=instance)
    found = found.exclude(pk__in=Refund.objects.values("charge_id")).order_by("id")
    for charge in found if units is None else found.filter(unit__in=units):
        if charge.item.is_refundable:
            _refund(charge, reason, by, at)
        else:
            Charge.objects.filter(pk=charge.pk).update(is_carried=True)


@transaction.atomic
def refund_charge(charge_id: int, *, reason: str, by: Actor, at: datetime) -> None:
    """Pay a charge back by hand, refundable or not. Needs the verb `charge.refund` where it was charged."""
    charge = Charge.objects.select_for_update().filter(pk=charge_id).first()
    if charge is None:
        raise queries.ChargeMissing
    authorise(by, "charge.refund", charge.org_unit_id, at=at)
    if not reason.strip():
        raise RefundReasonMissing
    if Refund.objects.filter(charge=charge).exists():
        raise AlreadyRefunded
    Charge.objects.filter(pk=charge.pk).update(is_carried=False)
    _refund(charge, reason.strip(), by, at)


def _take_over(keys: Sequence[str], occasion: Occasion) -> set[str]:
    carried = Charge.objects.filter(
        instance=occasion.instance, node=occasion.node, is_carried=True, item__key__in=keys
    )
    taken: dict[str, int] = {}
    for charge_id, key in carried.order_by("id").values_list("id", "item__key"):
        taken.setdefault(key, charge_id)
    Charge.objects.filter(pk__in=taken.values()).update(is_carried=False, unit=occasion.unit)
    return set(taken)


def _charge(
    one: DueItem, item_id: int, occasion: Occasion, by: Actor, at: datetime
) -> tuple[Charge, DueItem]:
    charge = Charge.objects.create(
        item_id=item_id,
        amount=one.price.amount,
        currency=one.price.currency,
        root=occasion.root,
        instance=occasion.instance,
        node=occasion.node,
        unit=occasion.unit,
        org_unit_id=occasion.org_unit_id,
        charged_by=by.ref,
        on_behalf_of=by.on_behalf_of,
        at=at,
    )
    return charge, one


def _refund(charge: Charge, reason: str, by: Actor, at: datetime) -> None:
    Refund.objects.create(
        charge=charge, amount=charge.amount, reason=reason, refunded_by=by.ref, at=at
    )
    record(_told("charge.refunded", charge, charge.item.key, by, at, reason))


def _told(name: str, charge: Charge, key: str, by: Actor, at: datetime, reason: str = "") -> Fact:
    money = Money(Decimal(charge.amount), charge.currency)
    data = {"charge": charge.pk, "item": key, "unit_ref": charge.unit, "money": str(money)}
    return Fact(name, f"charge:{charge.pk}", charge.root, at, by, reason, data)
