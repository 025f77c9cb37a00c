-- The heartbeat: what a submit reads and writes. Every statement is prepared on the server.

-- A plan is prepared once per connection, perhaps while the tables are nearly empty, and kept while they
-- grow. So the first statement of an operation tells the planner, for this transaction only, to look
-- rows up by their keys whatever the tables' sizes.

-- The first row locked is the top one of the call tree: it is the lock of the whole tree.
-- name: lock_instance
select id, definition_id, subject, root, unit_id, calendar, initiator, parent_token, state,
    variables::text, rev, next_seq, priority, started_at, suspended_until, last_at,
    coalesce((select revision from org_orgrevision where id = 1), 0), top, depth,
    set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
    set_config('enable_mergejoin', 'off', true)
from processes_processinstance
where id = any(array[%s, (select top from processes_processinstance where id = %s)]::bigint[])
order by id <> top for update

-- Members of a call tree whose top row is locked.
-- name: member
select id, definition_id, subject, root, unit_id, calendar, initiator, parent_token, state,
    variables::text, rev, next_seq, priority, started_at, suspended_until, last_at,
    coalesce((select revision from org_orgrevision where id = 1), 0), top, depth
from processes_processinstance where id = %s for update

-- Who of a root waits for a message or signal, besides the instances at hand.
-- name: waiting
select t.id from processes_processinstance i join processes_token t on t.instance_id = i.id
where i.root = %(root)s and i.id <> all(%(known)s) and i.state = 'RUNNING' and t.kind = 'EVENT'
    and t.state in ('OPEN', 'CLAIMED', 'PARKED') and t.title = %(name)s
order by t.id

-- name: addressee
select t.id from processes_processinstance i join processes_token t on t.instance_id = i.id
where (%(instance)s = 0 and i.root = %(root)s or i.id = %(instance)s
        or i.top = (select top from processes_processinstance where id = %(instance)s)
            and i.parent_token is not null)
    and i.ended_at is null and t.kind = 'EVENT' and t.state in ('OPEN', 'CLAIMED', 'PARKED')
    and t.title = %(name)s
order by t.id limit 1

-- name: lock_free_top
select id from processes_processinstance
where id = (select top from processes_processinstance where id = %s) for update skip locked

-- name: called_by
select id from processes_processinstance
where top = %s and parent_token = %s and ended_at is null

-- name: awaited
with members as (
    select id, last_at, suspended_until from processes_processinstance
    where id = %(top)s and ended_at is null
    union all
    select id, last_at, suspended_until from processes_processinstance
    where top = %(top)s and parent_token is not null and ended_at is null
)
select (select max(last_at) from members), array(
    select m.id from members m
    where m.id <> all(%(known)s) and (m.suspended_until <= %(at)s or exists (
        select from processes_token t
        join clocks_clock c on c.state <> 'STOPPED'
            and c.owner = case t.kind when 'TIMER' then 'timer:' else 'delegation:' end || t.id
        where t.instance_id = m.id and (t.kind = 'TIMER' or t.delegation is not null)
            and t.state in ('OPEN', 'CLAIMED', 'PARKED')
            and c.state = 'RUNNING' and c.due_at <= %(at)s))
    order by m.id)

-- What the unread members of a call tree show: their open units, and when the first of their limits is due.
-- name: shown_elsewhere
with members as (
    select id from processes_processinstance where id = %(top)s and ended_at is null
    union all
    select id from processes_processinstance
    where top = %(top)s and parent_token is not null and ended_at is null
), units as (
    select t.id, t.node, t.title, t.state, t.post, t.unit_id, t.assignee_id, t.due_at, t.close_kind,
        t.origin
    from members m join processes_token t on t.instance_id = m.id
    where m.id <> all(%(known)s) and t.kind = 'USER' and t.state in ('OPEN', 'CLAIMED')
)
select (select json_agg(json_build_array(id, node, title, state, post, unit_id, assignee_id, due_at,
        close_kind, origin) order by id) from units),
    (select min(c.due_at) from members m join clocks_clock c on c.state = 'RUNNING'
        and c.kind = 'LIMIT' and c.enforced and c.root = %(root)s
        and c.owner like 'group:' || m.id || ':%%' where m.id <> all(%(known)s))

