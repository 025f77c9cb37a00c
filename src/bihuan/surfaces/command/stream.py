"""The board as it goes out on the stream: changed lines as HTML, and who left (decision 0220)."""

import json
from collections.abc import Collection, Hashable, Mapping
from datetime import datetime
from typing import Any, Final

from django.template import engines

from bihuan.domain.cases import queries as cases
from bihuan.domain.cases.queries import AlertChanges
from bihuan.domain.org.ports import Access
from bihuan.surfaces.command import sheets
from bihuan.surfaces.command.chips import Chip, chips_of_units

TOPIC: Final = "board:command"
URGENT, USUAL = "urgent", "usual"
_URGENT: Final = frozenset(
    {
        "clock.warned",
        "clock.overdue",
        "case.escalated",
        "case.escalation_acknowledged",
        "case.level_raised",
        "case.urged",
        "unit.urged",
        "unit.assigned",
    }
)
_USUAL: Final = ("unit.", "process.", "case.", "clock.")
_SILENT: Final = frozenset(
    {
        "unit.drafted",
        "unit.copied",
        "case.noted",
        "case.touched",
        "case.escalation_repeated",
        "clock.started",
        "clock.stopped",
        "case.linked",
    }
)


def interest(name: str) -> str:
    """Tell how much a fact of this name matters to the board; empty for not at all."""
    if name in _URGENT or name.startswith("case.supervision_"):
        return URGENT
    return USUAL if name.startswith(_USUAL) and name not in _SILENT else ""


def eyes(access: Access) -> Hashable:
    """Return what decides what somebody sees of the board."""
    return cases.eyes_of(access)


def events(
    case_ids: Collection[int], audiences: Mapping[Hashable, Access], at: datetime
) -> dict[Hashable, bytes]:
    """Return, for each kind of eyes, the event that says how some cases stand on the board now."""
    changes = cases.alert_changes(case_ids, at)
    chips = chips_of_units([one.unit_id for one in changes.entries if one.unit_id], at)
    drawn = {key: _event(changes, access, chips) for key, access in audiences.items()}
    return {key: event for key, event in drawn.items() if event}


def _event(changes: AlertChanges, access: Access, chips: Mapping[int, Chip]) -> bytes:
    rows, gone = changes.seen_by(access)
    if not rows and not gone:
        return b""
    template: Any = engines["jinja2"]
    row_html = template.env.get_template("command/_row.html")
    said = {
        "rows": [[row.case_id, row_html.render(line=sheets.line_of(row, chips))] for row in rows],
        "gone": gone,
    }
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    return f"event: board\ndata: {text}\n\n".encode()
