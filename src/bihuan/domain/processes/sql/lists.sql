-- What people read: lists of units, a unit with what surrounds it, the strip of an instance.

-- name: inbox
with mine as (
    select id from processes_token
    where kind = 'USER' and state = 'CLAIMED' and owner_id = any(%(people)s) and not %(unclaimed)s
        and turn_at > %(low_turn)s and turn_at <= %(high)s and rank_at > %(low)s and rank_at <= %(high)s
        and (%(title)s = '' or title = %(title)s)
        and (turn_at, id) > (%(rank)s, %(id)s)
        and (%(warned)s::boolean is null or coalesce(warn_at <= %(at)s, false) = %(warned)s)
    order by turn_at, id limit %(size)s
), lent as (
    select id from processes_token
    where kind = 'USER' and state = 'CLAIMED' and delegation is not null and not %(unclaimed)s
        and (delegation ->> 'to')::bigint = any(%(people)s)
        and owner_id <> all(%(people)s)
        and coalesce((delegation ->> 'until')::timestamptz > %(at)s, true)
        and turn_at > %(low_turn)s and turn_at <= %(high)s and rank_at > %(low)s and rank_at <= %(high)s
        and (%(title)s = '' or title = %(title)s)
        and (turn_at, id) > (%(rank)s, %(id)s)
        and (%(warned)s::boolean is null or coalesce(warn_at <= %(at)s, false) = %(warned)s)
    order by turn_at, id limit %(size)s
), of_posts as (
    select found.id
    from unnest(%(posts)s::text[], %(units)s::bigint[]) as held (post, unit_id)
    cross join lateral (
        select id from processes_token t
        where kind = 'USER' and state = 'OPEN' and t.post = held.post and t.unit_id = held.unit_id
            and turn_at > %(low_turn)s and turn_at <= %(high)s and rank_at > %(low)s and rank_at <= %(high)s
            and (%(title)s = '' or title = %(title)s)
            and (turn_at, id) > (%(rank)s, %(id)s)
            and (%(warned)s::boolean is null or coalesce(warn_at <= %(at)s, false) = %(warned)s)
        order by turn_at, id limit %(size)s
    ) as found
)
select t.id, t.instance_id, i.subject, i.root, t.node, t.title, t.state, t.post, t.unit_id,
    t.assignee_id, coalesce(s.name, ''), t.delegate_of, t.priority, t.opened_at, t.claimed_at,
    t.due_at, t.warn_at, i.state, t.turn_at
from (
    select id from mine union all select id from lent union all select id from of_posts
) as ids
join processes_token t on t.id = ids.id
join processes_processinstance i on i.id = t.instance_id
left join org_staff s on s.id = t.assignee_id
order by t.turn_at, t.id limit %(size)s

-- The tier is a number, its place among `TIERS`: half of the time went into grouping by words.
-- name: inbox_counts
with units as (
    (select rank_at, warn_at, title from processes_token
    where kind = 'USER' and state = 'CLAIMED' and owner_id = any(%(people)s)
    order by turn_at limit %(most)s)
    union all
    (select rank_at, warn_at, title from processes_token
    where kind = 'USER' and state = 'CLAIMED' and delegation is not null
        and (delegation ->> 'to')::bigint = any(%(people)s) and owner_id <> all(%(people)s)
        and coalesce((delegation ->> 'until')::timestamptz > %(at)s, true)
    order by turn_at limit %(most)s)
    union all
    select found.rank_at, found.warn_at, found.title
    from unnest(%(posts)s::text[], %(units)s::bigint[]) as held (post, unit_id)
    cross join lateral (
        select rank_at, warn_at, title from processes_token t
        where kind = 'USER' and state = 'OPEN' and t.post = held.post and t.unit_id = held.unit_id
        order by turn_at limit %(most)s
    ) as found
    limit %(most)s
)
select case when rank_at >= %(far)s then 3 when rank_at <= %(at)s then 0
        when warn_at <= %(at)s then 1 else 2 end as tier, title, count(*)
from units group by 1, 2

-- name: unit
select t.id, t.instance_id, i.subject, i.root, t.node, t.title, t.state, t.post, t.unit_id,
    t.assignee_id, coalesce(s.name, ''), t.delegate_of, t.priority, t.opened_at, t.claimed_at,
    t.due_at, t.warn_at, i.state, t.turn_at,
    i.definition_id, i.unit_id, i.rev, t.form::text, t.draft::text, t.closed_at, t.close_kind,
    t.owner_id, t.delegation::text,
    t.local::text, around.kind, around.local::text,
    exists (select from processes_extension e where e.token_id = t.id),
    urged.here, urged.there, urged.last_at
from processes_token t
join processes_processinstance i on i.id = t.instance_id
left join org_staff s on s.id = t.assignee_id
left join processes_token around on around.id = t.scope and around.node = t.node
cross join lateral (
    select count(*) filter (where token_id = t.id) as here, count(*) as there,
        max(at) filter (where token_id = t.id) as last_at
    from processes_urge where root = i.root
) as urged
where t.id = %s and t.kind = 'USER'

-- name: open_units
select t.id from (
    select %(instance)s::bigint as id
    union all
    select id from processes_processinstance
    where top = %(instance)s and parent_token is not null and ended_at is null
) as members join processes_token t on t.instance_id = members.id
where t.kind = 'USER' and t.state in ('OPEN', 'CLAIMED') order by t.opened_at, t.id

