-- The heartbeat: what a submit reads and writes. Every statement is prepared on the server.

-- name: lock_instance
select id, definition_id, subject, root, unit_id, calendar, initiator, parent_token, state,
    variables::text, rev, next_seq, priority, started_at, suspended_until,
    coalesce((select revision from org_orgrevision where id = 1), 0)
from processes_processinstance where id = %s for update

-- name: live_tokens
select id, node, title, flow_in, kind, state, scope, parents, consumed_by, origin, loop_no,
    local::text, post, unit_id, owner_id, assignee_id, delegate_of, priority,
    opened_at, claimed_at, null::timestamptz, close_kind, due_at, warn_at
from processes_token where instance_id = %s and state in ('OPEN', 'CLAIMED', 'PARKED') order by id

-- name: all_tokens
select id, node, title, flow_in, kind, state, scope, parents, consumed_by, origin, loop_no,
    local::text, post, unit_id, owner_id, assignee_id, delegate_of, priority,
    opened_at, claimed_at, closed_at, close_kind, due_at, warn_at
from processes_token where instance_id = %s order by id

-- name: next_instance
select nextval(pg_get_serial_sequence('processes_processinstance', 'id')),
    coalesce((select revision from org_orgrevision where id = 1), 0)

-- name: insert_instance
insert into processes_processinstance (id, definition_id, subject, root, unit_id, calendar,
    initiator, parent_token, state, variables, rev, next_seq, priority, started_at, ended_at)
values (%(instance)s, %(definition)s, %(subject)s, %(root)s, %(unit)s, %(calendar)s,
    %(initiator)s, %(parent)s, %(state)s, %(variables)s::jsonb, 0, %(next_seq)s, %(priority)s,
    %(started)s, %(ended)s)

-- name: update_instance
update processes_processinstance set state = %(state)s, variables = %(variables)s::jsonb,
    rev = rev + 1, next_seq = %(next_seq)s, ended_at = %(ended)s, suspended_until = %(until)s
where id = %(instance)s

-- name: write_tokens
opened as (
    insert into processes_token (id, instance_id, node, title, flow_in, kind, state, scope,
        parents, consumed_by, origin, loop_no, local, post, unit_id, owner_id, assignee_id,
        delegate_of, priority, opened_at, claimed_at, closed_at, close_kind, due_at, warn_at, rank_at,
        draft)
    select id, %(instance)s, node, title, flow_in, kind, state, scope, parents, consumed_by,
        origin, loop_no, local, post, unit_id, owner_id, assignee_id, delegate_of, priority,
        opened_at, claimed_at, closed_at, close_kind, due_at, warn_at, rank_at, draft
    from json_to_recordset(%(new)s::json) as x(id bigint, node text, title text, flow_in text,
        kind text, state text, scope bigint, parents bigint[], consumed_by bigint, origin text,
        loop_no int, local jsonb, post text, unit_id bigint, owner_id bigint, assignee_id bigint,
        delegate_of bigint, priority int, opened_at timestamptz, claimed_at timestamptz,
        closed_at timestamptz, close_kind text, due_at timestamptz, warn_at timestamptz,
        rank_at timestamptz,
        draft jsonb)
), moved as (
    update processes_token t set state = x.state, consumed_by = x.consumed_by, local = x.local,
        post = x.post, unit_id = x.unit_id, owner_id = x.owner_id, assignee_id = x.assignee_id,
        delegate_of = x.delegate_of, claimed_at = x.claimed_at, closed_at = x.closed_at,
        close_kind = x.close_kind, due_at = x.due_at, warn_at = x.warn_at,
        rank_at = x.rank_at,
        form = coalesce(x.form, t.form),
        draft = case when x.form is null then coalesce(x.draft, t.draft) end
    from json_to_recordset(%(old)s::json) as x(id bigint, state text, consumed_by bigint,
        local jsonb, post text, unit_id bigint, owner_id bigint, assignee_id bigint,
        delegate_of bigint, claimed_at timestamptz, closed_at timestamptz, close_kind text,
        due_at timestamptz, warn_at timestamptz,
        rank_at timestamptz, form jsonb,
        draft jsonb)
    where t.id = x.id
)

-- name: earlier_forms
select form::text from (
    select distinct on (node) id, form from processes_token
    where instance_id = %s and kind = 'USER' and state = 'DONE' and form is not null
    order by node, id desc
) as latest order by id

-- name: form_of
select form::text from processes_token where id = %s

-- name: closed_by
select 1 from processes_token
where instance_id = %(instance)s and node = any(%(nodes)s) and kind = 'USER'
    and state in ('DONE', 'SUPERSEDED') and close_kind = 'SUBMITTED'
    and (assignee_id = any(%(staff)s) or delegate_of = any(%(staff)s))
limit 1

-- name: last_form_with
select form::text, assignee_id, unit_id, closed_at from processes_token
where instance_id = %(instance)s and close_kind = 'SUBMITTED' and form ->> %(field)s <> ''
order by closed_at desc, id desc limit 1

-- name: variables_of
select variables::text from processes_processinstance where id = %s
