from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q

from bihuan.domain.customers.choices import ContactKind, CustomerKind, Tier


class Customer(models.Model):
    """A person or organisation we serve, kept by one org unit (CUS-21)."""

    kind = models.CharField(
        max_length=16, choices=CustomerKind.choices, default=CustomerKind.PERSON
    )
    name = models.CharField(max_length=128)
    # Compared by code point, so that one index serves both the list's order and LIKE 'x%'.
    name_norm = models.CharField(max_length=128, db_collation="C")
    name_pinyin = models.CharField(max_length=256, blank=True)
    tier = models.CharField(max_length=16, choices=Tier.choices, default=Tier.NORMAL)
    unit = models.ForeignKey("org.OrgUnit", on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="customer_has_a_name", condition=~Q(name_norm="")),
        ]
        indexes = [
            # The list, by name, and the search by the beginning of a name.
            models.Index(fields=["name_norm", "id"], name="customer_by_name"),
            # The list within a subtree.
            models.Index(fields=["unit", "name_norm", "id"], name="customer_by_unit"),
            # The search by any two neighbouring characters of a name; trigrams need three.
            GinIndex(
                Func(F("name_norm"), function="customers_pairs"), name="customer_by_part_of_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ContactPoint(models.Model):
    """A phone, mail address, WeChat id or postal address of a customer."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contacts")
    kind = models.CharField(max_length=16, choices=ContactKind.choices)
    value = models.CharField(max_length=300)
    value_norm = models.CharField(max_length=300)
    last4 = models.CharField(max_length=4, blank=True)
    is_primary = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="contact_is_noted_once_per_customer",
                fields=["customer", "kind", "value_norm"],
            ),
            models.UniqueConstraint(
                name="contact_is_primary_once_per_kind",
                fields=["customer", "kind"],
                condition=Q(is_primary=True),
            ),
            models.CheckConstraint(
                name="contact_last4_iff_phone",
                condition=Q(kind=ContactKind.PHONE, last4__regex=r"^[0-9]{2,4}$")
                | (~Q(kind=ContactKind.PHONE) & Q(last4="")),
            ),
        ]
        indexes = [
            # "Who calls?": a full number.
            models.Index(fields=["value_norm", "kind"], name="contact_by_value"),
            # The search by the last four digits, also under a mask.
            models.Index(
                fields=["last4"], name="contact_by_last4", condition=Q(kind=ContactKind.PHONE)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Account(models.Model):
    """What we supply a customer under: a meter account, a contract, a subscription (户号)."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="accounts")
    number = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=32, blank=True)
    address = models.CharField(max_length=300, blank=True)
    unit = models.ForeignKey(
        "org.OrgUnit", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="account_number_is_capital_letters_digits_and_dashes",
                condition=Q(number__regex=r"^[A-Z0-9-]+$"),
            ),
        ]
        indexes = [
            # The search by the beginning of a number.
            models.Index(
                fields=["number"], name="account_by_number", opclasses=["text_pattern_ops"]
            ),
        ]

    def __str__(self) -> str:
        return self.number
