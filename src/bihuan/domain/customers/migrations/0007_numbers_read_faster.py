from django.db import migrations

_BODY = r"""
            create or replace function customers_number(text) returns numeric
            language sql immutable {strict} parallel safe as $$
                select case {fast} when btrim(replace($1, ',', ''), ' ') ~ '^[+-]?[0-9]{{1,20}}([.][0-9]{{1,6}})?$'
                    then btrim(replace($1, ',', ''), ' ')::numeric end
            $$
"""
_FAST = "when $1 ~ '^[0-9]{1,20}$' then $1::numeric"


class Migration(migrations.Migration):
    # A strict function is called for each row; without the word it becomes part of the statement.

    dependencies = [
        ('customers', '0006_consolidations'),
    ]

    operations = [
        migrations.RunSQL(
            _BODY.format(strict="called on null input", fast=_FAST),
            _BODY.format(strict="strict", fast=""),
        ),
    ]
