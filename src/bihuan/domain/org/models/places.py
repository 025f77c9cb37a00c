"""The unit tree, posts and roles, and the periods that tie staff to them."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from bihuan.domain.org.models.staff import Staff


def _period(since: str, until: str) -> Func:
    return Func(since, until, function="tstzrange", output_field=DateTimeRangeField())


class OrgUnit(models.Model):
    """A place in the organisation. `path` lists the ids from the root, so a subtree is a prefix."""

    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=128)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    path = models.CharField(max_length=512)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="org_unit_is_not_its_own_parent", condition=~Q(parent=F("id"))
            ),
            models.CheckConstraint(
                name="org_unit_path_is_slashed_ids", condition=Q(path__regex=r"^/([0-9]+/)+$")
            ),
        ]
        indexes = [
            # "Everything under this unit": path LIKE '/1/4/%' in any collation.
            models.Index(fields=["path"], name="org_unit_under", opclasses=["text_pattern_ops"]),
        ]


class Role(models.Model):
    """A named set of verbs. Staff get it through a post, never directly."""

    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=128)
    verbs = ArrayField(models.CharField(max_length=32), default=list)


class Post(models.Model):
    """A job that can be held in a unit, and that a unit of work can be addressed to."""

    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=128)
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+")


class Holding(models.Model):
    """Who holds which post where, from (included) until (excluded, open when null)."""

    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="+")
    held_from = models.DateTimeField()
    held_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="holding_ends_after_it_begins",
                condition=Q(held_until=None) | Q(held_until__gt=F("held_from")),
            ),
            ExclusionConstraint(
                name="holding_is_held_once_at_a_time",
                expressions=[
                    ("staff", RangeOperators.EQUAL),
                    ("post", RangeOperators.EQUAL),
                    ("unit", RangeOperators.EQUAL),
                    (_period("held_from", "held_until"), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [
            # "Who holds this post here": dispatching and the list of candidates.
            models.Index(fields=["post", "unit"], name="org_holders_of_post"),
        ]


class Leave(models.Model):
    """Somebody is away from (included) until (excluded); the delegate covers their work meanwhile.

    Nothing is switched when it begins or ends: who covers whom is worked out from the moment asked about.
    """

    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    away_from = models.DateTimeField()
    away_until = models.DateTimeField()
    delegate = models.ForeignKey(
        Staff, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    reason = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="leave_ends_after_it_begins", condition=Q(away_until__gt=F("away_from"))
            ),
            models.CheckConstraint(
                name="leave_is_not_delegated_to_oneself", condition=~Q(delegate=F("staff"))
            ),
            ExclusionConstraint(
                name="leave_is_taken_once_at_a_time",
                expressions=[
                    ("staff", RangeOperators.EQUAL),
                    (_period("away_from", "away_until"), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [
            # "Whose work do I cover now".
            models.Index(fields=["delegate", "away_until"], name="org_leaves_covered_by"),
        ]


class OrgRevision(models.Model):
    """One row. Its number changes with every org write, so that caches of permissions know when to forget.

    The number is drawn from a sequence: a write that is rolled back never gives its number to another.
    """

    id = models.PositiveSmallIntegerField(primary_key=True)
    revision = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="org_revision_is_one_row", condition=Q(id=1)),
        ]
