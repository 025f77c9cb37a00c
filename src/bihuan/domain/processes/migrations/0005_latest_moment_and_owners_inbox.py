from django.db import migrations, models

_FILL = """
update processes_processinstance i set last_at = greatest(i.started_at, i.ended_at, (
    select max(greatest(t.opened_at, t.claimed_at, t.closed_at)) from processes_token t
    where t.instance_id = i.id))
"""


class Migration(migrations.Migration):
    dependencies = [("processes", "0004_inbox_indexes_hold_what_counts_read")]

    operations = [
        migrations.AddField(
            model_name="processinstance", name="last_at", field=models.DateTimeField(null=True)
        ),
        migrations.RunSQL(_FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="processinstance", name="last_at", field=models.DateTimeField()
        ),
        migrations.RemoveIndex(model_name="token", name="token_inbox_of_person"),
        migrations.AddIndex(
            model_name="token",
            index=models.Index(
                condition=models.Q(("kind", "USER"), ("state", "CLAIMED")),
                fields=["owner", "rank_at", "id"],
                include=("title", "warn_at"),
                name="token_inbox_of_person",
            ),
        ),
    ]
