"""What was moved from one version of a process to another."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bihuan.kit import db
from bihuan.kit.problems import NotFound

_BATCHES = """
select m.id, m.key, coalesce(nullif(t.title, ''), m.key), f.version, t.version, m.reason, m.by, m.at,
    m.reverses_id, n.moved, n.refused, exists (select 1 from processes_migration b where b.reverses_id = m.id),
    m.total, m.finished_at, m.from_definition_id, m.to_definition_id
from processes_migration m
join packs_definition f on f.id = m.from_definition_id
join packs_definition t on t.id = m.to_definition_id
cross join lateral (
    select count(*) filter (where i.state = 'MIGRATED') moved, count(*) filter (where i.state <> 'MIGRATED') refused
    from processes_migratedinstance i where i.migration_id = m.id) n
"""
_RECENT = _BATCHES + "order by m.id desc limit %s"
_ONE = _BATCHES + "where m.id = %s"
_RESULTS = """
select i.instance_id, p.subject, i.state, i.message, i.moved
from processes_migratedinstance i join processes_processinstance p on p.id = i.instance_id
where i.migration_id = %(batch)s and i.instance_id > %(after)s and (%(state)s = '' or i.state = %(state)s)
order by i.instance_id limit %(size)s
"""


class MigrationMissing(NotFound):
    """There is no such batch."""

    message = "没有找到这次迁移。"


@dataclass(frozen=True, slots=True)
class MigrationRow:
    """One batch: how many instances it moved and how many stayed. `by` is a ref."""

    id: int
    key: str
    title: str
    from_version: int
    to_version: int
    reason: str
    by: str
    at: datetime
    reverses: int | None
    moved: int
    refused: int
    is_reversed: bool
    total: int
    finished_at: datetime | None
    from_definition: int
    to_definition: int

    @property
    def done(self) -> int:
        """How many instances were looked at so far."""
        return self.moved + self.refused


@dataclass(frozen=True, slots=True)
class MigratedRow:
    """What became of one instance; `moved` lists [token, node before, node after]."""

    instance_id: int
    subject: str
    state: str
    message: str
    moved: list[list[Any]]


def migration(batch_id: int) -> MigrationRow:
    """Return one batch; refuse `MigrationMissing`."""
    row = db.one(_ONE, (batch_id,))
    if row is None:
        raise MigrationMissing
    return MigrationRow(*row)


def migrated(
    batch_id: int, *, state: str = "", after: int = 0, size: int = 50
) -> list[MigratedRow]:
    """Return what became of the instances of a batch, by id, those behind `after`; all states without one."""
    params = {"batch": batch_id, "state": state, "after": after, "size": size}
    return [MigratedRow(*row[:4], json.loads(row[4])) for row in db.rows(_RESULTS, params)]


def recent_migrations(*, size: int = 20) -> list[MigrationRow]:
    """Return the latest batches, newest first."""
    return [MigrationRow(*row) for row in db.rows(_RECENT, (size,))]
