"""The clocks that run on calendars."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from bihuan.domain.clocks.choices import ClockKind, ClockState
from bihuan.domain.clocks.models.calendars import Calendar


class Clock(models.Model):
    """A time budget that somebody must keep, or a timer. `ClockRow` mirrors the columns.

    Times used and allowed are microseconds of the kind of time the limit counts. `since` is when the
    present run began, `used_us` what earlier runs used. `warn_at` are the moments of `warn_texts` in
    the present run, `level` says how many of them are behind. Not `enforced`: the calendar's
    enforcement had not begun when it was due, so it is never overdue. After a handler failed, its
    moments wait until `retry_at`.
    """

    owner = models.TextField()
    root = models.TextField()
    kind = models.CharField(max_length=5, choices=ClockKind.choices)
    calendar = models.ForeignKey(
        Calendar,
        on_delete=models.PROTECT,
        to_field="code",
        db_column="calendar",
        db_index=False,
        null=True,
        related_name="+",
    )
    calendar_revision = models.BigIntegerField()
    limit_text = models.CharField(max_length=32)
    warn_texts = ArrayField(models.CharField(max_length=32))
    budget_us = models.BigIntegerField()
    used_us = models.BigIntegerField()
    since = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    warn_at = ArrayField(models.DateTimeField())
    next_moment_at = models.DateTimeField(null=True)
    level = models.SmallIntegerField()
    overdue_at = models.DateTimeField(null=True)
    enforced = models.BooleanField()
    state = models.CharField(max_length=7, choices=ClockState.choices)
    started_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    failures = models.SmallIntegerField(default=0, db_default=0)
    retry_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="clock_state_is_known", condition=Q(state__in=ClockState.values)
            ),
            models.CheckConstraint(
                name="clock_kind_is_known", condition=Q(kind__in=ClockKind.values)
            ),
            models.CheckConstraint(
                name="clock_owner_is_a_ref", condition=Q(owner__regex="^[a-z_]+:.")
            ),
            models.CheckConstraint(
                name="clock_runs_since_a_moment_iff_running",
                condition=Q(state="RUNNING", since__isnull=False)
                | (~Q(state="RUNNING") & Q(since__isnull=True)),
            ),
            models.CheckConstraint(
                name="clock_is_due_while_running",
                condition=~Q(state="RUNNING") | Q(due_at__isnull=False),
            ),
            models.CheckConstraint(
                name="clock_has_moments_only_while_running",
                condition=Q(state="RUNNING") | Q(next_moment_at__isnull=True),
            ),
            models.CheckConstraint(
                name="clock_stopped_at_a_moment_iff_stopped",
                condition=Q(state="STOPPED", stopped_at__isnull=False)
                | (~Q(state="STOPPED") & Q(stopped_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="clock_never_uses_less_than_nothing",
                condition=Q(used_us__gte=0, budget_us__gte=0),
            ),
            models.CheckConstraint(
                name="clock_has_a_moment_for_each_warning",
                condition=Q(warn_at__len=F("warn_texts__len")),
            ),
            models.CheckConstraint(
                name="clock_level_counts_its_warnings",
                condition=Q(level__gte=0, level__lte=F("warn_at__len")),
            ),
            models.UniqueConstraint(
                name="one_live_clock_an_owner", fields=["owner"], condition=~Q(state="STOPPED")
            ),
        ]
        indexes = [
            # The dispatcher's sweep: reads what is due, however many clocks run.
            models.Index(
                fields=["next_moment_at", "id"],
                name="clock_next_moment",
                condition=Q(state="RUNNING"),
            ),
            # After a calendar was changed: the clocks that still count by its old revision.
            models.Index(
                fields=["calendar", "calendar_revision"],
                name="clock_by_calendar_revision",
                condition=Q(state="RUNNING"),
            ),
            # All clocks of a case or instance, stopped ones included.
            models.Index(fields=["root"], name="clock_by_root"),
        ]
