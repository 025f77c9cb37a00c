-- What cases really did, from the ledger.

-- For each instance its facts are found by the index of roots, and months before its start are left out: the cost
-- follows the number of instances asked for, not the size of the ledger (decision 0141).
-- name: histories
with chosen as materialized (
    select id, root, definition_id, state, started_at, ended_at from processes_processinstance
    where definition_id = any(%(definitions)s) and (%(everywhere)s or unit_id = any(%(units)s))
        and ended_at is not null and started_at >= %(since)s and started_at < %(until)s
    order by started_at desc, id desc limit %(most)s
)
select c.id, c.definition_id, c.state, c.started_at, c.ended_at,
    runs.node, runs.ready_at, runs.begun_at, runs.done_at, runs.how, runs.actor
from chosen c cross join lateral (
    select f.data ->> 'node' as node,
        min(f.at) filter (where f.name = 'unit.opened') as ready_at,
        min(f.at) filter (where f.name in ('unit.claimed', 'unit.assigned')) as begun_at,
        max(f.at) filter (where f.name = any(%(done)s)) as done_at,
        max(f.name) filter (where f.name = any(%(done)s)) as how,
        max(f.actor) filter (where f.name = any(%(done)s)) as actor,
        max(f.id) as latest
    from ledger_fact f
    where f.root = c.root and f.recorded_at >= least(c.started_at, now()) - interval '1 day'
        and (f.name = any(%(done)s)
            or f.name in ('unit.opened', 'unit.claimed', 'unit.assigned'))
        and (f.data ->> 'instance')::bigint = c.id
    group by f.subject, f.data ->> 'node'
) as runs
where runs.done_at is not null
order by c.started_at desc, c.id desc, runs.done_at, runs.latest
