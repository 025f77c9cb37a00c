from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("processes", "0010_skips_are_counted")]

    operations = [
        migrations.AddField(
            model_name="processinstance", name="top", field=models.BigIntegerField(null=True)
        ),
        migrations.AddField(
            model_name="processinstance",
            name="depth",
            field=models.SmallIntegerField(default=0, db_default=0),
        ),
        # Nothing could be called before.
        migrations.RunSQL(
            "update processes_processinstance set top = id", migrations.RunSQL.noop
        ),
        migrations.AlterField(
            model_name="processinstance", name="top", field=models.BigIntegerField()
        ),
        migrations.AddIndex(
            model_name="processinstance",
            index=models.Index(
                fields=["top", "parent_token"],
                name="process_called",
                condition=Q(parent_token__isnull=False),
            ),
        ),
        migrations.AddConstraint(
            model_name="processinstance",
            constraint=models.CheckConstraint(
                name="process_is_its_own_top_unless_called",
                condition=Q(parent_token__isnull=True, top=F("id"))
                | (Q(parent_token__isnull=False) & ~Q(top=F("id"))),
            ),
        ),
    ]
