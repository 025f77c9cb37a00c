"""What was moved from one version of a process to another."""

from dataclasses import dataclass
from datetime import datetime

from bihuan.kit import db

_RECENT = """
select m.id, m.key, f.version, t.version, m.reason, m.by, m.at, m.reverses_id,
    count(i.id) filter (where i.state = 'MIGRATED'), count(i.id) filter (where i.state <> 'MIGRATED'),
    exists (select 1 from processes_migration b where b.reverses_id = m.id)
from processes_migration m
join packs_definition f on f.id = m.from_definition_id
join packs_definition t on t.id = m.to_definition_id
left join processes_migratedinstance i on i.migration_id = m.id
group by m.id, f.version, t.version order by m.id desc limit %s
"""


@dataclass(frozen=True, slots=True)
class MigrationRow:
    """One batch: how many instances it moved and how many stayed. `by` is a ref."""

    id: int
    key: str
    from_version: int
    to_version: int
    reason: str
    by: str
    at: datetime
    reverses: int | None
    moved: int
    refused: int
    is_reversed: bool


def recent_migrations(*, size: int = 20) -> list[MigrationRow]:
    """Return the latest batches, newest first."""
    return [MigrationRow(*row) for row in db.rows(_RECENT, (size,))]
