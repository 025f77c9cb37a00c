from django.db import models
from django.db.models import Q

from bihuan.domain.customers.choices import ConsolidationState


class Consolidation(models.Model):
    """One run over all files of an org unit and below: first pairs are found, then decided about in portions.

    `done` and the counts are written with what they count, so a run that was killed goes on there.
    """

    unit = models.ForeignKey("org.OrgUnit", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(
        max_length=16, choices=ConsolidationState.choices, default=ConsolidationState.FINDING
    )
    customers = models.IntegerField(default=0)
    found = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    merged = models.IntegerField(default=0)
    queued = models.IntegerField(default=0)
    # By source and org unit: how many are real, false or incomplete, and what is to be collected (CUS-01, CUS-02).
    report = models.JSONField(default=list)
    # By owner, null for nobody's, and field: how many files lack what should be known.
    collect = models.JSONField(default=list)
    by = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="org_unit_is_consolidated_once_at_a_time",
                fields=["unit"],
                condition=~Q(state=ConsolidationState.DONE),
            ),
            models.CheckConstraint(
                name="consolidation_finished_at_iff_done",
                condition=Q(state=ConsolidationState.DONE, finished_at__isnull=False)
                | (~Q(state=ConsolidationState.DONE) & Q(finished_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="consolidation_decides_about_what_was_found",
                condition=Q(done__gte=0, done__lte=models.F("found")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.created_at:%F}"


class Finding(models.Model):
    """Two files a run found to be one customer (`is_sure`) or perhaps; ids only, as files may merge meanwhile."""

    consolidation = models.ForeignKey(
        Consolidation, on_delete=models.CASCADE, related_name="findings"
    )
    nth = models.IntegerField()
    keep = models.BigIntegerField()
    other = models.BigIntegerField()
    is_sure = models.BooleanField()
    weight = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="finding_has_its_place", fields=["consolidation", "nth"]),
        ]

    def __str__(self) -> str:
        return f"{self.keep} ? {self.other}"
