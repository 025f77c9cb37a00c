from django.db import models
from django.db.models import Q

from bihuan.domain.portfolios.choices import Purpose, RequestState, Verdict


class FileRequest(models.Model):
    """Somebody asks to open a file that is not theirs; a manager signs or refuses (SEC-01)."""

    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="+")
    staff = models.ForeignKey("org.Staff", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    why = models.CharField(max_length=500)
    hours = models.SmallIntegerField()
    state = models.CharField(
        max_length=16, choices=RequestState.choices, default=RequestState.ASKED
    )
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=64, blank=True)
    said = models.CharField(max_length=500, blank=True)
    grant = models.ForeignKey(
        "customers.FileGrant", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="file_request_lasts_some_hours", condition=Q(hours__gte=1, hours__lte=168)
            ),
            models.CheckConstraint(
                name="file_request_decided_by_somebody_unless_asked",
                condition=Q(state=RequestState.ASKED, decided_at__isnull=True, decided_by="")
                | (~Q(state=RequestState.ASKED) & Q(decided_at__isnull=False) & ~Q(decided_by="")),
            ),
            models.CheckConstraint(
                name="file_request_has_a_grant_iff_granted",
                condition=Q(state=RequestState.GRANTED, grant__isnull=False)
                | (~Q(state=RequestState.GRANTED) & Q(grant__isnull=True)),
            ),
        ]
        indexes = [
            # What waits for a signature, and one's own requests, newest first.
            models.Index(fields=["state", "-id"], name="file_request_by_state"),
            models.Index(fields=["staff", "-id"], name="file_request_by_staff"),
        ]

    def __str__(self) -> str:
        return f"{self.staff_id} ? {self.customer_id}"


class BrokenGlass(models.Model):
    """A file opened in an emergency without a signature: known at once, reviewed afterwards."""

    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="+")
    staff = models.ForeignKey("org.Staff", on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=500)
    at = models.DateTimeField()
    grant = models.ForeignKey("customers.FileGrant", on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=16, choices=Verdict.choices, default=Verdict.OPEN)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.CharField(max_length=64, blank=True)
    said = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="broken_glass_reviewed_by_somebody_unless_open",
                condition=Q(verdict=Verdict.OPEN, reviewed_at__isnull=True, reviewed_by="")
                | (~Q(verdict=Verdict.OPEN) & Q(reviewed_at__isnull=False) & ~Q(reviewed_by="")),
            ),
        ]
        indexes = [
            # What waits for a review, newest first.
            models.Index(fields=["verdict", "-id"], name="broken_glass_by_verdict"),
        ]

    def __str__(self) -> str:
        return f"{self.staff_id} ! {self.customer_id}"
