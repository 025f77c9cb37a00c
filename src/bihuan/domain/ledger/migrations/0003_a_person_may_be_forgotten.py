"""A fact still never changes what happened; the words typed beside it may be taken out for somebody to be forgotten (decision 0367)."""

from django.db import migrations

REDACTING = """
create or replace function ledger_refuse_change() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and current_setting('bihuan.redacting', true) = 'on'
        and (new.id, new.name, new.subject, new.root, new.actor, new.on_behalf_of, new.unit_id, new.at, new.recorded_at)
            is not distinct from
            (old.id, old.name, old.subject, old.root, old.actor, old.on_behalf_of, old.unit_id, old.at, old.recorded_at)
    then
        return new;
    end if;
    raise exception 'a fact is never changed or removed; record a new one'
        using errcode = 'integrity_constraint_violation';
end $$;
"""
NEVER = """
create or replace function ledger_refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'a fact is never changed or removed; record a new one'
        using errcode = 'integrity_constraint_violation';
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_what_people_did_about_customers")]

    operations = [migrations.RunSQL(REDACTING, NEVER)]
