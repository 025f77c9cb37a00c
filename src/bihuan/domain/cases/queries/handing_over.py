"""What cases leave to the next shift: what is late, escalated or supervised in some org units (MON-12)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bihuan.domain.cases.events import case_ref
from bihuan.domain.cases.queries.alerts import ESCALATED, OVERDUE, SUPERVISED, WARN, alerts_in
from bihuan.domain.cases.queries.figures import FIGURES, org_unit_figures
from bihuan.domain.org.ports import OpenMatter
from bihuan.kit import db
from bihuan.kit.masking import mask_text

_WHY: Final = {OVERDUE: "超期", WARN: "预警", ESCALATED: "升级待确认", SUPERVISED: "督办中"}
_NAMED = "select id, number, title from cases_case where id = any(%s)"


def open_matters(unit_ids: Sequence[int], at: datetime) -> list[OpenMatter]:
    """Return the cases of some org units that the next shift must know of, the most urgent first."""
    entries = alerts_in(unit_ids, at)
    named = {key: said for key, *said in db.rows(_NAMED, ([one.case_id for one in entries],))}
    return [
        OpenMatter(
            subject=case_ref(one.case_id),
            number=named[one.case_id][0],
            text=mask_text(named[one.case_id][1]),
            why="、".join(_WHY[tier] for tier in one.tiers(at)),
        )
        for one in entries
        if one.case_id in named
    ]


def day_of_cases(
    unit_ids: Sequence[int], since: datetime, until: datetime
) -> list[tuple[str, int]]:
    """Return what a day came to for the daily sheet, each with its title."""
    found = org_unit_figures(unit_ids, since, until)
    return [(title, found[name]) for name, title in FIGURES.items()]
