"""Calendars with their slots and the days that differ."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import IntegerRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from bihuan.domain.clocks.choices import DaySource

DAY = 1440


def _slot_is_possible(name: str) -> models.CheckConstraint:
    """Minutes after midnight; a slot may reach into the next day and is at most a day long."""
    condition = Q(begins__gte=0, begins__lt=DAY, ends__gt=F("begins"), ends__lte=F("begins") + DAY)
    return models.CheckConstraint(name=name, condition=condition)


def _slots_do_not_overlap(name: str, *within: str) -> ExclusionConstraint:
    span = Func("begins", "ends", function="int4range", output_field=IntegerRangeField())
    same = [(column, RangeOperators.EQUAL) for column in within]
    return ExclusionConstraint(name=name, expressions=[*same, (span, RangeOperators.OVERLAPS)])


class Calendar(models.Model):
    """When work is done: a week of slots, and days that differ from it.

    `revision` comes from one sequence for all calendars and is new with every change, so it names a
    content once and for all. `changed_at` is when the present revision came into force.
    """

    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=64)
    time_zone = models.CharField(max_length=64)
    official = models.CharField(max_length=2, blank=True)
    enforce_from = models.DateTimeField(null=True, blank=True)
    revision = models.BigIntegerField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="calendar_has_a_code", condition=~Q(code="")),
            models.CheckConstraint(name="calendar_revision_counts_up", condition=Q(revision__gt=0)),
        ]

    def __str__(self) -> str:
        return self.name


class WeekSlot(models.Model):
    """Open time on every Monday (0) to Sunday (6), in minutes after midnight."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="+")
    weekday = models.SmallIntegerField()
    begins = models.SmallIntegerField()
    ends = models.SmallIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="week_slot_is_on_a_weekday", condition=Q(weekday__gte=0, weekday__lte=6)
            ),
            _slot_is_possible("week_slot_is_possible"),
            _slots_do_not_overlap("week_slots_do_not_overlap", "calendar", "weekday"),
        ]


class SpecialDay(models.Model):
    """A day that differs from its weekday: shut, or open in other slots. A later source replaces an
    earlier one, but what a person entered stays when a pack or the official days come again."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    note = models.CharField(max_length=128, blank=True)
    source = models.CharField(max_length=8, choices=DaySource.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_special_day_a_date", fields=["calendar", "day"]),
            models.CheckConstraint(
                name="special_day_source_is_known", condition=Q(source__in=DaySource.values)
            ),
        ]


class SpecialSlot(models.Model):
    """Open time of a special day; a special day without any is shut."""

    special_day = models.ForeignKey(SpecialDay, on_delete=models.CASCADE, related_name="+")
    begins = models.SmallIntegerField()
    ends = models.SmallIntegerField()

    class Meta:
        constraints = [
            _slot_is_possible("special_slot_is_possible"),
            _slots_do_not_overlap("special_slots_do_not_overlap", "special_day"),
        ]


class OfficialYear(models.Model):
    """A year whose official holidays and make-up workdays were entered into a calendar."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="+")
    year = models.SmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_official_year_a_year", fields=["calendar", "year"])
        ]
