"""Ids of instances that are started now; a batch takes some ahead."""

from bihuan.domain.processes.actions.keeping import IDS_AT_ONCE, kept
from bihuan.domain.processes.queries.statements import SQL
from bihuan.kit import db


def next_instance_columns() -> str:
    """Return the columns by which a statement of the caller's own takes what `Opening.instance` holds.

    Two columns count; the others tell the planner to use keys for the rest of the transaction (decision 0043).
    """
    return SQL["next_instance"]


def next_instance() -> tuple[int, int]:
    """Return the id of an instance that is started now, and the org's revision; a batch takes some ahead."""
    batch = kept()
    if batch is not None and batch.instance_ids:
        return batch.instance_ids.pop(0), batch.org_revision
    count = 1 if batch is None else IDS_AT_ONCE
    ids, revision, *_settings = db.one(SQL["next_instances"], (count,)) or ([0], 0)
    if batch is not None:
        batch.instance_ids, batch.org_revision = ids[1:], revision
    return ids[0], revision
