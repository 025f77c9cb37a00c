"""The current unit's form, as the dock of the workbench shows it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.urls import reverse

from bihuan.domain.cases import queries as cases
from bihuan.domain.cases.queries import CaseRow
from bihuan.domain.processes.queries import UnitView
from bihuan.engines.forms import FieldType
from bihuan.surfaces.workspace import operations
from bihuan.surfaces.workspace.desk import Desk
from bihuan.surfaces.workspace.sheets.chips import NO_CHIP, ChipSheet
from bihuan.surfaces.workspace.sheets.fields import (
    FieldSheet,
    Filled,
    Lookups,
    Options,
    field_sheets,
)


@dataclass(frozen=True, slots=True)
class UnitForm:
    """One unit in the dock: `mine` when it may be filled in now, else how to get it, or why not."""

    name: str
    owner: str
    mine: bool
    address: str
    fields: Sequence[FieldSheet] = ()
    missing: Sequence[tuple[str, str]] = ()
    refusal: str = ""
    saved: str = ""
    hint: str = ""
    why_not: str = ""
    next: str = ""
    limit: str = ""
    used: str = ""
    claimable: bool = False
    operations: Sequence[dict[str, str]] = field(default_factory=tuple)

    @property
    def submit_title(self) -> str:
        """Return the word on the main button."""
        return f"提交{self.name}"

    @property
    def submit_address(self) -> str:
        """Return where the form is sent."""
        return f"{self.address}submit/"

    @property
    def draft_address(self) -> str:
        """Return where drafts are kept."""
        return f"{self.address}draft/"

    @property
    def redraw_address(self) -> str:
        """Return where the form is asked for again when a field decides about others."""
        return f"{self.address}form/"

    @property
    def claim_address(self) -> str:
        """Return where it is taken, nothing when it cannot be."""
        return f"{self.address}claim/" if self.claimable else ""


def unit_form(
    unit: UnitView, desk: Desk, filled: Filled | None = None, *, chip: ChipSheet = NO_CHIP
) -> UnitForm:
    """Return the dock of a unit with what was typed, or else drafted."""
    mine = "submit" in unit.operations and unit.assignee_id == desk.staff_id
    now = filled or Filled(unit.values, {}, desk.at)
    shown = field_sheets(unit.form, now, _lookups(desk, unit)) if mine and unit.form else []
    return UnitForm(
        name=unit.title,
        owner="本人" if mine else unit.assignee or "待取",
        mine=mine,
        address=reverse("unit", args=[unit.id]),
        fields=shown,
        missing=[(one.name, one.label) for one in shown if one.error],
        refusal=now.refusal,
        saved="已有暂存" if unit.has_draft and filled is None else "",
        why_not=_why_not(unit, mine=mine),
        limit=chip.limit_text,
        used=chip.used,
        claimable=not mine and "claim" in unit.operations,
        operations=operations.offered(unit),
    )


def elsewhere(case: CaseRow) -> UnitForm | None:
    """Return the dock of a unit that others do and this person may not look into."""
    if not case.current_units:
        return None
    who = f"由 {case.assignee} 办理" if case.assignee else "等这一环节的岗位取单"
    return UnitForm(name=case.current_units, owner="", mine=False, address="", why_not=who)


def _why_not(unit: UnitView, *, mine: bool) -> str:
    if mine or "claim" in unit.operations:
        return ""
    if unit.row.is_suspended:
        return "已停表，走表后再办"
    if unit.assignee:
        return f"由 {unit.assignee} 办理"
    return "等这一环节的岗位取单"


def _lookups(desk: Desk, unit: UnitView) -> Lookups:
    return {
        FieldType.ORG_UNIT: partial(operations.org_unit_options, desk),
        FieldType.CLASS: partial(_class_options, unit.pack),
        FieldType.STAFF: partial(_staff_options, unit),
    }


def _staff_options(unit: UnitView) -> Options:
    return [(str(one.id), one.name) for one in unit.colleagues]


def _class_options(pack: str) -> Options:
    nodes = cases.classes(pack)
    names: dict[str, Any] = {one.code: one.name for one in nodes}
    parents = {one.parent_code for one in nodes}
    return [
        (one.code, " › ".join(names[code] for code in _codes(one.code) if code in names))
        for one in nodes
        if one.code not in parents
    ]


def _codes(code: str) -> list[str]:
    parts = code.split(".")
    return [".".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
