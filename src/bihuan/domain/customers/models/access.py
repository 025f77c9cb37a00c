from django.db import models
from django.db.models import F, Q

from bihuan.domain.customers.choices import GrantKind
from bihuan.domain.customers.models.customer import Customer


class FileGrant(models.Model):
    """One person may open one customer's file, for a purpose, from–until; it ends by itself (SEC-01)."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    staff = models.ForeignKey("org.Staff", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=GrantKind.choices)
    purpose = models.CharField(max_length=200)
    given_by = models.CharField(max_length=64)
    granted_from = models.DateTimeField()
    granted_until = models.DateTimeField()
    # Taken back before its time.
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="file_grant_ends_after_it_begins",
                condition=Q(granted_until__gt=F("granted_from")),
            ),
            models.CheckConstraint(
                name="file_grant_ended_by_iff_ended_at",
                condition=Q(ended_at__isnull=True, ended_by="")
                | (Q(ended_at__isnull=False) & ~Q(ended_by="")),
            ),
        ]
        indexes = [
            # "Which files were opened to me": asked with every question about customers.
            models.Index(
                fields=["staff", "granted_until"],
                name="file_grant_by_staff",
                condition=Q(ended_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.staff_id} → {self.customer_id}"


class Tenure(models.Model):
    """Who looked after a customer from when until when; `staff` is empty while nobody did (CUS-16)."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    staff = models.ForeignKey(
        "org.Staff", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    owned_from = models.DateTimeField()
    owned_until = models.DateTimeField(null=True, blank=True)
    by = models.CharField(max_length=64)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="customer_has_one_owner_at_a_time",
                fields=["customer"],
                condition=Q(owned_until__isnull=True),
            ),
            models.CheckConstraint(
                name="tenure_does_not_end_before_it_begins",
                condition=Q(owned_until__isnull=True) | Q(owned_until__gte=F("owned_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.staff_id}"
