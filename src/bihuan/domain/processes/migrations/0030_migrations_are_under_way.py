from django.db import migrations, models

_FINISHED = """
update processes_migration m set finished_at = m.at,
    total = (select count(*) from processes_migratedinstance i where i.migration_id = m.id)
"""


class Migration(migrations.Migration):
    dependencies = [("processes", "0011_instances_change_their_version")]

    operations = [
        migrations.AddField("migration", "only", models.JSONField(null=True)),
        migrations.AddField("migration", "total", models.IntegerField(default=0)),
        migrations.AddField("migration", "finished_at", models.DateTimeField(null=True)),
        migrations.RunSQL(_FINISHED, migrations.RunSQL.noop),
    ]
