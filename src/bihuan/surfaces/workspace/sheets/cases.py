"""A case as lists and pages show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final
from urllib.parse import quote

from django.urls import reverse

from bihuan.domain.cases.queries import CaseCard, CaseRow
from bihuan.surfaces.workspace.sheets import words
from bihuan.surfaces.workspace.sheets.chips import NO_CHIP, ChipSheet

ENDED: Final = frozenset({"CLOSED", "CANCELLED"})


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One row of a table of cases."""

    number: str
    kind: str
    loud: bool
    title: str
    address: str
    chip: ChipSheet
    state: str
    agreed: bool
    customer: str
    unit: str
    assignee: str
    rework: int
    promised_at: datetime | None
    opened_at: datetime
    unit_id: int | None = None
    pick: str = ""


def case_address(number: str) -> str:
    """Return where a case is worked on."""
    before, after = _around_a_number()
    return f"{before}{quote(number)}{after}"


@cache
def _around_a_number() -> tuple[str, str]:
    """Return what stands around the number in an address: a queue has fifty of them."""
    before, _, after = reverse("case", args=["-"]).partition("-")
    return before, after


def case_line(row: CaseRow, chips: Mapping[int, ChipSheet], unit_id: int | None = None) -> CaseLine:
    """Return the row of a case; `chips` by case id."""
    ended = row.state in ENDED
    return CaseLine(
        number=row.number,
        kind=kind_of(row),
        loud=is_loud(row),
        title=row.title,
        address=case_address(row.number),
        chip=NO_CHIP if ended else chips.get(row.id, NO_CHIP),
        state=row.state_title,
        agreed=row.state == "CLOSED",
        customer=row.contact_name,
        unit="—" if ended else row.current_units or "—",
        assignee=row.assignee or row.responsible_unit,
        rework=row.rework_count,
        promised_at=row.promised_at,
        opened_at=row.opened_at,
        unit_id=unit_id,
        pick="" if ended else f"c{row.id}·{row.number}",
    )


def kind_of(row: CaseRow | CaseCard) -> str:
    """Return the word for what kind of business a case is."""
    return words.REQUEST_TYPES.get(row.request_type, row.class_name)


def is_loud(row: CaseRow | CaseCard) -> bool:
    """Tell whether its tag is tinted: complaints and reports only."""
    return row.request_type in words.LOUD_KINDS
