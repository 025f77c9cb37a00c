"""Who had the units that were skipped: the skip is counted against them (TKT-08)."""

from dataclasses import dataclass
from datetime import datetime

from bihuan.domain.org.ports import Access
from bihuan.domain.processes.queries.statements import LISTS
from bihuan.kit import db

COUNTED = ("overdue", "manual")


@dataclass(frozen=True, slots=True)
class SkipCount:
    """How many units of one owner were skipped in one way. Nobody had claimed it: `owner_id` is None.

    `how` is `overdue`, `manual`, or `condition` where `bh:enterIf` did not hold.
    """

    owner_id: int | None
    owner: str
    post: str
    unit_id: int | None
    how: str
    count: int


def skips_by_owner(
    access: Access, *, since: datetime, until: datetime, conditions_too: bool = False
) -> list[SkipCount]:
    """Return the units skipped in a half-open period by who had them, most first.

    Only in org units whose reports the person may see (`report.view`). A unit not entered because of its
    condition was nobody's to do and is left out unless asked for.
    """
    scope = access.scope("report.view")
    params = {
        "since": since,
        "until": until,
        "how": [*COUNTED, "condition"] if conditions_too else list(COUNTED),
        "everywhere": scope.everywhere,
        "units": list(scope.unit_ids),
    }
    return [SkipCount(*row) for row in db.rows(LISTS["skips"], params)]
