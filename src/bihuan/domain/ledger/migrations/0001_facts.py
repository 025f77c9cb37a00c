from django.db import migrations, models

FACTS = """
create sequence ledger_fact_id as bigint;

create table ledger_fact (
    id bigint not null default nextval('ledger_fact_id'),
    name text not null,
    subject text not null,
    root text not null,
    actor text not null,
    on_behalf_of text not null default '',
    unit_id bigint,
    at timestamptz not null,
    recorded_at timestamptz not null default now(),
    reason text not null default '',
    data jsonb not null default '{}',
    primary key (id, recorded_at),
    constraint fact_name_is_noun_dot_past_verb check (name ~ '^[a-z_]+[.][a-z_]+$')
) partition by range (recorded_at);

alter sequence ledger_fact_id owned by ledger_fact.id;

-- serves: the facts of one case, newest first
create index fact_by_root on ledger_fact (root, id);
-- serves: reports over one kind of fact in a period
create index fact_by_name on ledger_fact (name, at);

-- what no month covers yet still finds a place
create table ledger_fact_default partition of ledger_fact default;

create function ledger_refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'a fact is never changed or removed; record a new one'
        using errcode = 'integrity_constraint_violation';
end $$;

create trigger facts_are_append_only before update or delete on ledger_fact
    for each row execute function ledger_refuse_change();
create trigger facts_are_not_truncated before truncate on ledger_fact
    for each statement execute function ledger_refuse_change();

create trigger facts_are_not_truncated before truncate on ledger_fact_default
    for each statement execute function ledger_refuse_change();

create function ledger_make_month(month date) returns boolean language plpgsql as $$
declare
    name text := 'ledger_fact_' || to_char(month, 'YYYYMM');
    lower timestamptz := date_trunc('month', month)::timestamp at time zone 'UTC';
    upper timestamptz := (date_trunc('month', month) + interval '1 month')::timestamp
        at time zone 'UTC';
begin
    if to_regclass(name) is not null then
        return false;
    end if;
    execute format('create table %I (like ledger_fact including defaults including constraints)',
        name);
    execute format('alter table ledger_fact attach partition %I for values from (%L) to (%L)',
        name, lower, upper);
    execute format(
        'create trigger facts_are_not_truncated before truncate on %I '
        'for each statement execute function ledger_refuse_change()', name);
    return true;
end $$;

create table ledger_outbox (
    id bigint generated always as identity primary key,
    fact_id bigint not null,
    name text not null,
    subject text not null,
    root text not null,
    unit_id bigint
);
"""

DROP = """
drop table ledger_outbox;
drop table ledger_fact;
drop function ledger_make_month(date);
drop function ledger_refuse_change();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.RunSQL(FACTS, DROP),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Fact",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("name", models.TextField()),
                        ("subject", models.TextField()),
                        ("root", models.TextField()),
                        ("actor", models.TextField()),
                        ("on_behalf_of", models.TextField()),
                        ("unit_id", models.BigIntegerField(null=True)),
                        ("at", models.DateTimeField()),
                        ("recorded_at", models.DateTimeField()),
                        ("reason", models.TextField()),
                        ("data", models.JSONField()),
                    ],
                    options={"db_table": "ledger_fact", "managed": False},
                )
            ]
        ),
    ]
