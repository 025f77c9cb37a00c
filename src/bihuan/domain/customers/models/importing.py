from django.db import models
from django.db.models import F, Q

from bihuan.domain.customers.choices import ImportState, RejectedState
from bihuan.domain.customers.models.sources import Source


class ColumnMap(models.Model):
    """Which column of a source's files is which field, kept for the next file."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="maps")
    name = models.CharField(max_length=64)
    columns = models.JSONField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="column_map_has_one_name", fields=["source", "name"]),
        ]

    def __str__(self) -> str:
        return self.name


class ImportBatch(models.Model):
    """One file taken in. `lines_done` and the counts are written with the rows: a stopped run goes on there."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey("org.OrgUnit", on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    # Where the bytes are; below BIHUAN_HOME for files that were uploaded.
    path = models.CharField(max_length=500)
    layout = models.JSONField()
    columns = models.JSONField(default=dict)
    state = models.CharField(
        max_length=16, choices=ImportState.choices, default=ImportState.MAPPING
    )
    lines_total = models.IntegerField(default=0)
    lines_done = models.IntegerField(default=0)
    created = models.IntegerField(default=0)
    matched = models.IntegerField(default=0)
    changed = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    rejected = models.IntegerField(default=0)
    # Of those that changed something, the ones whose key stood in the file before.
    repeated = models.IntegerField(default=0, db_default=0)
    trouble = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="import_finished_at_iff_done",
                condition=Q(state=ImportState.DONE, finished_at__isnull=False)
                | (~Q(state=ImportState.DONE) & Q(finished_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="import_counts_every_line",
                condition=Q(
                    lines_done=F("created")
                    + F("matched")
                    + F("changed")
                    + F("unchanged")
                    + F("rejected")
                ),
            ),
        ]
        indexes = [
            # The list, newest first, within a subtree; and "was this file taken in before?"
            models.Index(fields=["unit", "-id"], name="import_by_unit"),
            models.Index(fields=["sha256"], name="import_by_sum"),
        ]

    def __str__(self) -> str:
        return self.file_name


class RejectedRow(models.Model):
    """A line that was not taken in, with what is wrong with it; repaired in place and taken in later."""

    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="rejected_rows")
    line = models.IntegerField()
    cells = models.JSONField()
    problems = models.JSONField()
    state = models.CharField(
        max_length=16, choices=RejectedState.choices, default=RejectedState.OPEN
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="rejected_row_is_kept_once", fields=["batch", "line"]),
            models.CheckConstraint(
                name="rejected_row_settled_at_unless_open",
                condition=Q(state=RejectedState.OPEN, settled_at__isnull=True)
                | (~Q(state=RejectedState.OPEN) & Q(settled_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.line}"