-- The live tokens, their clocks, calendars changed since, the form in force of a unit, whether other units are left out.
-- name: live
with live as (
    select * from processes_token
    where instance_id = %(instance)s and state in ('OPEN', 'CLAIMED', 'PARKED')
), clocks as (
    select * from clocks_clock
    where state <> 'STOPPED' and owner = any(%(owners)s::text[] || array(
        select case kind when 'TIMER' then 'timer:' else 'unit:' end || id from live
        where kind in ('USER', 'TIMER'))
        || array(select 'delegation:' || id from live where delegation is not null))
    order by id for update
)
select (select json_agg(@TOKEN order by id) from live),
    (select json_agg(json_build_array(@CLOCK_COLUMNS)) from clocks), (@EDITS),
    (select id from packs_definition where kind = 'form' and status = 'PUBLISHED'
        and key = %(forms)s::json ->> (select node from live where id = %(unit)s)),
    false as has_rest

-- The same of one unit of a wide instance and all that is no unit.
-- name: live_narrowly
with live as (
    select * from processes_token where id = %(unit)s and state in ('OPEN', 'CLAIMED', 'PARKED')
    union all
    select * from processes_token
    where instance_id = %(instance)s and state in ('OPEN', 'CLAIMED', 'PARKED') and id <> %(unit)s
        and (kind <> 'USER' or delegation is not null or local ?| array['@group', '@back'])
), clocks as (
    select * from clocks_clock
    where state <> 'STOPPED' and owner = any(array(
        select case kind when 'TIMER' then 'timer:' else 'unit:' end || id from live
        where kind in ('USER', 'TIMER'))
        || array(select 'delegation:' || id from live where delegation is not null))
    order by id for update
)
select (select json_agg(@TOKEN order by id) from live),
    (select json_agg(json_build_array(@CLOCK_COLUMNS)) from clocks), (@EDITS),
    (select id from packs_definition where kind = 'form' and status = 'PUBLISHED'
        and key = %(forms)s::json ->> (select node from live where id = %(unit)s)),
    exists (select from processes_token where instance_id = %(instance)s
        and state in ('OPEN', 'CLAIMED', 'PARKED') and kind = 'USER' and id <> %(unit)s)

-- The units that `live_narrowly` left out.
-- name: rest
with live as (
    select * from processes_token
    where instance_id = %(instance)s and state in ('OPEN', 'CLAIMED', 'PARKED') and id <> %(unit)s
        and not (kind <> 'USER' or delegation is not null or local ?| array['@group', '@back'])
), clocks as (
    select * from clocks_clock
    where state <> 'STOPPED' and owner = any(array(select 'unit:' || id from live))
    order by id for update
)
select (select json_agg(@TOKEN order by id) from live),
    (select json_agg(json_build_array(@CLOCK_COLUMNS)) from clocks), (@EDITS)

-- name: count_rest
select count(*) from processes_token
where instance_id = %s and state in ('OPEN', 'CLAIMED', 'PARKED') and id <> %s and scope = %s
    and not (kind <> 'USER' or delegation is not null or local ?| array['@group', '@back'])

-- What a step that left units out shows of them.
-- name: shown_rest
select json_agg(json_build_array(id, node, title, state, post, unit_id, assignee_id, due_at, close_kind,
    origin) order by id)
from processes_token
where instance_id = %s and state in ('OPEN', 'CLAIMED') and kind = 'USER' and id <> all(%s)

-- name: live_clocks
with clocks as (
    select * from clocks_clock where state <> 'STOPPED' and owner = any(%s) order by id for update
)
select (select json_agg(json_build_array(@CLOCK_COLUMNS)) from clocks), (@EDITS)

-- What is parked at a join is its ticket alone, and there may be many.
-- name: token
case when kind = 'JOIN' and state = 'PARKED'
    then json_build_array(id, node, flow_in, scope, parents, origin, loop_no, local)
    else json_build_array(id, node, title, flow_in, kind, state, scope, parents, consumed_by, origin,
        loop_no, local, post, unit_id, owner_id, assignee_id, delegate_of, priority, opened_at,
        claimed_at, closed_at, close_kind, due_at, warn_at, delegation) end

-- name: edits
select json_agg(json_build_array(code, revision, changed_at)) from clocks_calendar
where exists (select from clocks where calendar = code and calendar_revision < revision
    and clocks.state = 'RUNNING')

-- name: all_tokens
select json_agg(@TOKEN order by id)
from processes_token where instance_id = %s

-- name: next_instances
select array(select nextval('processes_processinstance_id_seq') from generate_series(1, %s)),
    coalesce((select revision from org_orgrevision where id = 1), 0),
    set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
    set_config('enable_mergejoin', 'off', true)

-- name: next_instance
nextval('processes_processinstance_id_seq'),
    coalesce((select revision from org_orgrevision where id = 1), 0),
    set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
    set_config('enable_mergejoin', 'off', true)

