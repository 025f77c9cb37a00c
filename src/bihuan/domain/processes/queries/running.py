"""How many instances still run on which version."""

from collections.abc import Collection

from bihuan.kit import db

_RUNNING = """
    select definition_id, count(*) from processes_processinstance
    where definition_id = any(%s) and state in ('RUNNING', 'SUSPENDED')
    group by definition_id
"""


def running_by_definition(definition_ids: Collection[int]) -> dict[int, int]:
    """Count the instances that are not over, by the version they are pinned to."""
    return {int(row[0]): int(row[1]) for row in db.rows(_RUNNING, (list(definition_ids),))}
