"""Shifts with what they hand over, the run log, daily sheets, and contingency plans under way."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from bihuan.domain.org.choices import LogKind, StepState
from bihuan.domain.org.models.places import OrgUnit
from bihuan.domain.org.models.staff import Staff


class Shift(models.Model):
    """A shift (班次) of an org unit, from taking over to being taken over.

    `taken_items` are the open matters that whoever began it acknowledged. It is handed over at
    `handed_at` and ends when the next one begins.
    """

    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", db_index=False)
    name = models.CharField("班次", max_length=20)
    leader = models.ForeignKey(Staff, models.PROTECT, related_name="+", db_index=False)
    began_at = models.DateTimeField()
    taken_items = ArrayField(models.BigIntegerField(), default=list)
    handed_at = models.DateTimeField(null=True)
    handed_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, related_name="+", db_index=False
    )
    handover_note = models.TextField("交班说明", blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit"],
                condition=Q(ended_at__isnull=True),
                name="an_org_unit_has_one_shift_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(handed_at__isnull=True, handed_by__isnull=True)
                | Q(handed_by__isnull=False, handed_at__gte=F("began_at")),
                name="shift_is_handed_over_by_somebody_at_a_moment",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(handed_at__isnull=False),
                name="shift_ends_after_it_was_handed_over",
            ),
        ]
        indexes = [
            # The shifts of an org unit, latest first.
            models.Index(fields=["unit", "-id"], name="shifts_of_an_org_unit"),
        ]

    def __str__(self) -> str:
        return self.name


class HandoverItem(models.Model):
    """An open matter (交接事项): noted by somebody, or found open when a shift was handed over (`why`)."""

    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", db_index=False)
    text = models.TextField("事项")
    subject = models.CharField(max_length=60, blank=True)
    number = models.CharField("单号", max_length=40, blank=True)
    why = models.CharField(max_length=40, blank=True)
    noted_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="handover_item_says_something"),
            models.UniqueConstraint(
                fields=["unit", "subject"],
                condition=Q(settled_at__isnull=True) & ~Q(subject="") & ~Q(why=""),
                name="an_open_matter_is_listed_once",
            ),
        ]
        indexes = [
            # What an org unit has to hand over.
            models.Index(
                fields=["unit", "id"],
                condition=Q(settled_at__isnull=True),
                name="open_handover_items",
            ),
            # What was settled lately.
            models.Index(fields=["unit", "-settled_at"], name="settled_handover_items"),
        ]

    def __str__(self) -> str:
        return self.text[:40]


class LogEntry(models.Model):
    """A line of the run log (运行日志). Lines are added, never changed."""

    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=12, choices=LogKind)
    text = models.TextField()
    by = models.ForeignKey(Staff, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="log_entry_says_something"),
            models.CheckConstraint(
                condition=Q(kind__in=LogKind.values), name="log_entry_kind_is_known"
            ),
        ]
        indexes = [
            # The log of an org unit, newest first.
            models.Index(fields=["unit", "-at", "-id"], name="log_of_an_org_unit"),
        ]

    def __str__(self) -> str:
        return self.text[:40]


class DailySheet(models.Model):
    """The signed daily sheet (值班日报) of an org unit: what the day came to, as it stood when it was signed."""

    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    figures = models.JSONField(default=list)
    remarks = models.TextField("说明", blank=True)
    signed_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", db_index=False)
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "day"], name="a_day_is_signed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.day}"


class SheetRead(models.Model):
    """Somebody has read a daily sheet."""

    sheet = models.ForeignKey(DailySheet, models.PROTECT, related_name="+", db_index=False)
    staff = models.ForeignKey(Staff, models.PROTECT, related_name="+", db_index=False)
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sheet", "staff"], name="a_sheet_is_read_once"),
        ]

    def __str__(self) -> str:
        return f"{self.staff_id}"


class PlanRun(models.Model):
    """A contingency plan (应急预案) that was started; its steps are those of the version in force then."""

    unit = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+", db_index=False)
    plan = models.CharField(max_length=120)
    title = models.CharField(max_length=120)
    reason = models.TextField("启动原因")
    is_drill = models.BooleanField(default=False)
    started_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", db_index=False)
    started_at = models.DateTimeField()
    ended_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True)
    outcome = models.TextField("结果", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "plan"],
                condition=Q(ended_at__isnull=True),
                name="a_plan_runs_once_in_an_org_unit",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="plan_is_started_for_a_reason"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__gte=F("started_at"), ended_by__isnull=False),
                name="plan_is_ended_by_somebody_at_a_moment",
            ),
        ]
        indexes = [
            # The plans of an org unit, latest first.
            models.Index(fields=["unit", "-id"], name="plans_of_an_org_unit"),
        ]

    def __str__(self) -> str:
        return self.title


class PlanStep(models.Model):
    """One line of the checklist of a plan under way."""

    run = models.ForeignKey(PlanRun, models.PROTECT, related_name="steps")
    position = models.PositiveSmallIntegerField()
    text = models.TextField()
    who = models.CharField(max_length=60, blank=True)
    due_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=StepState, default=StepState.OPEN)
    done_by = models.ForeignKey(Staff, models.PROTECT, null=True, related_name="+", db_index=False)
    done_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "position"], name="a_plan_has_steps_in_order"),
            models.CheckConstraint(
                condition=Q(state=StepState.OPEN, done_at__isnull=True, done_by__isnull=True)
                | Q(
                    state__in=[StepState.DONE, StepState.SKIPPED],
                    done_at__isnull=False,
                    done_by__isnull=False,
                ),
                name="plan_step_is_done_by_somebody_at_a_moment",
            ),
            models.CheckConstraint(
                condition=~Q(state=StepState.SKIPPED) | ~Q(note=""),
                name="plan_step_is_skipped_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:40]
