import django.db.models.deletion
from django.db import migrations, models

_ALL = """
            create function customers_all_pairs(name text) returns text[]
            language sql immutable strict parallel safe as $$
                select coalesce(array_agg(distinct substr(name, n, 2)), '{}')
                from generate_series(1, greatest(length(name) - 1, 1)) as n
            $$
"""
# Names of people are read without a call for each row; bound by what the functions are, so that a dump can be restored.
_PAIRS = """
            create or replace function customers_pairs(name text) returns text[]
            language sql immutable called on null input parallel safe
            return case length(name)
                when 2 then array[name]
                when 3 then array[substr(name, 1, 2), substr(name, 2, 2)]
                when 4 then array[substr(name, 1, 2), substr(name, 2, 2), substr(name, 3, 2)]
                else customers_all_pairs(name)
            end
"""
_PAIRS_BEFORE = """
            create or replace function customers_pairs(name text) returns text[]
            language sql immutable strict parallel safe as $$
                select coalesce(array_agg(distinct substr(name, n, 2)), '{}')
                from generate_series(1, greatest(length(name) - 1, 1)) as n
            $$
"""


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0009_who_may_see_a_file'),
        ('org', '0004_shifts_logs_sheets_and_plans'),
    ]

    operations = [
        # Room on each page: a file that a record joins is written again beside itself, and no index has to know.
        migrations.RunSQL(
            "alter table customers_customer set (fillfactor = 80)",
            "alter table customers_customer reset (fillfactor)",
        ),
        migrations.RunSQL(_ALL, "drop function customers_all_pairs(text)"),
        migrations.RunSQL(_PAIRS, _PAIRS_BEFORE),
        migrations.AlterField(
            model_name='contactpoint',
            name='customer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='contacts', to='customers.customer'),
        ),
        migrations.AlterField(
            model_name='customer',
            name='unit',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='org.orgunit'),
        ),
        migrations.AlterField(
            model_name='identifier',
            name='customer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='identifiers', to='customers.customer'),
        ),
        migrations.AlterField(
            model_name='sourcerow',
            name='source',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.source'),
        ),
    ]
