"""What can be done with a unit beside submitting it: each a dialog with a reason and one action."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Final

from django.urls import reverse

from bihuan.domain.processes import actions
from bihuan.domain.processes.queries import UnitView
from bihuan.kit.problems import Invalid, NotFound
from bihuan.surfaces.workspace.desk import Desk
from bihuan.surfaces.workspace.sheets.dialogs import Dialog
from bihuan.surfaces.workspace.sheets.fields import FieldSheet, Options


class OperationUnknown(NotFound):
    """There is no operation of this name."""

    message = "没有这个操作。"


class Operation(ABC):
    """One operation: where it is offered, what it asks, what it does."""

    verb: ClassVar[str]
    offered_for: ClassVar[str]
    title: ClassVar[str]
    sign: ClassVar[str]
    consequence: ClassVar[str]
    reasons: ClassVar[Sequence[str]]
    done: ClassVar[str]

    def dialog(self, unit: UnitView, desk: Desk) -> Dialog:
        """Return the empty dialog."""
        return Dialog(
            address=reverse("unit-operation", args=[unit.id, self.verb]),
            sign=self.sign,
            title=f"{self.title}：{unit.title}",
            verb=self.title,
            consequence=self.consequence,
            reasons=self.reasons,
            fields=self.fields(unit, desk),
        )

    def fields(self, unit: UnitView, desk: Desk) -> Sequence[FieldSheet]:
        """Return what the dialog asks beside the reason."""
        return ()

    @abstractmethod
    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Do it, or raise a refusal."""


class Return(Operation):
    """退回: to an earlier unit that the process allows."""

    verb, offered_for, title, sign = "return", "return", "退回", "arrow-back-up"
    consequence = "退回后由原经办人接着办，已填的内容保留，时钟继续走。"
    reasons = ("资料不全", "不归我处", "处理不到位", "其他")
    done = "已退回"

    def fields(self, unit: UnitView, desk: Desk) -> Sequence[FieldSheet]:
        """Ask which unit it goes back to."""
        return [_choice("to", "退回到", [(t.node, t.title) for t in unit.return_targets])]

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Return the unit."""
        to = _chosen(dialog, "to") or "previous"
        actions.return_unit(unit.id, to, reason=dialog.whole_reason, by=desk.actor, at=desk.at)


class Transfer(Operation):
    """转办: to a colleague who holds the post, or to another org unit."""

    verb, offered_for, title, sign = "transfer", "transfer", "转办", "arrows-transfer-up"
    consequence = "转给同岗位的同事或别的单位，时钟继续走，不重置。"
    reasons = ("不归我处", "请假交接", "需要专人", "其他")
    done = "已转办"

    def fields(self, unit: UnitView, desk: Desk) -> Sequence[FieldSheet]:
        """Ask who receives it: a person, or a whole org unit."""
        return [
            _choice("staff", "转给同事", [(str(s.id), s.name) for s in unit.colleagues]),
            _choice("org_unit", "或转给单位", org_unit_options(desk)),
        ]

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Transfer the unit."""
        staff, org_unit = _chosen(dialog, "staff"), _chosen(dialog, "org_unit")
        if not staff and not org_unit:
            raise Invalid("选一位同事或一个单位。", fields={"staff": "选一位同事，或在下面选单位"})
        actions.transfer(
            unit.id,
            to_staff_id=int(staff) if staff else None,
            to_org_unit_id=int(org_unit) if org_unit and not staff else None,
            reason=dialog.whole_reason,
            by=desk.actor,
            at=desk.at,
        )


class Release(Operation):
    """放回: nobody has it again."""

    verb, offered_for, title, sign = "release", "release", "放回", "arrow-back"
    consequence = "放回后组内其他人可以取，时钟继续走。"
    reasons = ("取错了", "临时有事", "不归我处", "其他")
    done = "已放回"

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Give the unit back to its post."""
        actions.release(unit.id, by=desk.actor, at=desk.at)


class Suspend(Operation):
    """停表: the whole process rests."""

    verb, offered_for, title, sign = "suspend", "suspend", "停表", "player-pause"
    consequence = "停表期间不计工时，已超期的记录不改变。"
    reasons = ("等客户资料", "恶劣天气", "等停电窗口", "其他")
    done = "已停表"

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Suspend the instance."""
        actions.suspend(unit.instance_id, reason=dialog.whole_reason, by=desk.actor, at=desk.at)


class Resume(Operation):
    """走表: the process goes on."""

    verb, offered_for, title, sign = "resume", "resume", "走表", "player-play"
    consequence = "从现在起继续计时，停表的时间不算。"
    reasons = ("资料已到", "天气好转", "可以施工", "其他")
    done = "已走表"

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Resume the instance."""
        actions.resume(unit.instance_id, by=desk.actor, at=desk.at)


class Terminate(Operation):
    """作废: the process ends without result."""

    verb, offered_for, title, sign = "terminate", "terminate", "作废", "ban"
    consequence = "流程到此为止，工单按撤销单独统计，不能恢复。"
    reasons = ("客户撤回", "重复受理", "录入错误", "其他")
    done = "已作废"

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Terminate the instance."""
        actions.terminate(unit.instance_id, reason=dialog.whole_reason, by=desk.actor, at=desk.at)


OPERATIONS: Final[tuple[Operation, ...]] = (
    Return(),
    Transfer(),
    Release(),
    Suspend(),
    Resume(),
    Terminate(),
)


def named(verb: str) -> Operation:
    """Return an operation by its word in the address."""
    for operation in OPERATIONS:
        if operation.verb == verb:
            return operation
    raise OperationUnknown


def offered(unit: UnitView) -> list[dict[str, str]]:
    """Return the operations this person may use on the unit now."""
    return [
        {
            "title": operation.title,
            "sign": operation.sign,
            "address": reverse("unit-operation", args=[unit.id, operation.verb]),
        }
        for operation in OPERATIONS
        if operation.offered_for in unit.operations
    ]


def org_unit_options(desk: Desk) -> Options:
    """Return all org units, indented by their place in the tree."""
    units = sorted(desk.access.tree.units.values(), key=lambda one: one.path)
    return [(str(one.id), "　" * (one.path.count("/") - 2) + one.name) for one in units]


def _choice(name: str, label: str, options: Options) -> FieldSheet:
    return FieldSheet(name=name, label=label, kind="select", options=options, width="w6")


def _chosen(dialog: Dialog, name: str) -> str:
    return next((str(one.value) for one in dialog.fields if one.name == name), "")