-- name: insert_instance
insert into processes_processinstance (id, definition_id, subject, root, unit_id, calendar,
    initiator, parent_token, state, variables, rev, next_seq, priority, started_at, last_at, ended_at,
    top, depth)
values (%(instance)s, %(definition)s, %(subject)s, %(root)s, %(unit)s, %(calendar)s,
    %(initiator)s, %(parent)s, %(state)s, %(variables)s::jsonb, 0, %(next_seq)s, %(priority)s,
    %(started)s, %(last)s, %(ended)s, %(top)s, %(depth)s)

-- name: update_instance
update processes_processinstance set state = %(state)s, variables = %(variables)s::jsonb,
    rev = rev + 1, next_seq = %(next_seq)s, ended_at = %(ended)s, suspended_until = %(until)s,
    last_at = %(last)s
where id = %(instance)s

-- name: write_instances
started as (
    insert into processes_processinstance
    select * from json_populate_recordset(null::processes_processinstance, %(started)s::json)
), moved_on as (
    update processes_processinstance i set state = x.state, variables = x.variables,
        rev = i.rev + 1, next_seq = x.next_seq, ended_at = x.ended_at,
        suspended_until = x.suspended_until, last_at = x.last_at
    from json_populate_recordset(null::processes_processinstance, %(moved_on)s::json) as x
    where i.id = x.id
)

-- name: open_tokens
opened as (
    insert into processes_token
    select * from json_populate_recordset(null::processes_token, %(new)s::json)
)

-- name: move_tokens
moved as (
    update processes_token t set state = x.state, consumed_by = x.consumed_by, local = x.local,
        post = x.post, unit_id = x.unit_id, owner_id = x.owner_id, assignee_id = x.assignee_id,
        delegate_of = x.delegate_of, claimed_at = x.claimed_at, closed_at = x.closed_at,
        close_kind = x.close_kind, due_at = x.due_at, warn_at = x.warn_at, rank_at = x.rank_at,
        turn_at = x.turn_at,
        form = coalesce(x.form, t.form),
        draft = case when x.form is null then coalesce(x.draft, t.draft) end,
        delegation = x.delegation
    from json_populate_recordset(null::processes_token, %(old)s::json) as x
    where t.id = x.id
)

-- name: earliest_due
with tree as (
    select subject, root, top from processes_processinstance where id = %(instance)s
), members as (
    select top as id from tree
    union all
    select i.id from tree join processes_processinstance i
        on i.top = tree.top and i.parent_token is not null and i.ended_at is null
)
select subject, (
    select min(c.due_at) from members m join clocks_clock c on c.root = tree.root
        and c.state = 'RUNNING' and c.kind = 'LIMIT' and c.enforced
        and (c.owner like 'group:' || m.id || ':%%' or c.owner in (
            select 'unit:' || t.id from processes_token t where t.instance_id = m.id
                and t.state in ('OPEN', 'CLAIMED') and t.kind = 'USER'))), top
from tree

-- name: earlier_forms
select latest.form::text
from unnest(%s::text[]) as wanted (node)
cross join lateral (
    select id, form from processes_token
    where instance_id = %s and node = wanted.node and kind = 'USER' and state = 'DONE'
        and form is not null
    order by id desc limit 1
) as latest
order by latest.id

-- name: kept_of
select coalesce(draft, form)::text from processes_token where id = %s

-- name: form_of
select form::text from processes_token where id = %s

-- name: closed_by
select 1 from processes_token
where instance_id in (select id from processes_processinstance where subject = %(subject)s)
    and node = any(%(nodes)s) and kind = 'USER'
    and state in ('DONE', 'SUPERSEDED') and close_kind = 'SUBMITTED'
    and (assignee_id = any(%(staff)s) or delegate_of = any(%(staff)s))
limit 1

-- name: last_form_with
select form::text, assignee_id, unit_id, closed_at, delegate_of from processes_token
where instance_id = %(instance)s and close_kind = 'SUBMITTED' and form ->> %(field)s <> ''
order by closed_at desc, id desc limit 1

-- name: variables_of
select variables::text from processes_processinstance where id = %s

-- name: rehouse_tokens
update processes_token t set node = x.node, flow_in = x.flow_in, title = x.title, priority = x.priority,
    turn_at = @TURN
from unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::smallint[])
    as x (id, node, flow_in, title, priority)
where t.id = x.id

-- name: rehouse_instance
update processes_processinstance set definition_id = %(definition)s, calendar = %(calendar)s
where id = %(id)s
