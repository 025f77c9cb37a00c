from django.db import models
from django.db.models import F, Q

from bihuan.domain.customers.choices import PairState
from bihuan.domain.customers.models.customer import Customer


class Merge(models.Model):
    """Two files found to be one customer: `absorbed` rests, `survivor` goes on.

    `moved` names by table every row that went along, so that undoing brings exactly those back;
    `before` is what the survivor was.
    """

    survivor = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    absorbed = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    rule = models.CharField(max_length=32)
    evidence = models.JSONField(default=list)
    moved = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    by = models.CharField(max_length=64)
    at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)
    undone_by = models.CharField(max_length=64, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="customer_is_absorbed_once",
                fields=["absorbed"],
                condition=Q(undone_at__isnull=True),
            ),
            models.CheckConstraint(
                name="nobody_is_merged_into_themselves", condition=~Q(survivor=F("absorbed"))
            ),
            models.CheckConstraint(
                name="merge_undone_by_iff_undone_at",
                condition=Q(undone_at__isnull=True, undone_by="")
                | (Q(undone_at__isnull=False) & ~Q(undone_by="")),
            ),
        ]
        indexes = [
            # The record of merges on a customer's page.
            models.Index(fields=["survivor", "-id"], name="merge_by_survivor"),
        ]

    def __str__(self) -> str:
        return f"{self.absorbed_id} → {self.survivor_id}"


class Pair(models.Model):
    """Two files that may be one customer: somebody looks at the evidence and decides."""

    left = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    right = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    score = models.FloatField()
    evidence = models.JSONField(default=list)
    state = models.CharField(max_length=16, choices=PairState.choices, default=PairState.OPEN)
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=64, blank=True)
    merge = models.ForeignKey(
        Merge, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(name="pair_is_kept_once", fields=["left", "right"]),
            models.CheckConstraint(name="pair_is_in_order", condition=Q(left__lt=F("right"))),
            models.CheckConstraint(
                name="pair_decided_at_unless_open",
                condition=Q(state=PairState.OPEN, decided_at__isnull=True)
                | (~Q(state=PairState.OPEN) & Q(decided_at__isnull=False)),
            ),
        ]
        indexes = [
            # The queue, the most alike first.
            models.Index(
                fields=["-score", "id"],
                name="pair_to_decide",
                condition=Q(state=PairState.OPEN),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.left_id} ? {self.right_id}"
