"""The current unit's form, as the dock of the workbench shows it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from django.urls import reverse

from bihuan.domain.attachments import queries as attachments
from bihuan.domain.cases import queries as cases
from bihuan.domain.cases.events import case_id_of
from bihuan.domain.cases.queries import CaseRow, CaseView, Responsible
from bihuan.domain.customers import queries as customers
from bihuan.domain.processes.queries import UnitView
from bihuan.engines.forms import Field, FieldType, Form
from bihuan.engines.forms.model import FILES
from bihuan.surfaces.workspace import operations
from bihuan.surfaces.workspace.desk import Desk, look_up
from bihuan.surfaces.workspace.phrases import moment
from bihuan.surfaces.workspace.sheets.chips import NO_CHIP, ChipSheet
from bihuan.surfaces.workspace.sheets.fields import (
    Around,
    FieldSheet,
    Filled,
    Lookups,
    Options,
    field_sheets,
)
from bihuan.surfaces.workspace.sheets.files import file_numbers, files_by_number

CUSTOMERS_SHOWN: Final = 6
# The field that says who becomes responsible.
RESPONSIBLE: Final = "org_unit"
# Fewer digits are a customer's own number.
NUMBER_OF_A_PHONE: Final = 7
# What a case knows under the names that forms ask for it; words that forms use otherwise stay out.
PASSED_ON: Final = frozenset({"submit", "complete_delegation"})
KNOWN: Final = ("class_code", "importance", "urgency", "scope", "title", "contact_name")


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
    goes_to: str = ""
    limit: str = ""
    used: str = ""
    claimable: bool = False
    goes_home: bool = False
    notes: Sequence[tuple[str, str]] = ()
    operations: Sequence[dict[str, str]] = field(default_factory=tuple)
    proposal: Responsible | None = None

    @property
    def first_operations(self) -> list[dict[str, str]]:
        """Return the operations with a button of their own."""
        return [one for one in self.operations if one["place"] == "first"]

    @property
    def other_operations(self) -> list[dict[str, str]]:
        """Return the operations in the menu: those about the unit, then those about the process."""
        others = [one for one in self.operations if one["place"] != "first"]
        return sorted(others, key=lambda one: one["place"])

    @property
    def submit_title(self) -> str:
        """Return the word on the main button."""
        if self.goes_home:
            return "办好交回委派人"
        return f"提交到{self.goes_to}" if self.goes_to else f"提交{self.name}"

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
    unit: UnitView,
    desk: Desk,
    filled: Filled | None = None,
    *,
    chip: ChipSheet = NO_CHIP,
    case: CaseView | None = None,
) -> UnitForm:
    """Return the dock of a unit with what was typed, or else drafted, or else known of the case."""
    mine = unit.assignee_id == desk.staff_id and not PASSED_ON.isdisjoint(unit.operations)
    now = filled or Filled(known_values(unit.form, case) | dict(unit.values), {}, desk.at)
    shown: Sequence[FieldSheet] = ()
    if mine and unit.form:
        shown = field_sheets(unit.form, now, _lookups(desk, unit), _around_form(unit, desk, now))
    return replace(
        _around(unit, mine=mine),
        fields=shown,
        missing=list(_missing(shown)),
        refusal=now.refusal,
        saved="已有暂存" if unit.has_draft and filled is None else "",
        limit=chip.limit_text,
        used=chip.used,
        proposal=_proposal(unit, desk, now) if mine else None,
    )


def _proposal(unit: UnitView, desk: Desk, filled: Filled) -> Responsible | None:
    """Return who should be responsible, for a form that asks for it and has no answer yet (TKT-15)."""
    asks = unit.form is not None and any(
        one.type is FieldType.ORG_UNIT and one.code == RESPONSIBLE for one in unit.form.fields
    )
    if not asks or filled.values.get(RESPONSIBLE) or not unit.subject.startswith("case:"):
        return None
    about = cases.about_case(case_id_of(unit.subject))
    said = str(filled.values.get("class_code") or about.class_code)
    return cases.responsible_for(replace(about, class_code=said), at=desk.at)


def _around_form(unit: UnitView, desk: Desk, filled: Filled) -> Around:
    """Return what the form shows beside what is typed: earlier values, and the files named in either."""
    holding = [one.code for one in unit.form.fields if _takes_files(one)] if unit.form else []
    held = [values.get(code) for values in (filled.values, unit.previous) for code in holding]
    numbers = file_numbers(held)
    rows = attachments.attachments(numbers, root=unit.row.root) if numbers else []
    address = reverse("unit-files", args=[unit.id])
    return Around(unit.previous, files_by_number(rows), address, partial(_customers, desk))


def _customers(desk: Desk, text: str) -> Options:
    """Return who is meant: the customer with this number, or those found by name, phone or account."""
    if not text.strip():
        return ()
    if text.isascii() and text.isdigit() and len(text) < NUMBER_OF_A_PHONE:
        return [(text, _customer_name(desk, int(text)))]
    return [
        (str(one.id), f"{one.name} {one.phone}")
        for one in look_up(desk, text, size=CUSTOMERS_SHOWN)
    ]


def _customer_name(desk: Desk, customer_id: int) -> str:
    """Return a customer's name, or only the number where this person may not look."""
    try:
        return customers.customer_card(desk.access, customer_id).name
    except customers.CustomerUnknown:
        return f"客户 {customer_id}"


