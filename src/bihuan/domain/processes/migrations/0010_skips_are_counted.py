from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("processes", "0021_more_time_is_asked_for")]

    operations = [
        migrations.AddIndex(
            model_name="token",
            index=models.Index(
                condition=models.Q(("close_kind", "SKIPPED"), ("kind", "USER")),
                fields=["closed_at"],
                name="token_skipped",
            ),
        ),
    ]
