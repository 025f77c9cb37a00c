"""What the public portal must remember: codes sent to phones, and how often somebody tried something."""

from django.db import models
from django.db.models import F, Q

from bihuan.domain.cases.models.case import Case


class PhoneCode(models.Model):
    """A code sent to a case's phone. Only its hash is kept; it dies by age, by use or by wrong guesses."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="+", db_index=False)
    code_hash = models.CharField(max_length=64)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    wrong = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("sent_at")),
                name="phone_code_expires_after_it_was_sent",
            ),
        ]
        indexes = [
            # The latest code of a case.
            models.Index(fields=["case", "-sent_at"], name="phone_codes_of_a_case"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.sent_at}"


class Attempt(models.Model):
    """Somebody from the public tried something that is counted. `who` is a hash, never a number or address."""

    kind = models.CharField(max_length=20)
    who = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            # How often lately.
            models.Index(fields=["kind", "who", "-at"], name="attempts_of_somebody"),
            # What may be forgotten.
            models.Index(fields=["at"], name="attempts_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at}"
