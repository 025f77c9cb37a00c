from django.db import models


class Fact(models.Model):
    """A thing that happened. The database refuses update and delete; a correction is a new fact.

    The table is partitioned by month of `recorded_at`; its SQL is in the first migration.
    """

    id = models.BigAutoField(primary_key=True)
    name = models.TextField()
    subject = models.TextField()
    root = models.TextField()
    actor = models.TextField()
    on_behalf_of = models.TextField()
    unit_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    reason = models.TextField()
    data = models.JSONField()

    class Meta:
        managed = False
        db_table = "ledger_fact"

    def __str__(self) -> str:
        return f"{self.name} {self.subject}"
