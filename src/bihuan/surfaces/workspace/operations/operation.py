"""What every operation is: where it is offered, what it asks beside the reason, what it does."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from django.urls import reverse
from django.utils import timezone

from bihuan.domain.org import queries as org
from bihuan.domain.processes.queries import UnitView
from bihuan.kit.problems import Invalid
from bihuan.surfaces.workspace.desk import Desk
from bihuan.surfaces.workspace.sheets.dialogs import LEAST, Dialog, new_key
from bihuan.surfaces.workspace.sheets.fields import FieldSheet, Options

YES, NO = "true", "false"
YES_NO: Options = ((NO, "否"), (YES, "是"))


class Operation(ABC):
    """One operation on a unit or its process."""

    verb: ClassVar[str]
    offered_for: ClassVar[str]
    title: ClassVar[str]
    sign: ClassVar[str]
    consequence: ClassVar[str]
    reasons: ClassVar[Sequence[str]] = ()
    least: ClassVar[int] = LEAST
    done: ClassVar[str]
    is_whole: ClassVar[bool] = False
    is_first: ClassVar[bool] = False

    def address(self, unit: UnitView) -> str:
        """Return where its dialog is asked for and sent."""
        return reverse("unit-operation", args=[unit.id, self.verb])

    def dialog(self, unit: UnitView, desk: Desk) -> Dialog:
        """Return the empty dialog."""
        return Dialog(
            address=self.address(unit),
            sign=self.sign,
            title=f"{self.title}：{unit.title}",
            verb=self.title,
            consequence=self.consequence,
            reasons=self.reasons,
            least=self.least,
            fields=self.fields(unit, desk),
            lines=self.lines(unit, desk),
            key=new_key(),
        )

    def fields(self, unit: UnitView, desk: Desk) -> Sequence[FieldSheet]:
        """Return what the dialog asks beside the reason."""
        return ()

    def lines(self, unit: UnitView, desk: Desk) -> Sequence[str]:
        """Return what a person should know before deciding."""
        return ()

    @abstractmethod
    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Do it, or raise a refusal."""


def org_unit_options(desk: Desk) -> Options:
    """Return all org units, indented by their place in the tree."""
    units = sorted(desk.access.tree.units.values(), key=lambda one: one.path)
    return [(str(one.id), "　" * (one.path.count("/") - 2) + one.name) for one in units]


def choice(name: str, label: str, options: Options, value: str = "") -> FieldSheet:
    """Return a list to choose from."""
    return FieldSheet(
        name=name, label=label, kind="select", options=options, value=value, width="w6"
    )


def either(name: str, label: str, options: Options = YES_NO, value: str = NO) -> FieldSheet:
    """Return two or three things beside each other, one of them chosen."""
    return FieldSheet(
        name=name, label=label, kind="choice", options=options, value=value, width="w6"
    )


def person(name: str, label: str) -> FieldSheet:
    """Return a field that finds people while a name is typed."""
    return FieldSheet(
        name=name, label=label, kind="person", placeholder="键入姓名或登录名", width="w6"
    )


def moment(name: str, label: str) -> FieldSheet:
    """Return a field for a moment."""
    return FieldSheet(name=name, label=label, kind="moment", width="w6")


def chosen(dialog: Dialog, name: str) -> str:
    """Return what was chosen or typed in a field."""
    return next((str(one.value).strip() for one in dialog.fields if one.name == name), "")


def number(dialog: Dialog, name: str) -> int | None:
    """Return the id that was chosen, None when none was."""
    text = chosen(dialog, name)
    return int(text) if text.isdecimal() else None


def staff_typed(dialog: Dialog, name: str) -> int | None:
    """Return the person a field names as `姓名（登录名）` or by login name, None when it is empty."""
    text = chosen(dialog, name)
    if not text:
        return None
    login = text.rpartition("（")[2].rstrip("）") if text.endswith("）") else text
    try:
        return int(org.staff_by_login(login).pk)
    except org.StaffUnknown as unknown:
        words = "没有这名人员，请从列表中选择"
        raise Invalid("没有找到所填的人员。", fields={name: words}) from unknown


def staff_needed(dialog: Dialog, name: str) -> int:
    """Return the person a field names, or refuse when it is empty."""
    found = staff_typed(dialog, name)
    if found is None:
        raise Invalid("请选择人员。", fields={name: "请选择人员"})
    return found


def moment_typed(dialog: Dialog, name: str) -> datetime | None:
    """Return the moment typed as `2026-01-31 08:30`, None when the field is empty."""
    text = chosen(dialog, name)
    if not text:
        return None
    try:
        return timezone.make_aware(datetime.strptime(text.replace("T", " "), "%Y-%m-%d %H:%M"))  # noqa: DTZ007
    except ValueError as unreadable:
        words = "写成 2026-01-31 08:30"
        raise Invalid("时间写法有误。", fields={name: words}) from unreadable
