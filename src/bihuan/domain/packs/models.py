"""Installed packs and the versioned definitions that came with them."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from bihuan.domain.packs.choices import Origin, Status


class InstalledPack(models.Model):
    """A pack as last installed. `manifest` is its pack.toml, word for word."""

    key = models.TextField(unique=True)
    version = models.TextField()
    names = models.JSONField()
    descriptions = models.JSONField(default=dict)
    requires = models.JSONField(default=list)
    manifest = models.TextField()
    installed_at = models.DateTimeField()
    installed_by = models.TextField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(key=""), name="pack_has_a_key"),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.version}"


class Definition(models.Model):
    """One version of one definition of a pack.

    Published versions never change (a trigger in the first migration refuses it), so anything may
    keep a reference and find the same words years later.
    """

    kind = models.TextField()
    key = models.TextField()
    version = models.PositiveIntegerField()
    status = models.TextField(choices=Status, default=Status.DRAFT)
    pack = models.ForeignKey(
        InstalledPack,
        to_field="key",
        db_column="pack_key",
        on_delete=models.PROTECT,
        related_name="+",
    )
    path = models.TextField()
    title = models.TextField()
    source = models.TextField()
    compiled = models.JSONField(default=dict)
    checksum = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
    published_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    origin = models.TextField(choices=Origin, default=Origin.PACK)
    # Counts the saves of a draft: whoever saves over somebody else's save is told (decision 0131).
    rev = models.PositiveIntegerField(default=1)
    # The version a draft was copied from; 0 is none.
    based_on = models.PositiveIntegerField(default=0)
    saved_by = models.TextField(default="")
    saved_at = models.DateTimeField(null=True)
    published_by = models.TextField(default="")
    note = models.TextField(default="")
    retired_by = models.TextField(default="")
    retired_because = models.TextField(default="")
    # Taken out of force by a person: installing the same words again does not bring it back.
    is_withdrawn = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key", "version"], name="definition_version_is_used_once"
            ),
            # Also the index of `queries.published`.
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=Q(status=Status.PUBLISHED),
                name="definition_has_one_published_version",
            ),
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=Q(status=Status.DRAFT),
                name="definition_has_one_draft",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="definition_counts_from_one"),
            models.CheckConstraint(
                condition=Q(status__in=[Status.DRAFT, Status.OFFERED], published_at__isnull=True)
                | Q(status__in=[Status.PUBLISHED, Status.RETIRED], published_at__isnull=False),
                name="definition_published_at_iff_it_was_in_force",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.RETIRED, retired_at__isnull=False)
                | (~Q(status=Status.RETIRED) & Q(retired_at__isnull=True)),
                name="definition_retired_at_iff_retired",
            ),
            models.CheckConstraint(
                condition=Q(retired_at__isnull=True) | Q(retired_at__gte=F("published_at")),
                name="definition_retires_after_it_is_published",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} v{self.version}"

    @property
    def pack_key(self) -> str:
        """Return the key of the pack it belongs to."""
        return str(self.pack_id)
