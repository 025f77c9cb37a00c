"""One operation on many chosen units: what it asks, and what became of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from django.http import QueryDict
from django.urls import reverse

from bihuan.domain.cases import queries as cases
from bihuan.domain.cases.events import case_ref
from bihuan.domain.processes import actions, queries
from bihuan.domain.processes.choices import MOST_AT_ONCE
from bihuan.kit.problems import Invalid, NotFound
from bihuan.surfaces.workspace.desk import Desk
from bihuan.surfaces.workspace.operations.operation import (
    choice,
    number,
    org_unit_options,
    person,
    staff_typed,
)
from bihuan.surfaces.workspace.sheets.dialogs import LEAST, Dialog, new_key
from bihuan.surfaces.workspace.sheets.fields import FieldSheet

PICK: Final = "pick"


class NothingPicked(Invalid):
    """No unit was chosen, or the chosen cases have none open."""

    message = "没有选中在办的环节。"


class NotInBatches(NotFound):
    """The operation is not offered for many."""

    message = "没有这个批量操作。"


@dataclass(frozen=True, slots=True)
class Many:
    """An operation offered for many units."""

    verb: str
    title: str
    sign: str
    consequence: str
    needs: str = ""
    least: int = 0
    asks: tuple[str, ...] = ()


OFFERED: Final = (
    Many("claim", "取单", "hand-grab", "把选中的待取环节都取到本人名下。"),
    Many("assign", "指派", "user-check", "都指派给同一个人，时钟继续走。", "unit.assign", 0, ("to",)),
    Many(
        "transfer", "转办", "arrows-transfer-up", "都转给同一个人或单位，时钟继续走，不重置。",
        "", LEAST, ("to", "org_unit"),
    ),
    Many("urge", "催办", "bell-ringing", "逐个通知经办人并计一次催办。", "unit.urge"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Picked:
    """A chosen unit with the number of its case."""

    unit_id: int
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one unit."""

    label: str
    message: str

    @property
    def is_done(self) -> bool:
        """Tell whether it was carried out."""
        return not self.message


def offered(desk: Desk) -> list[dict[str, str]]:
    """Return the batch operations a person may use somewhere."""
    return [
        {
            "title": one.title,
            "sign": one.sign,
            "address": _address(one.verb),
        }
        for one in OFFERED
        if not one.needs or desk.may(one.needs)
    ]


@cache
def _address(verb: str) -> str:
    return reverse("unit-batch", args=[verb])


def named(verb: str) -> Many:
    """Return a batch operation by its word in the address."""
    found = next((one for one in OFFERED if one.verb == verb), None)
    if found is None:
        raise NotInBatches
    return found


def picked(asked: QueryDict, desk: Desk) -> list[Picked]:
    """Return the units chosen, of chosen cases every open one; `u12·26-1` is a unit, `c7·26-1` a case."""
    units: list[Picked] = []
    labels: dict[int, str] = {}
    for text in asked.getlist(PICK)[:MOST_AT_ONCE]:
        key, _, label = text.partition("·")
        if not key[1:].isdecimal():
            continue
        if key.startswith("u"):
            units.append(Picked(int(key[1:]), label))
        elif key.startswith("c"):
            labels[int(key[1:])] = label
    units += _of_cases(labels, desk)
    if not units:
        raise NothingPicked
    return units[:MOST_AT_ONCE]


def _of_cases(labels: Mapping[int, str], desk: Desk) -> list[Picked]:
    """Return the open units of those of some cases that the person may see."""
    seen = cases.case_cards(desk.access, list(labels)) if labels else {}
    subjects = {case_ref(case_id): labels[case_id] for case_id in seen}
    if not subjects:
        return []
    found = queries.open_units(list(subjects))
    return [Picked(one.id, f"{subjects[one.subject]} {one.title}") for one in found]


def dialog_of(many: Many, units: Sequence[Picked], desk: Desk) -> Dialog:
    """Return the empty dialog of a batch operation."""
    fields: Mapping[str, FieldSheet] = {
        "to": person("to", f"{many.title}给"),
        "org_unit": choice("org_unit", "或转给单位", org_unit_options(desk)),
    }
    return Dialog(
        address=reverse("unit-batch", args=[many.verb]),
        sign=many.sign,
        title=f"{many.title} {len(units)} 个环节",
        verb=many.title,
        consequence=many.consequence,
        least=many.least,
        fields=[fields[name] for name in many.asks],
        kept=[(PICK, f"u{one.unit_id}·{one.label}") for one in units],
        key=new_key(),
    )


def carry_out(many: Many, units: Sequence[Picked], dialog: Dialog, desk: Desk) -> list[Line]:
    """Do it with each unit; return what became of each, the refused first."""
    wanted = actions.ManyUnits(
        operation=many.verb,
        unit_ids=tuple(one.unit_id for one in units),
        to_staff_id=staff_typed(dialog, "to"),
        to_org_unit_id=number(dialog, "org_unit"),
        reason=dialog.whole_reason,
    )
    if many.asks and wanted.to_staff_id is None and wanted.to_org_unit_id is None:
        raise Invalid("请选择接收的人员或机构。", fields={"to": "请选择接收人"})
    labels = {one.unit_id: one.label for one in units}
    outcomes = actions.do_many(wanted, by=desk.actor, at=desk.at)
    lines = [Line(labels[one.unit_id], one.message) for one in outcomes]
    return sorted(lines, key=lambda one: one.is_done)
