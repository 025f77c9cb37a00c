from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q

from bihuan.domain.customers.choices import (
    Consent,
    ContactKind,
    CustomerKind,
    LifeState,
    LostReason,
    Tier,
)


class Customer(models.Model):
    """A person or organisation we serve, kept by one org unit (CUS-21)."""

    kind = models.CharField(
        max_length=16, choices=CustomerKind.choices, default=CustomerKind.PERSON
    )
    name = models.CharField(max_length=128)
    # Compared by code point, so that one index serves both the list's order and LIKE 'x%'.
    name_norm = models.CharField(max_length=128, db_collation="C")
    name_pinyin = models.CharField(max_length=256, blank=True, db_collation="C")
    name_initials = models.CharField(max_length=128, blank=True, db_collation="C")
    # What a double may be found by: see `rules.records.match_key`.
    match_key = models.CharField(max_length=128, blank=True, db_collation="C")
    tier = models.CharField(max_length=16, choices=Tier.choices, default=Tier.NORMAL)
    # What a tier that decides the service gives a new case in queues, 0 to 100 (SEG-17).
    priority = models.SmallIntegerField(default=0, db_default=0)
    # Keys without an index of their own are the first column of another one: an import writes each index.
    unit = models.ForeignKey(
        "org.OrgUnit", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    owner = models.ForeignKey(
        "org.Staff",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
    )
    note = models.TextField(blank=True)
    state = models.CharField(max_length=16, choices=LifeState.choices, default=LifeState.CUSTOMER)
    lost_reason = models.CharField(max_length=16, choices=LostReason.choices, blank=True)
    lost_at = models.DateTimeField(null=True, blank=True)
    # Soft attributes and the fields that packs define, by key (CUS-06, CUS-12).
    attributes = models.JSONField(default=dict)
    # Which source row is believed for a field, where somebody chose one.
    pinned = models.JSONField(default=dict)
    # Per cent of what should be known, and what is not (CUS-05).
    completeness = models.SmallIntegerField(default=0)
    missing = ArrayField(models.CharField(max_length=32), default=list)
    # A file found to be another one's double rests and points at the one that goes on.
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    # Made anonymous at the customer's wish; nothing brings it back (decision 0344).
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="customer_has_a_name", condition=~Q(name_norm="")),
            models.CheckConstraint(
                name="customer_lost_at_and_why_iff_lost",
                condition=Q(state=LifeState.LOST, lost_at__isnull=False) & ~Q(lost_reason="")
                | ~Q(state=LifeState.LOST) & Q(lost_at__isnull=True, lost_reason=""),
            ),
            models.CheckConstraint(
                name="customer_completeness_is_a_share",
                condition=Q(completeness__gte=0, completeness__lte=100),
            ),
            models.CheckConstraint(
                name="customer_is_not_merged_into_itself",
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
            ),
        ]
        indexes = [
            # The list, by name, and the search by the beginning of a name.
            models.Index(fields=["name_norm", "id"], name="customer_by_name"),
            # The list within a subtree.
            models.Index(fields=["unit", "name_norm", "id"], name="customer_by_unit"),
            # The search by pinyin, kept as "zhangxiaolan", and by initials, "zxl"; both in the order shown.
            models.Index(fields=["name_pinyin", "name_norm", "id"], name="customer_by_sound"),
            models.Index(fields=["name_initials", "name_norm", "id"], name="customer_by_initial"),
            # Doubles, when a record arrives.
            models.Index(
                fields=["match_key"], name="customer_by_match_key", condition=~Q(match_key="")
            ),
            # Who was merged into a customer; few rows have it.
            models.Index(
                fields=["merged_into"],
                name="customer_by_survivor",
                condition=Q(merged_into__isnull=False),
            ),
            # Prospects, and who left: few among all.
            models.Index(
                fields=["state", "name_norm", "id"],
                name="customer_by_state",
                condition=~Q(state=LifeState.CUSTOMER),
            ),
            # The portfolio of one member of staff.
            models.Index(
                fields=["owner"], name="customer_by_owner", condition=Q(owner__isnull=False)
            ),
            # The search by any two neighbouring characters of a name; trigrams need three.
            GinIndex(
                Func(F("name_norm"), function="customers_pairs"), name="customer_by_part_of_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ContactPoint(models.Model):
    """A phone, mail address, WeChat id or postal address of a customer."""

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="contacts", db_index=False
    )
    kind = models.CharField(max_length=16, choices=ContactKind.choices)
    value = models.CharField(max_length=300)
    value_norm = models.CharField(max_length=300)
    last4 = models.CharField(max_length=4, blank=True)
    is_primary = models.BooleanField(default=False)
    # Of an address: province, city, district, street, detail, as far as they are certain.
    parts = models.JSONField(default=dict)
    consent = models.CharField(max_length=16, choices=Consent.choices, default=Consent.UNKNOWN)
    consent_at = models.DateTimeField(null=True, blank=True)
    # Not to be contacted between these times of day, local; over midnight when the first is later.
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
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
                name="contact_quiet_hours_have_both_ends",
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
            ),
            models.CheckConstraint(
                name="contact_consent_has_its_moment",
                condition=Q(consent=Consent.UNKNOWN, consent_at__isnull=True)
                | (~Q(consent=Consent.UNKNOWN) & Q(consent_at__isnull=False)),
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
