"""Operations about a unit's time: it is urged on, more time is asked for and granted."""

from collections.abc import Sequence

from bihuan.domain.processes import actions, queries
from bihuan.domain.processes.queries import ExtensionRow, UnitView
from bihuan.kit.problems import Invalid
from bihuan.surfaces.workspace.desk import Desk
from bihuan.surfaces.workspace.operations.operation import (
    YES,
    Operation,
    choice,
    chosen,
    either,
    moment,
    moment_typed,
)
from bihuan.surfaces.workspace.phrases import moment as written
from bihuan.surfaces.workspace.sheets.dialogs import Dialog
from bihuan.surfaces.workspace.sheets.fields import FieldSheet, Options

OWN = "own"
APPROVE, REFUSE = "approve", "refuse"
DECISIONS: Options = ((APPROVE, "同意"), (REFUSE, "不同意"))


class Urge(Operation):
    """催办: counted, shown to who works on it."""

    verb, offered_for, title, sign = "urge", "urge", "催办", "bell-ringing"
    consequence = "通知经办人并计一次催办；同一人半小时内只催一次，不影响时钟。"
    least = 0
    done = "已催办"

    def lines(self, unit: UnitView, desk: Desk) -> Sequence[str]:
        """Say how often it was urged."""
        if not unit.urges.unit:
            return []
        return [f"已催 {unit.urges.unit} 次，最近 {written(unit.urges.last_at, desk.at)}"]

    def fields(self, unit: UnitView, desk: Desk) -> Sequence[FieldSheet]:
        """Ask whether the customer asked for it."""
        return [either("for_customer", "客户来催")]

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Urge the unit on."""
        for_customer = chosen(dialog, "for_customer") == YES
        actions.urge(
            unit.id,
            note=dialog.whole_reason,
            for_customer=for_customer,
            by=desk.actor,
            at=desk.at,
        )


class RequestExtension(Operation):
    """延期申请: somebody else decides; the clock goes on meanwhile."""

    verb, offered_for, title, sign = "extend", "request_extension", "延期申请", "clock-plus"
    consequence = "批准前时钟照走；批准后从原起点按新时限计，已用的时间仍算。"
    reasons = ("等物料", "等客户", "天气或停电窗口", "其他")
    done = "已提出延期申请，等待审批"

    def fields(self, unit: UnitView, desk: Desk) -> Sequence[FieldSheet]:
        """Ask how much more, or until when, and for which limit."""
        groups = [
            (one.id, f"时限组：{one.name}")
            for one in queries.clock_groups(unit.instance_id)
            if unit.node in one.units
        ]
        more = FieldSheet(
            name="more", label="再要多久", placeholder="2h、1wd，自然时 PT2H、P1D", width="w6"
        )
        return [
            more,
            moment("until", "或延到"),
            *(
                [choice("group", "延哪个时限", [(OWN, "本环节时限"), *groups], OWN)]
                if groups
                else []
            ),
        ]

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Ask for more time."""
        group = chosen(dialog, "group")
        wanted = actions.MoreTime(
            chosen(dialog, "more"),
            moment_typed(dialog, "until"),
            "" if group == OWN else group,
        )
        actions.request_extension(
            unit.id, wanted=wanted, reason=dialog.whole_reason, by=desk.actor, at=desk.at
        )


class WithdrawExtension(Operation):
    """撤回延期申请."""

    verb, offered_for, title, sign = (
        "withdraw-extension",
        "withdraw_extension",
        "撤回延期申请",
        "clock-off",
    )
    consequence = "撤回后原时限不变。"
    least = 0
    done = "延期申请已撤回"

    def lines(self, unit: UnitView, desk: Desk) -> Sequence[str]:
        """Show what was asked for."""
        return asked_for(unit.extension, desk)

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Take the request back."""
        actions.withdraw_extension(_request(unit).id, by=desk.actor, at=desk.at)


class DecideExtension(Operation):
    """审批延期: granted or refused, by somebody else than who asked."""

    verb, offered_for, title, sign = (
        "decide-extension",
        "decide_extension",
        "审批延期",
        "clock-check",
    )
    consequence = "同意后从原起点按新时限计；不同意须写明原因，原时限不变。"
    least = 0
    done = "延期申请已审批"
    is_first = True

    def lines(self, unit: UnitView, desk: Desk) -> Sequence[str]:
        """Show what was asked for and why."""
        return asked_for(unit.extension, desk)

    def fields(self, unit: UnitView, desk: Desk) -> Sequence[FieldSheet]:
        """Ask for the decision."""
        return [either("decision", "审批", DECISIONS, "")]

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Grant the request or refuse it."""
        request, decision = _request(unit), chosen(dialog, "decision")
        if decision == APPROVE:
            actions.approve_extension(
                request.id, reason=dialog.whole_reason, by=desk.actor, at=desk.at
            )
        elif decision == REFUSE:
            actions.refuse_extension(
                request.id, reason=dialog.whole_reason, by=desk.actor, at=desk.at
            )
        else:
            raise Invalid("请选择同意或不同意。", fields={"decision": "请选择"})


def asked_for(request: ExtensionRow | None, desk: Desk) -> list[str]:
    """Say what a request asks for and why."""
    if request is None:
        return []
    wanted = f"延到 {written(request.until, desk.at)}" if request.until else f"再要 {request.more}"
    return [f"{wanted}，{written(request.requested_at, desk.at)} 提出", f"原因：{request.reason}"]


def _request(unit: UnitView) -> ExtensionRow:
    if unit.extension is None:
        raise queries.ExtensionMissing
    return unit.extension
