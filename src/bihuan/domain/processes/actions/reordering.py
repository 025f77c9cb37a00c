"""What runs gets another priority: its open units move in the queues (SEG-17, decision 0373)."""

from collections.abc import Mapping

from bihuan.domain.processes.choices import turn_in_sql
from bihuan.kit import db

_REORDER = f"""
with given as (
    select i.id, i.priority as was, g.priority as now
    from unnest(%(roots)s::text[], %(priorities)s::smallint[]) as g (root, priority)
    join processes_processinstance i on i.root = g.root
    where i.ended_at is null and i.priority <> g.priority order by i.id
), moved as (
    update processes_token t set priority = given.now,
        turn_at = {turn_in_sql("t.rank_at", "given.now")}
    from given where t.instance_id = given.id and t.kind = 'USER' and t.state in ('OPEN', 'CLAIMED')
        and t.priority = given.was
)
update processes_processinstance i set priority = given.now from given where i.id = given.id
returning i.id
"""  # noqa: S608 -- our own text


def reorder(priorities: Mapping[str, int]) -> int:
    """Give the running processes of these roots their priority, 0 to 100; return how many change.

    Units whose diagram says a priority of its own keep it. In the caller's transaction, whose fact says why.
    """
    values = {"roots": list(priorities), "priorities": list(priorities.values())}
    return len(db.rows(_REORDER, values))
