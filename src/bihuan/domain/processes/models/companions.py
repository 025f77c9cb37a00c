"""What stands beside a unit: copies for information, urges, and requests for more time."""

from django.db import models
from django.db.models import Q

from bihuan.domain.org.models import OrgUnit, Staff
from bihuan.domain.processes.choices import ExtensionState
from bihuan.domain.processes.models.tables import Token


class Copy(models.Model):
    """A unit copied (抄送) to a person, or to whoever holds a post at an org unit when they look.

    Whoever it is addressed to may see the case it belongs to.
    """

    token = models.ForeignKey(Token, on_delete=models.PROTECT, related_name="+", db_index=False)
    root = models.TextField()
    staff = models.ForeignKey(
        Staff, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    post = models.TextField(default="")
    org_unit = models.ForeignKey(
        OrgUnit, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    sender = models.TextField()
    on_behalf_of = models.TextField(default="")
    note = models.TextField(default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="copy_goes_to_a_person_or_to_a_post",
                condition=Q(staff__isnull=False, post="", org_unit__isnull=True)
                | (Q(staff__isnull=True, org_unit__isnull=False) & ~Q(post="")),
            ),
            models.UniqueConstraint(
                name="copy_goes_to_a_person_once",
                fields=["token", "staff"],
                condition=Q(staff__isnull=False),
            ),
            models.UniqueConstraint(
                name="copy_goes_to_a_post_once",
                fields=["token", "post", "org_unit"],
                condition=Q(staff__isnull=True),
            ),
        ]
        indexes = [
            # "Copied to me", newest first.
            models.Index(
                fields=["staff", "-id"], name="copy_of_person", condition=Q(staff__isnull=False)
            ),
            models.Index(
                fields=["post", "org_unit", "-id"],
                name="copy_of_post",
                condition=Q(staff__isnull=True),
            ),
            # Whether a case was copied to somebody who may not see it otherwise.
            models.Index(fields=["root"], name="copy_by_root"),
        ]


class CopyRead(models.Model):
    """Somebody has read a copy."""

    copy = models.ForeignKey(Copy, on_delete=models.PROTECT, related_name="+", db_index=False)
    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+", db_index=False)
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="copy_is_read_once", fields=["copy", "staff"]),
        ]


class Urge(models.Model):
    """A unit was urged (催办), by a colleague or on the customer's behalf; `staff` is null for the system."""

    token = models.ForeignKey(Token, on_delete=models.PROTECT, related_name="+", db_index=False)
    root = models.TextField()
    staff = models.ForeignKey(
        Staff, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    for_customer = models.BooleanField()
    note = models.TextField(default="")
    at = models.DateTimeField()

    class Meta:
        indexes = [
            # How often a unit was urged, and when somebody did last.
            models.Index(fields=["token", "staff", "-at"], name="urge_of_unit"),
            models.Index(fields=["root"], name="urge_by_root"),
        ]


class Extension(models.Model):
    """More time asked for a clock of a unit, or of its limit group, and what became of the request.

    Either `more` (as limits are written) or `until` is given. The clock goes on while it is pending; it lapses
    with its unit.
    """

    token = models.ForeignKey(Token, on_delete=models.PROTECT, related_name="+", db_index=False)
    root = models.TextField()
    clock_owner = models.TextField()
    more = models.CharField(max_length=32, default="")
    until = models.DateTimeField(null=True)
    reason = models.TextField()
    requested_by = models.TextField()
    on_behalf_of = models.TextField(default="")
    requested_at = models.DateTimeField()
    state = models.CharField(max_length=9, default=ExtensionState.PENDING)
    decided_by = models.TextField(default="")
    decided_at = models.DateTimeField(null=True)
    decision = models.TextField(default="")
    due_before = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="extension_state_is_known", condition=Q(state__in=list(ExtensionState))
            ),
            models.CheckConstraint(
                name="extension_is_for_a_span_or_until_a_moment",
                condition=Q(until__isnull=True) & ~Q(more="") | Q(until__isnull=False, more=""),
            ),
            models.CheckConstraint(
                name="extension_decided_at_iff_decided",
                condition=Q(state=ExtensionState.PENDING, decided_at__isnull=True)
                | (~Q(state=ExtensionState.PENDING) & Q(decided_at__isnull=False)),
            ),
            models.UniqueConstraint(
                name="one_pending_extension_a_clock",
                fields=["clock_owner"],
                condition=Q(state=ExtensionState.PENDING),
            ),
        ]
        indexes = [
            # The latest request of a unit, and how many were granted.
            models.Index(fields=["token", "-id"], name="extension_of_unit"),
            # What waits for a decision.
            models.Index(
                fields=["-id"],
                name="extension_pending",
                condition=Q(state=ExtensionState.PENDING),
            ),
        ]
