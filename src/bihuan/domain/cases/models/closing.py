"""How a round of a case ends: the customer's answer, and the rows that allow a case to be closed."""

from django.db import models
from django.db.models import F, Q

from bihuan.domain.cases.choices import Channel, ClosureKind, ConsentAnswer
from bihuan.domain.cases.models.case import Case


class Consent(models.Model):
    """The customer's answer, at most one in a round."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="consents", db_index=False)
    round = models.PositiveSmallIntegerField()
    answer = models.CharField(max_length=20, choices=ConsentAnswer)
    channel = models.CharField(max_length=20, choices=Channel)
    asked_by = models.CharField(max_length=60)
    at = models.DateTimeField()
    note = models.TextField(blank=True)
    score = models.PositiveSmallIntegerField("满意度", null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "round"], name="customer_answers_once_in_a_round"
            ),
            # Referred to by the foreign key of closures.
            models.UniqueConstraint(
                fields=["id", "case", "answer"], name="consent_is_known_by_case_and_answer"
            ),
            models.CheckConstraint(
                condition=Q(answer__in=ConsentAnswer.values), name="consent_answer_is_known"
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__range=(1, 5)),
                name="score_is_one_to_five",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.answer}"


class Closure(models.Model):
    """The end of a round of a case. It stays as history when the case is reopened."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="closures")
    kind = models.CharField(max_length=20, choices=ClosureKind)
    consent = models.ForeignKey(Consent, models.PROTECT, null=True, related_name="+")
    consent_answer = models.CharField(max_length=20, null=True)  # noqa: DJ001 — part of a foreign key
    at = models.DateTimeField()
    by = models.CharField(max_length=60)
    reason = models.TextField(blank=True)
    # Two different people answer for a controlled closure (CMP-08).
    signed_by = models.CharField(max_length=60, blank=True, default="", db_default="")
    countersigned_by = models.CharField(max_length=60, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["id", "case"], name="closure_is_known_by_case"),
            models.CheckConstraint(
                condition=(
                    Q(kind=ClosureKind.CONTROLLED)
                    & ~Q(signed_by="")
                    & ~Q(countersigned_by="")
                    & ~Q(signed_by=F("countersigned_by"))
                )
                | (~Q(kind=ClosureKind.CONTROLLED) & Q(signed_by="", countersigned_by="")),
                name="controlled_closure_has_two_signatures_of_different_people",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind=ClosureKind.CONSENT, consent__isnull=False, consent_answer="AGREED"
                )
                | (
                    Q(
                        kind__in=[
                            ClosureKind.WITHDRAWN,
                            ClosureKind.IMPORTED,
                            ClosureKind.CONTROLLED,
                        ]
                    )
                    & Q(consent__isnull=True, consent_answer__isnull=True)
                ),
                name="closure_needs_an_agreed_consent_or_a_kind_counted_apart",
            ),
            models.CheckConstraint(
                condition=Q(kind=ClosureKind.CONSENT) | ~Q(reason=""),
                name="closure_without_consent_has_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind}"


class ControlledClosure(models.Model):
    """A controlled closure that was asked for and signed once; the second signature closes (CMP-08)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="+", db_index=False)
    round = models.PositiveSmallIntegerField()
    reason = models.TextField("理由")
    signed_by = models.CharField(max_length=60)
    signed_at = models.DateTimeField()
    countersigned_by = models.CharField(max_length=60, blank=True)
    countersigned_at = models.DateTimeField(null=True)
    declined_by = models.CharField(max_length=60, blank=True)
    declined_at = models.DateTimeField(null=True)
    decline_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "round"],
                condition=Q(declined_at__isnull=True),
                name="controlled_closure_is_asked_for_once_in_a_round",
            ),
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(signed_by=F("countersigned_by")),
                name="controlled_closure_is_reasoned_and_signed_by_two_people",
            ),
        ]

    def __str__(self) -> str:
        return self.reason[:40]
