from django.db import models
from django.db.models import Q

from bihuan.domain.portfolios.choices import CallOutcome, HandoverState


class Handover(models.Model):
    """Customers asked to be given to somebody else, all or none; a manager signs and names whom (CUS-16, CBK-05)."""

    unit = models.ForeignKey("org.OrgUnit", on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey("org.Staff", on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    # How the customers were found, in words; empty where each was named.
    condition = models.CharField(max_length=200, blank=True)
    state = models.CharField(
        max_length=16, choices=HandoverState.choices, default=HandoverState.ASKED
    )
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=64, blank=True)
    said = models.CharField(max_length=500, blank=True)
    owner = models.ForeignKey(
        "org.Staff", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    due_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="handover_decided_by_somebody_unless_asked",
                condition=Q(state=HandoverState.ASKED, decided_at__isnull=True, decided_by="")
                | (~Q(state=HandoverState.ASKED) & Q(decided_at__isnull=False) & ~Q(decided_by="")),
            ),
            models.CheckConstraint(
                name="handover_has_an_owner_and_a_limit_once_signed",
                condition=Q(
                    state__in=(HandoverState.SIGNED, HandoverState.UNDONE),
                    owner__isnull=False,
                    due_at__isnull=False,
                )
                | Q(
                    state__in=(HandoverState.ASKED, HandoverState.REFUSED),
                    owner__isnull=True,
                    due_at__isnull=True,
                ),
            ),
        ]
        indexes = [
            # What waits for a signature, what is under way, newest first.
            models.Index(fields=["unit", "state", "-id"], name="handover_by_unit"),
            models.Index(fields=["owner", "-id"], name="handover_by_owner"),
        ]

    def __str__(self) -> str:
        return f"H{self.pk}"

    @property
    def ref(self) -> str:
        """Return the ref that facts, notices and its clock carry."""
        return f"handover:{self.pk}"


class HandoverLine(models.Model):
    """One customer of a hand-over: who had them, and the new owner's first call."""

    handover = models.ForeignKey(Handover, on_delete=models.CASCADE, related_name="lines")
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="+")
    former = models.ForeignKey(
        "org.Staff", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    called_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=16, choices=CallOutcome.choices, blank=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="first_call_has_an_outcome",
                condition=Q(called_at__isnull=True, outcome="")
                | (Q(called_at__isnull=False) & ~Q(outcome="")),
            ),
        ]

    def __str__(self) -> str:
        return f"H{self.handover_id}: {self.customer_id}"
