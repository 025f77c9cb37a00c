from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("processes", "0023_units_are_delegated")]

    operations = [
        migrations.AddIndex(
            model_name="processinstance",
            index=models.Index(fields=["root"], name="process_of_root"),
        ),
    ]
