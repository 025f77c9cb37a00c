"""Of a fact's words some may be hidden, and nothing else about them change: no number, no key, no other word (decision 0376)."""

from django.db import migrations

REDACTING = r"""
create function ledger_only_hides(was jsonb, becomes jsonb) returns boolean language plpgsql immutable strict as $$
begin
    if jsonb_typeof(was) <> jsonb_typeof(becomes) then
        return false;
    end if;
    case jsonb_typeof(was)
    when 'string' then
        -- what is hidden may have been anything, all around it stays
        return (was #>> '{}') like
            replace(regexp_replace(becomes #>> '{}', '([\\%_])', '\\\1', 'g'), '***', '%');
    when 'array' then
        return jsonb_array_length(was) = jsonb_array_length(becomes) and not exists (
            select from rows from (jsonb_array_elements(was), jsonb_array_elements(becomes)) as pair(one, other)
            where not ledger_only_hides(one, other));
    when 'object' then
        return not exists (
            select from jsonb_each(was) one full join jsonb_each(becomes) other using (key)
            where ledger_only_hides(one.value, other.value) is not true);
    else
        return was = becomes;
    end case;
end $$;

create or replace function ledger_refuse_change() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and current_setting('bihuan.redacting', true) = 'on'
        and (new.id, new.name, new.subject, new.root, new.actor, new.on_behalf_of, new.unit_id, new.at, new.recorded_at)
            is not distinct from
            (old.id, old.name, old.subject, old.root, old.actor, old.on_behalf_of, old.unit_id, old.at, old.recorded_at)
        and ledger_only_hides(to_jsonb(old.reason), to_jsonb(new.reason))
        and ledger_only_hides(old.data, new.data)
    then
        return new;
    end if;
    raise exception 'a fact is never changed or removed; record a new one'
        using errcode = 'integrity_constraint_violation';
end $$;
"""
BEFORE = """
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
drop function ledger_only_hides(jsonb, jsonb);
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_a_person_may_be_forgotten")]

    operations = [migrations.RunSQL(REDACTING, BEFORE)]
