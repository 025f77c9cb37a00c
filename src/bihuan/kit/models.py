from django.db import models


class Serial(models.Model):
    """The last serial number given out in a scope on a day."""

    scope = models.CharField(max_length=40)
    day = models.DateField()
    last = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "day"], name="one_serial_per_scope_and_day")
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.day} {self.last}"


class RequestKey(models.Model):
    """A request that was carried out, and its answer, so that a retry does its work once."""

    scope = models.CharField(max_length=80)
    key = models.CharField(max_length=120)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    carried_out_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "key"], name="a_request_key_is_used_once")
        ]
        # Removing old keys.
        indexes = [models.Index(fields=["carried_out_at"], name="request_keys_by_age")]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"
