-- What a submit reads and writes, with nothing between: the limit that `bihuan bench submit` measures against.
\set i random(@FIRST, @LAST)
begin;
select id as p_id, next_seq as p_seq, definition_id, subject, root, unit_id, calendar, initiator, parent_token, state, variables::text, rev, priority, started_at, suspended_until, coalesce((select revision from org_orgrevision where id = 1), 0), set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true) from processes_processinstance where id = :i for update \gset
select id as t_id, node, title, flow_in, kind, state, scope, parents, consumed_by, origin, loop_no, local::text, post, unit_id, owner_id, assignee_id, delegate_of, priority, opened_at, claimed_at, null::timestamptz, close_kind, due_at, warn_at from processes_token where instance_id = :i and state in ('OPEN', 'CLAIMED', 'PARKED') order by id \gset
select id as c_id, owner, root, kind, calendar, calendar_revision, limit_text, warn_texts, budget_us, used_us, since, due_at, warn_at, next_moment_at, level, overdue_at, enforced, state, started_at, stopped_at from clocks_clock where owner = any(array['unit:' || :t_id]) and state <> 'STOPPED' order by id for update \gset
select id as f_id from packs_definition where kind = 'form' and key = 'bench.handle' and status = 'PUBLISHED' \gset
with instance as (
    update processes_processinstance set state = 'RUNNING', variables = '{"again": true, "cause": "equipment", "customer_told": true, "fee": 128.5, "contacted_at": "2026-03-02T01:10:00+00:00", "finished_at": "2026-03-02T01:30:00+00:00"}'::jsonb, rev = rev + 1, next_seq = :p_seq::int + 1, ended_at = null, suspended_until = null where id = :i
), opened as (
    insert into processes_token (id, instance_id, node, title, flow_in, kind, state, scope, parents, consumed_by, origin, loop_no, local, post, unit_id, owner_id, assignee_id, delegate_of, priority, opened_at, claimed_at, closed_at, close_kind, due_at, warn_at, rank_at)
    values ((:i::bigint << 20) | :p_seq::bigint, :i, 'handle', '办理', 'again', 'USER', 'OPEN', 0, array[:t_id::bigint], null, 'FLOW', 0, '{}', 'bench_worker', @UNIT, null, null, null, 0, '@AT', null, null, '', '@DUE', '@WARN', '@DUE')
), moved as (
    update processes_token set state = 'DONE', owner_id = @STAFF, assignee_id = @STAFF, claimed_at = '@AT', closed_at = '@AT', close_kind = 'SUBMITTED', form = '@FORM', draft = null where id = :t_id
), started_clocks as (
    insert into clocks_clock (owner, root, kind, calendar, calendar_revision, limit_text, warn_texts, budget_us, used_us, since, due_at, warn_at, next_moment_at, level, overdue_at, enforced, state, started_at, stopped_at)
    values ('unit:' || ((:i::bigint << 20) | :p_seq::bigint), 'bench:1', 'LIMIT', 'bench.office', 1, '2h', array['80%'], 7200000000, 0, '@AT', '@DUE', array['@WARN'::timestamptz], '@WARN', 0, null, true, 'RUNNING', '@AT', null)
), changed_clocks as (
    update clocks_clock set state = 'STOPPED', used_us = 20000, since = null, next_moment_at = null, stopped_at = '@AT' where id = :c_id
), written_facts as (
    insert into ledger_fact (name, subject, root, actor, on_behalf_of, unit_id, at, reason, data)
    values ('unit.claimed', 'unit:' || :t_id, 'bench:1', 'staff:@STAFF', '', null, '@AT', '', '{"node": "handle", "title": "办理", "instance": 100}'),
        ('unit.submitted', 'unit:' || :t_id, 'bench:1', 'staff:@STAFF', '', null, '@AT', '', '{"node": "handle", "title": "办理", "instance": 100}'),
        ('unit.opened', 'unit:' || :t_id, 'bench:1', 'staff:@STAFF', '', null, '@AT', '', '{"node": "handle", "title": "办理", "instance": 100, "origin": "FLOW"}')
    returning id, name, subject, root, unit_id
), passed_on as (
    insert into ledger_outbox (fact_id, name, subject, root, unit_id) select id, name, subject, root, unit_id from written_facts
)
select 1 as done \gset
commit;
