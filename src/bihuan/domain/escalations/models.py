"""Which units' limits are being watched, and what has been escalated to whom."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from bihuan.domain.escalations.choices import Cause
from bihuan.domain.org.models import Staff


class Climb(models.Model):
    """A ladder watches the limit of one unit, from its opening to its end.

    Its clock `ladder:<id>` has the unit's own limit and calendar, rests when the unit's rests, and warns
    at the shares the ladder names, beyond the limit too.
    """

    ladder = models.CharField(max_length=120)
    subject = models.CharField(max_length=60)
    instance_id = models.BigIntegerField()
    token_id = models.BigIntegerField()
    node = models.CharField(max_length=120)
    org_unit_id = models.BigIntegerField(null=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["token_id", "ladder"],
                condition=Q(ended_at__isnull=True),
                name="a_ladder_watches_a_unit_once",
            ),
        ]
        indexes = [
            # What must follow an instance.
            models.Index(
                fields=["instance_id"],
                condition=Q(ended_at__isnull=True),
                name="climbs_of_instance",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ladder} {self.node}"

    @property
    def owner(self) -> str:
        """Return the owner of its clock."""
        return f"ladder:{self.pk}"


class Escalation(models.Model):
    """A step of a ladder that fired, once for each occasion, and who was told.

    `ladder_level` is the level the step raises to, 0 when it only tells people.
    """

    ladder = models.CharField(max_length=120)
    step = models.CharField(max_length=60)
    subject = models.CharField(max_length=60)
    occasion = models.CharField(max_length=60)
    cause = models.CharField(max_length=10, choices=Cause)
    node = models.CharField(max_length=120, blank=True)
    level = models.PositiveSmallIntegerField(default=0)
    level_name = models.CharField(max_length=40, blank=True)
    title = models.CharField(max_length=200)
    told = ArrayField(models.BigIntegerField(), default=list)
    at = models.DateTimeField()
    repeats = models.PositiveSmallIntegerField(default=0)
    needs_answer = models.BooleanField(default=False)
    acknowledged_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, related_name="+", db_index=False
    )
    acknowledged_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "ladder", "step", "occasion"],
                name="a_step_fires_once_on_an_occasion",
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_by__isnull=True, acknowledged_at__isnull=True)
                | Q(acknowledged_by__isnull=False, acknowledged_at__gte=F("at")),
                name="escalation_is_acknowledged_by_somebody_at_a_moment",
            ),
            models.CheckConstraint(
                condition=Q(cause__in=Cause.values), name="escalation_cause_is_known"
            ),
        ]
        indexes = [
            # What still waits for somebody to say "mine".
            models.Index(
                fields=["-id"],
                condition=Q(needs_answer=True, acknowledged_at__isnull=True),
                name="escalations_unanswered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.title}"

    @property
    def owner(self) -> str:
        """Return the owner of the clock that repeats it."""
        return f"escalation:{self.pk}"
