"""Operations that change where the process goes, or whether it goes at all."""

from collections.abc import Sequence

from bihuan.domain.org import queries as org
from bihuan.domain.processes import actions, queries
from bihuan.domain.processes.choices import Then
from bihuan.domain.processes.queries import StripUnit, UnitView
from bihuan.kit.problems import Invalid
from bihuan.surfaces.workspace.desk import Desk
from bihuan.surfaces.workspace.operations.operation import (
    Operation,
    choice,
    chosen,
    either,
    moment,
    moment_typed,
    number,
)
from bihuan.surfaces.workspace.sheets.dialogs import Dialog
from bihuan.surfaces.workspace.sheets.fields import FieldSheet, Options

OPEN = frozenset({"OPEN", "CLAIMED"})


class Return(Operation):
    """退回: to an earlier unit that the process allows, to go on from there or come straight back."""

    verb, offered_for, title, sign = "return", "return", "退回", "arrow-back-up"
    consequence = "退回后由原经办人接着办，已填的内容保留，时钟继续走。"
    reasons = ("资料不全", "不归我处", "处理不到位", "其他")
    done = "已退回"
    is_first = True

    def fields(self, unit: UnitView, desk: Desk) -> Sequence[FieldSheet]:
        """Ask which unit it goes back to, and what follows then."""
        near = [("previous", "上一环节"), ("initiator", "发起环节")]
        targets = [*near, *((t.node, t.title) for t in unit.return_targets)]
        then = [(Then.FORWARD, "按流程继续"), (Then.STRAIGHT_BACK, "直接送回本环节")]
        return [
            choice("to", "退回到", targets, "previous"),
            either("then", "补办后", [(str(v), t) for v, t in then], str(Then.FORWARD)),
        ]

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Return the unit."""
        actions.return_unit(
            unit.id,
            chosen(dialog, "to") or "previous",
            reason=dialog.whole_reason,
            then=Then(chosen(dialog, "then") or Then.FORWARD),
            by=desk.actor,
            at=desk.at,
        )


class Withdraw(Operation):
    """撤回: what one has submitted, while nobody has touched what followed."""

    verb, offered_for, title, sign = "withdraw", "withdraw", "撤回", "arrow-back"
    consequence = "把本人提交的环节拿回来再办，后续环节还没人动过才可以；本环节时钟重新计。"
    least = 0
    done = "已撤回，可接着办"

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Take the submission back."""
        actions.withdraw(unit.id, by=desk.actor, at=desk.at)


class Jump(Operation):
    """干预: open another unit instead of one, or of everything open."""

    verb, offered_for, title, sign = "jump", "jump", "流程干预", "route"
    consequence = (
        "直接改变流程走向：所选环节重新打开，被替换的环节取消，其时钟停止。此前的环节不能再退回。"
    )
    reasons = ("走错流程", "环节重复", "领导批示", "其他")
    done = "已干预，流程转到所选环节"
    is_whole = True

    def lines(self, unit: UnitView, desk: Desk) -> Sequence[str]:
        """Show where the flow is."""
        now = [one for one in queries.units_of(unit.instance_id) if one.state in OPEN]
        return [f"现在在：{'、'.join(map(_with_who, now)) or '没有在办环节'}"]

    def fields(self, unit: UnitView, desk: Desk) -> Sequence[FieldSheet]:
        """Ask where to, and instead of what."""
        units = queries.units_of(unit.instance_id)
        now = [(str(one.id), one.title) for one in units if one.state in OPEN]
        return [
            choice("to", "转到", [(one.node, one.title) for one in units]),
            choice("from", "替换", [("all", "全部在办环节"), *now], "all"),
        ]

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Move the process."""
        actions.jump(
            unit.instance_id,
            _node(dialog),
            reason=dialog.whole_reason,
            token_id=number(dialog, "from"),
            by=desk.actor,
            at=desk.at,
        )


class Skip(Operation):
    """跳过: go on without the unit; counted against who had it."""

    verb, offered_for, title, sign = "skip", "skip", "跳过", "player-skip-forward"
    consequence = "不办本环节，流程往下走；跳过记在本环节经办人名下，时钟停止。"
    reasons = ("无需办理", "已在别处办完", "超期未办", "其他")
    done = "已跳过"

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Skip the unit."""
        actions.skip_unit(unit.id, reason=dialog.whole_reason, by=desk.actor, at=desk.at)


class Suspend(Operation):
    """停表: the whole process rests."""

    verb, offered_for, title, sign = "suspend", "suspend", "停表", "player-pause"
    consequence = "停表期间不计工时，已超期的记录不改变。"
    reasons = ("等客户资料", "恶劣天气", "等停电窗口", "其他")
    done = "已停表"
    is_whole = True

    def fields(self, unit: UnitView, desk: Desk) -> Sequence[FieldSheet]:
        """Ask until when; without a moment until somebody resumes it."""
        return [moment("until", "停到（空着则到有人走表为止）")]

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Suspend the instance."""
        actions.suspend(
            unit.instance_id,
            reason=dialog.whole_reason,
            until=moment_typed(dialog, "until"),
            by=desk.actor,
            at=desk.at,
        )


class Resume(Operation):
    """走表: the process goes on."""

    verb, offered_for, title, sign = "resume", "resume", "走表", "player-play"
    consequence = "从现在起继续计时，停表的时间不算。"
    least = 0
    done = "已走表"
    is_whole = True

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Resume the instance."""
        actions.resume(unit.instance_id, by=desk.actor, at=desk.at)


class Terminate(Operation):
    """作废: the process ends without result."""

    verb, offered_for, title, sign = "terminate", "terminate", "作废", "ban"
    consequence = "流程到此为止，工单按撤销单独统计。"
    reasons = ("客户撤回", "重复受理", "录入错误", "其他")
    done = "已作废"
    is_whole = True

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Terminate the instance."""
        actions.terminate(unit.instance_id, reason=dialog.whole_reason, by=desk.actor, at=desk.at)


class Reopen(Operation):
    """重开: an ended process goes on at a unit."""

    verb, offered_for, title, sign = "reopen", "reopen", "重开流程", "refresh"
    consequence = "已结束的流程从所选环节接着走，时限重新计；此前的环节不能再退回。"
    reasons = ("误结束", "漏办环节", "其他")
    done = "已重开"
    is_whole = True

    def fields(self, unit: UnitView, desk: Desk) -> Sequence[FieldSheet]:
        """Ask where it goes on."""
        units: Options = [(one.node, one.title) for one in queries.units_of(unit.instance_id)]
        return [choice("to", "从哪个环节接着走", units)]

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Reopen the instance."""
        actions.reopen_instance(
            unit.instance_id,
            _node(dialog),
            reason=dialog.whole_reason,
            by=desk.actor,
            at=desk.at,
        )


def _node(dialog: Dialog) -> str:
    node = chosen(dialog, "to")
    if not node:
        raise Invalid("请选择环节。", fields={"to": "请选择环节"})
    return node


def _with_who(unit: StripUnit) -> str:
    who = unit.assignee or org.post_names().get(unit.post, "") or "待取"
    return f"{unit.title}（{who}）"
