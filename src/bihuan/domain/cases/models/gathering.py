"""Cases that belong together: linked, children of a mass incident, merged, or many of a kind at once."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from bihuan.domain.cases.choices import LinkKind
from bihuan.domain.cases.models.case import Case, CaseClass
from bihuan.domain.org.models import OrgUnit


class CaseLink(models.Model):
    """Two cases have to do with one another; the lower id first. It stays as history when removed."""

    first = models.ForeignKey(Case, models.PROTECT, related_name="+", db_index=False)
    second = models.ForeignKey(Case, models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=20, choices=LinkKind)
    note = models.TextField(blank=True)
    by = models.CharField(max_length=60)
    at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="link_joins_two_cases_lower_id_first"
            ),
            models.UniqueConstraint(
                fields=["first", "second"],
                condition=Q(removed_at__isnull=True),
                name="two_cases_are_linked_once",
            ),
        ]
        indexes = [
            models.Index(fields=["first"], name="links_of_first"),
            models.Index(fields=["second"], name="links_of_second"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} {self.kind} {self.second_id}"


class CaseMerge(models.Model):
    """A case merged into another, the tombstone; undone, it stays as history.

    `rested` says that the merge let the case's process rest, so that undoing lets it go on.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="+", db_index=False)
    survivor = models.ForeignKey(Case, models.PROTECT, related_name="+", db_index=False)
    state_before = models.CharField(max_length=20)
    rested = models.BooleanField()
    reason = models.TextField()
    by = models.CharField(max_length=60)
    at = models.DateTimeField()
    undone_by = models.CharField(max_length=60, blank=True)
    undone_at = models.DateTimeField(null=True)
    undo_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(case=F("survivor")), name="a_case_is_not_merged_into_itself"
            ),
            models.UniqueConstraint(
                fields=["case"],
                condition=Q(undone_at__isnull=True),
                name="a_case_is_merged_into_one_other",
            ),
        ]
        # What was merged into a case.
        indexes = [models.Index(fields=["survivor"], name="merges_of_survivor")]

    def __str__(self) -> str:
        return f"{self.case_id} → {self.survivor_id}"


class Burst(models.Model):
    """Many cases of one class at one org unit within a short time: reported upwards at once (TKT-19)."""

    cls = models.ForeignKey(CaseClass, models.PROTECT, related_name="+", db_index=False)
    org_unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", db_index=False)
    case_ids = ArrayField(models.BigIntegerField())
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    detected_at = models.DateTimeField()
    told = ArrayField(models.BigIntegerField(), default=list)
    told_at_count = models.PositiveIntegerField()
    taken_by = models.CharField(max_length=60, blank=True)
    taken_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        indexes = [
            # The one under way for a class at a unit.
            models.Index(fields=["cls", "org_unit", "-last_at"], name="bursts_by_class_and_unit"),
            # Nobody has taken it in hand yet.
            models.Index(
                fields=["-id"], condition=Q(taken_at__isnull=True), name="bursts_not_taken"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cls_id} ×{len(self.case_ids)}"
