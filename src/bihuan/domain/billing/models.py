"""Items and their prices by region and period; what was charged for a unit, and paid back."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce

from bihuan.domain.org.models import OrgUnit

_PERIOD = Func("valid_from", "valid_until", function="tstzrange", output_field=DateTimeRangeField())


class Item(models.Model):
    """Something that is charged for (FLW-05). Refundable: paid back when the unit it was charged for is undone."""

    key = models.CharField(max_length=128, unique=True)
    name = models.CharField(max_length=128)
    is_refundable = models.BooleanField()


class Price(models.Model):
    """What an item costs in a region and everything below it, from (included) until (excluded).

    Without a region it counts everywhere; of several regions the nearest counts.
    """

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+")
    region = models.ForeignKey(OrgUnit, null=True, on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [
            models.CheckConstraint(name="price_is_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="price_ends_after_it_begins",
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
            ),
            ExclusionConstraint(
                name="price_is_one_in_a_region_at_a_moment",
                expressions=[
                    ("item", RangeOperators.EQUAL),
                    (Coalesce("region_id", Value(0)), RangeOperators.EQUAL),
                    (_PERIOD, RangeOperators.OVERLAPS),
                ],
            ),
        ]


class Charge(models.Model):
    """An item charged for a unit. `is_carried`: its unit was undone and it counts for the next run of the unit."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+", db_index=False)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3)
    root = models.TextField()
    instance = models.TextField()
    node = models.TextField()
    unit = models.TextField()
    org_unit = models.ForeignKey(
        OrgUnit, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    charged_by = models.TextField()
    on_behalf_of = models.TextField(default="")
    at = models.DateTimeField()
    is_carried = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(name="charge_is_positive", condition=Q(amount__gt=0)),
            models.UniqueConstraint(name="item_is_charged_once_a_unit", fields=["unit", "item"]),
        ]
        indexes = [
            models.Index(fields=["root", "id"], name="charge_by_root"),
            # What a unit that comes by again has paid already, and what an instance that ends has charged.
            models.Index(fields=["instance", "node"], name="charge_of_instance"),
        ]


class Refund(models.Model):
    """A charge paid back, once and whole."""

    charge = models.OneToOneField(Charge, on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    reason = models.TextField()
    refunded_by = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="refund_names_its_reason", condition=~Q(reason="")),
        ]
