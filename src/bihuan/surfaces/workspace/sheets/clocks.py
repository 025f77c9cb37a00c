"""The clocks behind a page: read once, shown as chips."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bihuan.domain.clocks import queries
from bihuan.domain.clocks.rules import PAUSED, ClockRow
from bihuan.domain.ledger import queries as ledger
from bihuan.domain.org import queries as org
from bihuan.domain.processes import queries as processes
from bihuan.kit.masking import mask_text
from bihuan.surfaces.workspace.sheets.chips import NO_CHIP, ChipSheet, Rest, chip_of, idle_chip


@dataclass(frozen=True, slots=True)
class CaseClocks:
    """All clocks of one case, read in one query."""

    rows: Sequence[ClockRow]
    at: datetime
    rest: Rest | None = None

    def of(self, owner: str) -> ChipSheet:
        """Return the chip of the latest clock of an owner."""
        found = [row for row in self.rows if row.owner == owner]
        return self.chip(found[-1]) if found else NO_CHIP

    def chip(self, row: ClockRow) -> ChipSheet:
        """Return the chip of one of the rows."""
        calendar = queries.calendar(row.calendar)
        if row.state == PAUSED and self.rest is None:
            return idle_chip(row, calendar, self.at)
        return chip_of(row, calendar, self.at, rest=self.rest)

    def group(self, instance_id: int, group_id: str) -> ChipSheet:
        """Return the chip of a limit group."""
        return self.of(f"group:{instance_id}:{group_id}")


def clocks_of_case(case_id: int, at: datetime) -> CaseClocks:
    """Read the clocks of a case and, when some stand still, why."""
    root = f"case:{case_id}"
    rows = queries.clocks_of(root)
    standing = [root] if any(row.state == PAUSED for row in rows) else []
    return CaseClocks(rows, at, rests(standing).get(root))


def chips_of_cases(case_ids: Sequence[int], at: datetime) -> dict[int, ChipSheet]:
    """Return, for each case, the chip of the clock that is due first; one query for all."""
    roots = {f"case:{case_id}": case_id for case_id in case_ids}
    live: dict[str, list[ClockRow]] = defaultdict(list)
    for row in queries.live_clocks(list(roots)):
        if row.owner.startswith("unit:"):
            live[row.root].append(row)
    why = rests([root for root, rows in live.items() if any(r.state == PAUSED for r in rows)])
    return {roots[root]: _first(rows, at, why.get(root)) for root, rows in live.items()}


def rests(roots: Sequence[str]) -> dict[str, Rest]:
    """Return, for those of some roots whose process rests, who stopped it, why and until when.

    A chip stands on every list: numbers in the reason are masked for everybody.
    """
    until = processes.suspended(roots) if roots else {}
    if not until:
        return {}
    facts = {fact.root: fact for fact in ledger.latest_of(list(until), "process.suspended")}
    people = org.names_of({_staff_id(fact.actor) for fact in facts.values()} - {0})
    return {
        root: Rest(mask_text(fact.reason), people.get(_staff_id(fact.actor), "系统"), until[root])
        for root, fact in facts.items()
    }


def _staff_id(ref: str) -> int:
    kind, _, key = ref.partition(":")
    return int(key) if kind == "staff" else 0


def _first(rows: list[ClockRow], at: datetime, rest: Rest | None) -> ChipSheet:
    row = min(rows, key=lambda one: (one.due_at is None, one.due_at or at, one.id))
    return chip_of(row, queries.calendar(row.calendar), at, rest=rest)
