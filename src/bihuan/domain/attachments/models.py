from django.db import models
from django.db.models import Q


class Attachment(models.Model):
    """One file of a case. Never changed; the bytes are found by their checksum."""

    root = models.TextField()
    subject = models.TextField()
    field = models.TextField()
    use = models.TextField()
    name = models.TextField()
    media_type = models.TextField()
    size = models.BigIntegerField()
    sha256 = models.TextField()
    added_by = models.TextField()
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="attachment_use_is_known", condition=Q(use__in=["file", "photo", "signature"])
            ),
            models.CheckConstraint(name="attachment_is_not_empty", condition=Q(size__gt=0)),
            models.CheckConstraint(
                name="attachment_sum_is_sha256", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")
            ),
        ]
        indexes = [
            # serves: the files of one case
            models.Index(fields=["root", "id"], name="attachment_of_root"),
        ]

    def __str__(self) -> str:
        return self.name
