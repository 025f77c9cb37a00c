"""What a step on one unit of a wide instance must know of is found without the other units."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("processes", "0031_what_is_warned_or_overdue")]

    operations = [
        migrations.AddIndex(
            model_name="token",
            index=models.Index(
                fields=["instance"],
                name="token_beside_units",
                condition=Q(state__in=["OPEN", "CLAIMED", "PARKED"])
                & (
                    ~Q(kind="USER")
                    | Q(delegation__isnull=False)
                    | Q(local__has_any_keys=["@group", "@back"])
                ),
            ),
        )
    ]
