from django.db import models
from django.db.models import Q

from bihuan.domain.customers.models.customer import Customer


class Source(models.Model):
    """A system customers' data come from. Where two disagree the one trusted more is believed."""

    code = models.CharField(max_length=32, unique=True)
    title = models.CharField(max_length=64)
    trust = models.SmallIntegerField(default=50)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="source_trust_is_a_share", condition=Q(trust__gte=0, trust__lte=100)
            ),
        ]

    def __str__(self) -> str:
        return self.title


class SourceRow(models.Model):
    """What one source said of one customer, as it was understood: the origin of every value.

    A merge moves rows to the customer that goes on; undoing moves them back.
    """

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=100)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="source_rows")
    values = models.JSONField()
    # Of `values`: the same row again changes nothing.
    digest = models.CharField(max_length=32)
    # The import and the line it came with; typed-in rows have neither.
    batch = models.ForeignKey(
        "customers.ImportBatch",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
    )
    line = models.IntegerField(null=True, blank=True)
    first_seen_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="source_row_has_one_key", fields=["source", "key"]),
        ]

    def __str__(self) -> str:
        return f"{self.source_id}:{self.key}"