-- What an instance has called, at each node the running instances, else the latest.
-- name: called_from
select t.node, i.id, i.ended_at is null
from processes_processinstance i join processes_token t on t.id = i.parent_token
where i.top = (select top from processes_processinstance where id = %(instance)s)
    and i.parent_token is not null and t.instance_id = %(instance)s
order by i.id

-- name: strip
select distinct on (t.node) t.node, t.id, t.title, t.state, t.post, t.unit_id, t.assignee_id,
    coalesce(s.name, ''), t.opened_at, t.closed_at, t.close_kind, t.due_at, t.origin,
    count(*) over (partition by t.node)
from processes_token t
left join org_staff s on s.id = t.assignee_id
where t.instance_id = %s and t.kind = 'USER'
order by t.node, (t.state in ('OPEN', 'CLAIMED')) desc, t.id desc

-- name: instance
select id, definition_id, subject, root, unit_id, state, rev, started_at, ended_at, suspended_until
from processes_processinstance where id = %s

-- name: instances_of
select id, definition_id, subject, root, unit_id, state, rev, started_at, ended_at, suspended_until
from processes_processinstance where subject = %s order by id

-- name: suspended
select subject, suspended_until from processes_processinstance
where subject = any(%s) and state = 'SUSPENDED'

-- name: open_units_of
select t.id, i.subject, t.node, t.title, t.post, t.unit_id, t.assignee_id
from processes_processinstance i join processes_token t on t.instance_id = i.id
where i.subject = any(%s) and t.kind = 'USER' and t.state in ('OPEN', 'CLAIMED')
order by t.id

-- name: last_form_with
select form::text, assignee_id, delegate_of, unit_id, closed_at from processes_token
where instance_id = %(instance)s and kind = 'USER' and form is not null
    and jsonb_exists(form, %(field)s)
order by id desc limit 1

-- name: copies
select c.id, c.token_id, t.instance_id, i.subject, c.root, t.node, t.title, c.post, c.sender,
    c.on_behalf_of, c.note, c.at, r.read_at, t.unit_id, i.unit_id
from (
    (select copy.id from processes_copy copy
    where staff_id = %(staff)s and copy.id < %(below)s and not (%(unread)s and exists (
        select from processes_copyread x where x.copy_id = copy.id and x.staff_id = %(staff)s))
    order by copy.id desc limit %(size)s)
    union all
    (select found.id
    from unnest(%(posts)s::text[], %(places)s::bigint[]) as held (post, place)
    cross join lateral (
        select copy.id from processes_copy copy
        where staff_id is null and copy.post = held.post and copy.org_unit_id = held.place
            and copy.id < %(below)s and not (%(unread)s and exists (
                select from processes_copyread x
                where x.copy_id = copy.id and x.staff_id = %(staff)s))
        order by copy.id desc limit %(size)s
    ) as found)
) as ids
join processes_copy c on c.id = ids.id
join processes_token t on t.id = c.token_id
join processes_processinstance i on i.id = t.instance_id
left join processes_copyread r on r.copy_id = c.id and r.staff_id = %(staff)s
order by c.id desc limit %(size)s

-- name: copied
select 1 from processes_copy
where root = %(root)s and (staff_id = %(staff)s or exists (
    select from unnest(%(posts)s::text[], %(places)s::bigint[]) as held (post, place)
    where held.post = processes_copy.post and held.place = org_unit_id))
limit 1

-- name: extension_of
select e.id, e.token_id, i.subject, t.node, t.title, e.clock_owner, e.more, e.until, e.reason,
    e.requested_by, e.on_behalf_of, e.requested_at,
    case when e.state = 'PENDING' and t.state not in ('OPEN', 'CLAIMED') then 'LAPSED'
        else e.state end,
    e.decided_by, e.decided_at, e.decision
from processes_extension e
join processes_token t on t.id = e.token_id
join processes_processinstance i on i.id = t.instance_id
where e.token_id = %s order by e.id desc limit 1

-- name: pending_extensions
select e.id, e.token_id, i.subject, t.node, t.title, e.clock_owner, e.more, e.until, e.reason,
    e.requested_by, e.on_behalf_of, e.requested_at, e.state, e.decided_by, e.decided_at, e.decision
from processes_extension e
join processes_token t on t.id = e.token_id and t.state in ('OPEN', 'CLAIMED')
join processes_processinstance i on i.id = t.instance_id
where e.state = 'PENDING' and e.id < %(below)s and e.requested_by <> %(self)s
    and e.on_behalf_of <> %(self)s
    and (%(everywhere)s or t.unit_id = any(%(units)s) or i.unit_id = any(%(units)s))
order by e.id desc limit %(size)s

-- name: skips
select coalesce(t.owner_id, t.assignee_id), coalesce(s.name, ''), t.post, t.unit_id,
    t.local ->> '@skipped', count(*)
from processes_token t left join org_staff s on s.id = coalesce(t.owner_id, t.assignee_id)
where t.kind = 'USER' and t.close_kind = 'SKIPPED'
    and t.closed_at >= %(since)s and t.closed_at < %(until)s
    and t.local ->> '@skipped' = any(%(how)s)
    and (%(everywhere)s or t.unit_id = any(%(units)s))
group by 1, 2, 3, 4, 5 order by 6 desc, 2, 3, 4, 5

-- name: to_migrate
select id, subject from processes_processinstance
where definition_id = %(from)s and ended_at is null and id > %(after)s order by id limit %(size)s
