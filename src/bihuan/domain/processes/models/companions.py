"""What stands beside a unit and moves nothing: copies for information, and urges."""

from django.db import models
from django.db.models import Q

from bihuan.domain.org.models import OrgUnit, Staff
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
