"""People who sign in, their sessions in browsers, and the tokens they give to programs."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import F, Q


class Staff(AbstractBaseUser):
    """A person who works here. What they may do comes from the posts they hold, never from a flag here."""

    login_name = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=64)
    staff_no = models.CharField(max_length=32, unique=True, null=True, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    must_change_password = models.BooleanField(default=True)
    password_changed_at = models.DateTimeField(null=True, blank=True)
    failed_sign_ins = models.PositiveSmallIntegerField(default=0)
    first_failed_at = models.DateTimeField(null=True, blank=True)
    locked_until = models.DateTimeField(null=True, blank=True)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)

    USERNAME_FIELD = "login_name"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="staff_login_name_is_lower_case_without_spaces",
                condition=Q(login_name__regex=r"^[^\sA-Z]+$"),
            ),
            models.CheckConstraint(
                name="staff_first_failed_at_iff_failures_counted",
                condition=Q(failed_sign_ins=0, first_failed_at=None)
                | Q(failed_sign_ins__gt=0, first_failed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="staff_left_after_joining",
                condition=Q(left_at=None) | Q(left_at__gt=F("joined_at")),
            ),
        ]

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        """Whether this person still works here."""
        return self.left_at is None


class SignInSession(AbstractBaseSession):
    """One signed-in browser. The row is the permission: deleting it signs the browser out."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="+", null=True)
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=256, blank=True)
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        indexes = [
            # The session list of one person, and signing all of them out.
            models.Index(fields=["staff", "-last_seen_at"], name="org_session_of_staff"),
        ]


class ApiToken(models.Model):
    """A key a program signs in with. Only its hash is kept; the key itself is shown once."""

    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=64)
    hint = models.CharField(max_length=12)
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=32))
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="token_name_is_unique_among_living_ones_of_a_person",
                fields=["staff", "name"],
                condition=Q(revoked_at=None),
            ),
            models.CheckConstraint(name="token_allows_something", condition=Q(scopes__len__gt=0)),
        ]


class WarningLead(models.Model):
    """How long before a unit is due a person wants to be warned (TKT-07), from a moment on; empty for not at all."""

    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+", db_index=False)
    lead = models.CharField(max_length=32, blank=True)
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="warning_lead_is_one_at_a_moment", fields=["staff", "set_at"]
            ),
        ]
