"""Every run of every unit of a case: what its progress is told from."""

from dataclasses import dataclass
from datetime import datetime

from bihuan.kit import db

_RUNS = """
select t.id, t.node, t.title, t.state, t.unit_id, t.opened_at, t.closed_at, coalesce(t.close_kind, '')
from processes_token t join processes_processinstance i on i.id = t.instance_id
where i.root = %s and t.kind = 'USER' order by t.id
"""


@dataclass(frozen=True, slots=True)
class UnitRun:
    """One run of one unit; `closed_at` is None while it is open."""

    id: int
    node: str
    title: str
    state: str
    unit_id: int | None
    opened_at: datetime
    closed_at: datetime | None
    close_kind: str

    @property
    def is_open(self) -> bool:
        """Tell whether it waits for work or is worked on."""
        return self.state in ("OPEN", "CLAIMED")

    @property
    def clock_owner(self) -> str:
        """Return the owner of its clock."""
        return f"unit:{self.id}"


def unit_runs(root: str) -> list[UnitRun]:
    """Return the runs of a root's units, oldest first; the caller has checked who may see them."""
    return [UnitRun(*row) for row in db.rows(_RUNS, (root,))]
