"""Who looked at which customers: what one person did is found without reading everybody's months (SEC-01)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_facts")]

    operations = [
        migrations.RunSQL(
            "create index fact_about_customers_by_staff on ledger_fact (actor, id)"
            " where name like 'customer%' and actor like 'staff:%'",
            "drop index fact_about_customers_by_staff",
        )
    ]
