"""Installed packs and the versioned definitions that came with them."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from bihuan.domain.packs.choices import Status


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
                condition=Q(status=Status.DRAFT, published_at__isnull=True)
                | (~Q(status=Status.DRAFT) & Q(published_at__isnull=False)),
                name="definition_published_at_unless_draft",
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
