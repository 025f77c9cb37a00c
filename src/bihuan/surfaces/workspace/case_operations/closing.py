"""Operations around the end of a case: review, ruling, and closing without consent on two signatures."""

from collections.abc import Sequence
from typing import Final

from django.http import QueryDict

from bihuan.domain.cases import actions, queries
from bihuan.domain.cases.choices import ReviewResult, Ruling
from bihuan.domain.cases.queries import CaseView, ControlRow
from bihuan.kit.problems import Invalid
from bihuan.surfaces.workspace.case_operations.operation import CaseOperation, needed, text
from bihuan.surfaces.workspace.desk import Desk
from bihuan.surfaces.workspace.operations.operation import chosen, either
from bihuan.surfaces.workspace.sheets.dialogs import Dialog
from bihuan.surfaces.workspace.sheets.fields import FieldSheet, Options
from bihuan.surfaces.workspace.sheets.people import names_behind

RESULTS: Final[Options] = tuple((str(value), str(title)) for value, title in ReviewResult.choices)
RULINGS: Final[Options] = tuple((str(value), str(title)) for value, title in Ruling.choices)


class SignControl(CaseOperation):
    """受控关闭: without consent, on two signatures, counted apart (CMP-08)."""

    decides = moves_process = True
    code, title, sign, group = "sign_control", "受控关闭签字", "signature", "把关"
    consequence = "客户不同意又无法再办时，由两名未经办的人先后签字关闭。单独统计，不计入同意关闭。"
    reason_label = "理由"
    done = "已签字"

    def lines(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[str]:
        """Say whose signature this is, and what the first one said."""
        first = waiting_control(view)
        if first is None:
            return ["这是第一个签字；还要另一人签字才关闭。"]
        who = names_behind([first.signed_by]).get(first.signed_by, "—")
        return [f"{who} 已签字：{first.reason}", "这是第二个签字，签后工单关闭。"]

    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Sign."""
        actions.sign_control(
            case_id=view.row.id, reason=dialog.whole_reason, by=desk.actor, at=desk.at
        )


class DeclineControl(CaseOperation):
    """不同意受控关闭: the case goes on."""

    decides = True
    code, title, sign, group = "decline_control", "不同意受控关闭", "ban", "把关"
    consequence = "撤下受控关闭申请，工单照常办理。"
    least = 4
    done = "已撤下受控关闭申请"

    def lines(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[str]:
        """Say what is declined."""
        first = waiting_control(view)
        return [f"申请理由：{first.reason}"] if first else []

    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Decline."""
        actions.decline_control(
            case_id=view.row.id, reason=dialog.whole_reason, by=desk.actor, at=desk.at
        )


class ReviewTheResult(CaseOperation):
    """合规审核: against law, rules and the request, before the customer hears it (TKT-16)."""

    decides = True
    code, title, sign, group = "review_result", "合规审核", "gavel", "把关"
    consequence = "对照法规、制度和客户诉求，审核处理结果能不能答复客户。办理过的人不能审核。"
    least, reason_label = 0, "不合规的原因"
    done = "已记下审核结论"

    def fields(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[FieldSheet]:
        """Ask for the result and what it was held against."""
        return [either("result", "结论", RESULTS, ""), text("basis", "依据（法规、制度条款）")]

    def lines(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[str]:
        """Show the result that is reviewed."""
        return [f"处理结果：{view.handlings[-1].text}"] if view.handlings else []

    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Keep the review."""
        result, basis = needed(dialog, "result", "basis")
        actions.review_result(
            case_id=view.row.id,
            result=result,
            basis=basis,
            note=dialog.whole_reason,
            by=desk.actor,
            at=desk.at,
        )


class AskArbitration(CaseOperation):
    """提请稽查裁定: where there is no agreement (CMP-20)."""

    code, title, sign, group = "ask_arbitration", "提请稽查裁定", "scale", "把关"
    consequence = "由稽查部门裁定责任和处理口径；裁定不代替客户意见，仍要回访。"
    reason_label = "争议是什么，请裁定什么"
    done = "已提请裁定"

    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Ask for a ruling."""
        actions.ask_arbitration(
            case_id=view.row.id, question=dialog.whole_reason, by=desk.actor, at=desk.at
        )


class Rule(CaseOperation):
    """稽查裁定."""

    decides = True
    code, title, sign, group = "rule", "稽查裁定", "scale", "把关"
    consequence = "裁定写明依据，留痕；不关闭工单。"
    reason_label = "裁定依据"
    done = "已裁定"

    def lines(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[str]:
        """Show the question."""
        found = queries.improvement(desk.access, view.row.id).arbitrations
        return [f"待裁定：{one['question']}" for one in found if one["ruled_at"] is None]

    def fields(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[FieldSheet]:
        """Ask for whom it is ruled."""
        return [either("ruling", "裁定", RULINGS, "")]

    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Rule."""
        if not chosen(dialog, "ruling"):
            raise Invalid("请选择裁定结论。", fields={"ruling": "请选择"})
        actions.rule(
            case_id=view.row.id,
            ruling=chosen(dialog, "ruling"),
            grounds=dialog.whole_reason,
            by=desk.actor,
            at=desk.at,
        )


def waiting_control(view: CaseView) -> ControlRow | None:
    """Return the controlled closure that waits for its second signature, None when there is none."""
    found = queries.controls_of(view.row.id)
    return next((one for one in found if not (one.countersigned_at or one.declined_at)), None)
