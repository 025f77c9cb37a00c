"""Instances that were moved to another version of their process: batches, and what became of each instance."""

from django.db import models
from django.db.models import Q

from bihuan.domain.packs.models import Definition
from bihuan.domain.processes.choices import MigrationState
from bihuan.domain.processes.models.tables import ProcessInstance


class Migration(models.Model):
    """One batch: from which version to which, by what mapping of nodes, by whom and why.

    `only` lists the instances it is confined to, `total` counts those there were when it began; it is
    under way until `finished_at`.
    """

    key = models.TextField()
    from_definition = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="+")
    to_definition = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="+")
    nodes = models.JSONField(default=dict)
    reason = models.TextField()
    by = models.TextField()
    on_behalf_of = models.TextField(default="")
    at = models.DateTimeField()
    reverses = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    only = models.JSONField(null=True)
    total = models.IntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="migration_has_a_reason", condition=~Q(reason="")),
        ]


class MigratedInstance(models.Model):
    """What became of one instance in a batch. `moved` lists [token, node before, node after]."""

    migration = models.ForeignKey(
        Migration, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    instance = models.ForeignKey(ProcessInstance, on_delete=models.PROTECT, related_name="+")
    state = models.TextField()
    message = models.TextField(default="")
    moved = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="migration_names_an_instance_once", fields=["migration", "instance"]
            ),
            models.CheckConstraint(
                name="migrated_state_is_known", condition=Q(state__in=list(MigrationState))
            ),
            models.CheckConstraint(
                name="migration_refused_says_why",
                condition=~Q(state=MigrationState.REFUSED) | ~Q(message=""),
            ),
        ]
