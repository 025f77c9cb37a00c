from django.db import models
from django.db.models import F, Q

from bihuan.domain.customers.choices import IdentifierKind, RelationKind
from bihuan.domain.customers.models.customer import Customer


class Identifier(models.Model):
    """A number that names one person or organisation: resident id, credit code, passport (CUS-01)."""

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="identifiers", db_index=False
    )
    kind = models.CharField(max_length=16, choices=IdentifierKind.choices)
    value_norm = models.CharField(max_length=64)
    # Its check digit was verified: only such numbers prove that two files are, or are not, the same.
    is_proven = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="identifier_is_noted_once_per_customer",
                fields=["customer", "kind", "value_norm"],
            ),
        ]
        indexes = [
            # "Whose number is this?", on arrival of a record.
            models.Index(fields=["value_norm", "kind"], name="identifier_by_value"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Relation(models.Model):
    """What one customer is to another: `customer` is the contact, subsidiary, driver … of `other`."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="relations")
    other = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="related")
    kind = models.CharField(max_length=16, choices=RelationKind.choices)
    note = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="relation_is_noted_once", fields=["customer", "other", "kind"]
            ),
            models.CheckConstraint(
                name="nobody_is_related_to_themselves", condition=~Q(customer=F("other"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Contract(models.Model):
    """What was agreed with a customer, from a day until a day (both included)."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="contracts")
    number = models.CharField(max_length=64, unique=True)
    title = models.CharField(max_length=128)
    starts_date = models.DateField()
    ends_date = models.DateField(null=True, blank=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, default="CNY")
    terms = models.TextField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="contract_ends_after_it_starts",
                condition=Q(ends_date__isnull=True) | Q(ends_date__gte=F("starts_date")),
            ),
        ]
        indexes = [
            # What runs out soon (CUS-18).
            models.Index(fields=["ends_date"], name="contract_by_end"),
        ]

    def __str__(self) -> str:
        return self.number
