"""What is learned from a case and made good: cause, review, arbitration, CAPA, case base, compensation."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from bihuan.domain.cases.choices import (
    Attribution,
    CapaState,
    GrantKind,
    GrantState,
    ReviewResult,
    Ruling,
)
from bihuan.domain.cases.models.case import Case


class CauseCoding(models.Model):
    """Why it came to this: one coding a case, the newest counts (TKT-17)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="+", db_index=False)
    attribution = models.CharField("归因", max_length=20, choices=Attribution)
    cause = models.CharField("原因", max_length=120)
    org_unit_id = models.BigIntegerField(null=True)
    note = models.TextField(blank=True)
    by = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(attribution__in=Attribution.values), name="attribution_is_known"
            )
        ]
        indexes = [
            models.Index(fields=["case", "-id"], name="causes_of_a_case"),
            # How often each attribution, over a period.
            models.Index(fields=["attribution", "at"], name="causes_by_attribution"),
        ]

    def __str__(self) -> str:
        return self.cause


class ResultReview(models.Model):
    """A result held against law, rules and what the customer asked, before they hear it (TKT-16)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="+", db_index=False)
    round = models.PositiveSmallIntegerField()
    result = models.CharField(max_length=20, choices=ReviewResult)
    basis = models.TextField("依据", blank=True)
    note = models.TextField("意见", blank=True)
    by = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["case", "-id"], name="reviews_of_a_case")]

    def __str__(self) -> str:
        return self.result


class Arbitration(models.Model):
    """The inspection unit is asked to rule where there is no agreement, and rules (CMP-20)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="+", db_index=False)
    question = models.TextField("争议")
    asked_by = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    ruling = models.CharField("裁定", max_length=20, choices=Ruling, blank=True)
    grounds = models.TextField("理由", blank=True)
    ruled_by = models.CharField(max_length=60, blank=True)
    ruled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(ruled_at__isnull=True),
                name="one_arbitration_of_a_case_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(ruled_at__isnull=True, ruling="", ruled_by="")
                | (Q(ruled_at__isnull=False) & ~Q(ruling="") & ~Q(grounds="")),
                name="ruling_has_grounds_and_a_moment",
            ),
            models.CheckConstraint(
                condition=~Q(ruled_by=F("asked_by")), name="nobody_rules_on_their_own_question"
            ),
        ]
        indexes = [models.Index(fields=["case"], name="arbitrations_of_a_case")]

    def __str__(self) -> str:
        return self.question[:40]


class Capa(models.Model):
    """纠正预防措施: root cause, what corrects it, what prevents it, whether that worked (CMP-12)."""

    case = models.OneToOneField(Case, models.PROTECT, related_name="+")
    root_cause = models.TextField("根本原因")
    correction = models.TextField("纠正措施")
    prevention = models.TextField("预防措施")
    owner_id = models.BigIntegerField()
    due_date = models.DateField("完成期限")
    state = models.CharField(max_length=20, choices=CapaState, default=CapaState.PLANNED)
    by = models.CharField(max_length=60)
    at = models.DateTimeField()
    evidence = models.TextField("完成情况", blank=True)
    done_at = models.DateTimeField(null=True)
    checked_by = models.CharField(max_length=60, blank=True)
    checked_at = models.DateTimeField(null=True)
    is_effective = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=CapaState.CHECKED)
                | Q(checked_at__isnull=False, is_effective__isnull=False),
                name="checked_capa_says_whether_it_worked",
            ),
        ]
        # What is due.
        indexes = [models.Index(fields=["state", "due_date"], name="capas_by_state_and_due")]

    def __str__(self) -> str:
        return self.root_cause[:40]


class CaseStudy(models.Model):
    """案例: problem, cause, solution and where, for the next who meets the same (CMP-09)."""

    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="+", db_index=False)
    pack = models.CharField(max_length=60)
    class_code = models.CharField(max_length=200)
    region_id = models.BigIntegerField(null=True)
    problem = models.TextField("问题")
    cause = models.TextField("原因")
    solution = models.TextField("方案")
    pairs = ArrayField(models.CharField(max_length=2))
    is_published = models.BooleanField(default=False)
    by = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            # Studies that share pairs of characters with a text.
            GinIndex(fields=["pairs"], name="studies_by_pairs"),
            models.Index(fields=["pack", "class_code"], name="studies_of_a_class"),
        ]

    def __str__(self) -> str:
        return self.problem[:40]


class Grant(models.Model):
    """Compensation, or a reward for a good suggestion: proposed, then approved by somebody else.

    CMP-14, CMP-19, CMP-21.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=GrantKind)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3, default="CNY")
    reason = models.TextField()
    state = models.CharField(max_length=20, choices=GrantState, default=GrantState.PROPOSED)
    proposed_by = models.CharField(max_length=60)
    proposed_at = models.DateTimeField()
    decided_by = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="grant_is_not_negative"),
            models.CheckConstraint(
                condition=~Q(proposed_by=F("decided_by")), name="nobody_decides_their_own_grant"
            ),
            models.CheckConstraint(
                condition=Q(state=GrantState.PROPOSED, decided_at__isnull=True)
                | (~Q(state=GrantState.PROPOSED) & Q(decided_at__isnull=False)),
                name="grant_is_decided_at_a_moment",
            ),
        ]
        indexes = [models.Index(fields=["case"], name="grants_of_a_case")]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"
