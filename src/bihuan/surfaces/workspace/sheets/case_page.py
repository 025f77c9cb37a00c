"""The head of a case: who, what, how long still."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse

from bihuan.domain.cases.queries import CaseRow, CaseView
from bihuan.surfaces.workspace.desk import Desk
from bihuan.surfaces.workspace.sheets import words
from bihuan.surfaces.workspace.sheets.cases import ENDED, case_address, is_loud, kind_of
from bihuan.surfaces.workspace.sheets.chips import NO_CHIP, ChipSheet
from bihuan.surfaces.workspace.sheets.customers import hidden
from bihuan.surfaces.workspace.sheets.loop import NO_LEVEL, Level


@dataclass(frozen=True, slots=True)
class CaseSheet:
    """One case, ready to be drawn."""

    id: int
    number: str
    title: str
    kind: str
    loud: bool
    class_path: str
    grade: str
    state: str
    ended: bool
    agreed: bool
    rework: int
    promised_at: datetime | None
    opened_at: datetime
    description: str
    channel: str
    contact_name: str
    org_unit: str
    responsible_unit: str
    customer: dict[str, Any]
    may_note: bool
    unit_name: str = ""
    unit_chip: ChipSheet = NO_CHIP
    whole_chip: ChipSheet = NO_CHIP
    level: Level = NO_LEVEL
    urges: int = 0
    survivor: Mapping[str, str] = field(default_factory=dict)
    may_press: bool = False
    may_merge: bool = False

    @property
    def loop_address(self) -> str:
        """Return the tab with who was told, who must answer and what was learned."""
        return reverse("case-loop", args=[self.number])

    @property
    def address(self) -> str:
        """Return where it is worked on."""
        return case_address(self.number)

    @property
    def flow_address(self) -> str:
        """Return the page of its process."""
        return reverse("case-flow", args=[self.number])

    @property
    def original_address(self) -> str:
        """Return the tab with the customer's own words."""
        return reverse("case-original", args=[self.number])

    @property
    def facts_address(self) -> str:
        """Return the facts alone."""
        return reverse("case-facts", args=[self.number])

    @property
    def context_address(self) -> str:
        """Return the side panel."""
        return reverse("case-context", args=[self.number])

    @property
    def operations_address(self) -> str:
        """Return the list of all that may be done with it."""
        return reverse("case-operations", args=[self.number])

    @property
    def notes_address(self) -> str:
        """Return where remarks are sent."""
        return reverse("case-notes", args=[self.number])


@dataclass(frozen=True, slots=True)
class Clocks:
    """The two large chips of a case's head."""

    unit_name: str = ""
    unit: ChipSheet = NO_CHIP
    whole: ChipSheet = NO_CHIP


@dataclass(frozen=True, slots=True)
class Marks:
    """How high a case has risen, and where it goes on when it was merged."""

    level: Level = NO_LEVEL
    survivor: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Head:
    """What a head shows beside the row."""

    clocks: Clocks
    marks: Marks


def case_sheet(
    view: CaseView, desk: Desk, customer: dict[str, Any] | None, head: Head
) -> CaseSheet:
    """Return the head of a case."""
    row, clocks = view.row, head.clocks
    return CaseSheet(
        **_fixed(row),
        class_path=" › ".join(view.class_names),
        description=view.description,
        customer=_head(view, customer),
        may_note=desk.may("case.view", view.org_unit_id),
        unit_name=clocks.unit_name,
        unit_chip=clocks.unit,
        whole_chip=clocks.whole,
        level=head.marks.level,
        urges=view.urge_count,
        survivor=head.marks.survivor,
        may_press=_live(row) and desk.access.may_in_any("case.supervise", *_units(view)),
        may_merge=_live(row) and desk.access.may_in_any("case.merge", *_units(view)),
    )


def _live(row: CaseRow) -> bool:
    return row.state in ("OPEN", "RESOLVED")


def _units(view: CaseView) -> tuple[int | None, ...]:
    return (view.org_unit_id, view.responsible_unit_id)


def _fixed(row: CaseRow) -> dict[str, Any]:
    """Return what the row alone says."""
    return {
        "id": row.id,
        "number": row.number,
        "title": row.title,
        "kind": kind_of(row),
        "loud": is_loud(row),
        "grade": "" if row.grade == "ROUTINE" else words.GRADES.get(row.grade, ""),
        "state": row.state_title,
        "ended": row.state in ENDED,
        "agreed": row.state == "CLOSED",
        "rework": row.rework_count,
        "promised_at": row.promised_at,
        "opened_at": row.opened_at,
        "channel": row.channel_title,
        "contact_name": row.contact_name,
        "org_unit": row.org_unit,
        "responsible_unit": row.responsible_unit,
    }


def _head(view: CaseView, customer: dict[str, Any] | None) -> dict[str, Any]:
    """Return who the case is from: the customer on file, else whoever got in touch."""
    own = {
        "name": view.row.contact_name or "未留名",
        "tier": "",
        "phone": hidden(view.row.contact_phone),
        "account": "",
        "place": "",
        "address": "",
        "closed": "",
        "reveal_address": _reveal_address(view),
    }
    if customer is None or customer["closed"]:
        return own | (customer or {})
    return customer | {
        "phone": customer["phone"] or own["phone"],
        "reveal_address": customer["reveal_address"] or own["reveal_address"],
    }


def _reveal_address(view: CaseView) -> str:
    """Return where the contact's whole number is asked for, nothing for who may not see it."""
    if not (view.sees_phones and view.row.contact_phone):
        return ""
    return reverse("case-phone", args=[view.row.number])
