"""The clocks behind a page: read once, shown as chips."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bihuan.domain.clocks import queries
from bihuan.domain.clocks.rules import STOPPED, ClockRow
from bihuan.surfaces.workspace.sheets.chips import NO_CHIP, ChipSheet, chip_of


@dataclass(frozen=True, slots=True)
class CaseClocks:
    """All clocks of one case, read in one query."""

    rows: Sequence[ClockRow]
    at: datetime
    why: str = ""

    def of(self, owner: str) -> ChipSheet:
        """Return the chip of the latest clock of an owner."""
        found = [row for row in self.rows if row.owner == owner]
        return self.chip(found[-1]) if found else NO_CHIP

    def chip(self, row: ClockRow) -> ChipSheet:
        """Return the chip of one of the rows."""
        return chip_of(row, queries.calendar(row.calendar), self.at, why=self.why)

    def group(self, instance_id: int, group_id: str) -> ChipSheet:
        """Return the chip of a limit group."""
        return self.of(f"group:{instance_id}:{group_id}")


def clocks_of_case(case_id: int, at: datetime, *, why: str = "") -> CaseClocks:
    """Read the clocks of a case."""
    return CaseClocks(queries.clocks_of(f"case:{case_id}"), at, why)


def chips_of_cases(case_ids: Sequence[int], at: datetime) -> dict[int, ChipSheet]:
    """Return, for each case, the chip of the clock that is due first; one query for all."""
    roots = {f"case:{case_id}": case_id for case_id in case_ids}
    live: dict[int, list[ClockRow]] = defaultdict(list)
    for row in queries.live_clocks(list(roots)):
        if row.state != STOPPED and row.owner.startswith("unit:"):
            live[roots[row.root]].append(row)
    return {case_id: _first(rows, at) for case_id, rows in live.items()}


def _first(rows: list[ClockRow], at: datetime) -> ChipSheet:
    row = min(rows, key=lambda one: (one.due_at is None, one.due_at or at, one.id))
    return chip_of(row, queries.calendar(row.calendar), at)