def _takes_files(field: Field) -> bool:
    return any(one.type in FILES for one in (field, *field.fields))


def _missing(fields: Sequence[FieldSheet]) -> Iterator[tuple[str, str]]:
    """Yield what is still wrong, rows of groups included: 用料第 2 行 数量."""
    for one in fields:
        if one.error:
            yield one.name, one.label
        for number, row in enumerate(one.rows, start=1):
            for inner in row.fields:
                if inner.error:
                    yield inner.name, f"{one.label}第 {number} 行 {inner.label}"


def _around(unit: UnitView, *, mine: bool) -> UnitForm:
    """Return the dock without its fields: whose it is, where it leads, what may be done."""
    return UnitForm(
        name=unit.title,
        owner="本人" if mine else unit.assignee or "待取",
        mine=mine,
        address=reverse("unit", args=[unit.id]),
        why_not=_why_not(unit, mine=mine),
        next=_next(unit),
        goes_to=unit.next.certain,
        claimable=not mine and "claim" in unit.operations,
        goes_home=mine and "submit" not in unit.operations,
        operations=operations.offered(unit),
        notes=list(_notes(unit, mine=mine)),
    )


def _notes(unit: UnitView, *, mine: bool) -> Iterator[tuple[str, str]]:
    """Yield what is going on beside the unit's work, each with its icon."""
    if unit.delegation is not None and unit.closed_at is None:
        whose = "受委派办理" if mine else f"已委派给 {unit.assignee}"
        until = f"，到 {moment(unit.delegation.until)}" if unit.delegation.until else ""
        yield "user-share", whose + until
    if unit.urges.unit:
        yield "bell-ringing", f"催办 {unit.urges.unit} 次"
    if unit.extension is not None and unit.extension.is_pending:
        yield "clock-plus", "延期待批"
    if unit.charges:
        due = "、".join(f"{one.name} {one.price}" for one in unit.charges)
        yield "receipt", f"提交时收 {due}"


def known_values(form: Form | None, case: CaseView | None) -> dict[str, Any]:
    """Return what the case already says of the fields a form asks for."""
    if form is None or case is None:
        return {}
    said: Mapping[str, Any] = {
        "class_code": case.row.class_code,
        "title": case.row.title,
        "contact_name": case.row.contact_name,
        "importance": str(case.importance),
        "urgency": str(case.urgency),
        "scope": str(case.scope),
    }
    return {
        field.code: said[field.code]
        for field in form.fields
        if field.code in KNOWN and _offers(field, said[field.code])
    }


def _offers(field: Field, value: str) -> bool:
    """Tell whether a field can hold a value: one of its choices, or any text."""
    return not field.choices or any(choice.code == value for choice in field.choices)


def _next(unit: UnitView) -> str:
    """Say what comes next: 下一步 回访（非经办人）."""
    names = [
        f"{one.title}（非经办人）" if one.excludes_worker else one.title for one in unit.next.units
    ]
    names += ["结束"] if unit.next.may_end else []
    return f"下一步 {' 或 '.join(names)}" if names else ""


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
