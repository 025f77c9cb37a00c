from django.db import models
from django.db.models import Q

from bihuan.domain.portfolios.choices import CorrectionKind, CorrectionState


class Correction(models.Model):
    """Something in a file is wrong, or an agency asks for a change; an archivist writes it right (CUS-15, CUS-14)."""

    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=CorrectionKind.choices)
    field = models.CharField(max_length=64)
    said = models.CharField(max_length=500)
    # The agency or area office that asks; empty for a mistake our own people found.
    sender = models.CharField(max_length=100, blank=True)
    reported_by = models.ForeignKey("org.Staff", on_delete=models.PROTECT, related_name="+")
    reported_at = models.DateTimeField()
    state = models.CharField(
        max_length=16, choices=CorrectionState.choices, default=CorrectionState.REPORTED
    )
    archivist = models.ForeignKey(
        "org.Staff", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    assigned_by = models.CharField(max_length=64, blank=True)
    assigned_at = models.DateTimeField(null=True, blank=True)
    grant = models.ForeignKey(
        "customers.FileGrant", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    before = models.CharField(max_length=500, blank=True)
    after = models.CharField(max_length=500, blank=True)
    closed_by = models.CharField(max_length=64, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="correction_has_an_archivist_from_its_assignment",
                condition=Q(state=CorrectionState.REPORTED, archivist__isnull=True)
                | Q(state=CorrectionState.REFUSED)
                | Q(
                    state__in=(CorrectionState.ASSIGNED, CorrectionState.CORRECTED),
                    archivist__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="correction_closed_at_iff_ended",
                condition=Q(
                    state__in=(CorrectionState.CORRECTED, CorrectionState.REFUSED),
                    closed_at__isnull=False,
                )
                | Q(
                    state__in=(CorrectionState.REPORTED, CorrectionState.ASSIGNED),
                    closed_at__isnull=True,
                ),
            ),
        ]
        indexes = [
            # What waits for a manager or an archivist, newest first.
            models.Index(fields=["state", "-id"], name="correction_by_state"),
            models.Index(fields=["customer", "-id"], name="correction_by_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.field} {self.customer_id}"

    @property
    def ref(self) -> str:
        """Return the ref that notices carry."""
        return f"correction:{self.pk}"
