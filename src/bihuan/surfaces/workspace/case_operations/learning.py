"""Operations that learn from a case and make it good: cause, measures, case base, money."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from django.http import QueryDict

from bihuan.domain.cases import actions, queries
from bihuan.domain.cases.choices import Attribution, GrantKind
from bihuan.domain.cases.queries import CaseView
from bihuan.kit.masking import mask_text
from bihuan.kit.money import Money
from bihuan.kit.problems import Invalid
from bihuan.surfaces.workspace.case_operations.operation import CaseOperation, needed, text
from bihuan.surfaces.workspace.desk import Desk
from bihuan.surfaces.workspace.operations.operation import (
    choice,
    chosen,
    either,
    number,
    org_unit_options,
    person,
    staff_needed,
)
from bihuan.surfaces.workspace.sheets.dialogs import Dialog
from bihuan.surfaces.workspace.sheets.fields import FieldSheet, Options

ATTRIBUTIONS: Final[Options] = tuple((str(key), str(title)) for key, title in Attribution.choices)
GRANTS: Final[Options] = tuple((str(key), str(title)) for key, title in GrantKind.choices)
WORKED: Final[Options] = (("yes", "有效"), ("no", "无效，重新制订"))
APPROVED: Final[Options] = (("yes", "批准"), ("no", "不批准"))


class CodeCause(CaseOperation):
    """归因: whose fault it was and why (TKT-17)."""

    code, title, sign, group = "code_cause", "归因", "tag", "改进"
    consequence = "写明问题归因和根本原因；再次归因以最近一次为准，原来的保留。"
    least = 0
    done = "已记下归因"

    def fields(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[FieldSheet]:
        """Ask for attribution and cause."""
        return [choice("attribution", "归因", ATTRIBUTIONS), text("cause", "根本原因")]

    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Keep the coding."""
        attribution, cause = needed(dialog, "attribution", "cause")
        actions.code_cause(
            case_id=view.row.id,
            attribution=attribution,
            cause=cause,
            note=dialog.whole_reason,
            by=desk.actor,
            at=desk.at,
        )


class PlanCapa(CaseOperation):
    """纠正预防措施: the report of CMP-12."""

    code, title, sign, group = "plan_capa", "纠正预防措施", "tools", "改进"
    consequence = "写一份纠正预防报告，指定一人限期完成；完成后由另一人验证。"
    asks_reason = False
    least = 0
    done = "已制订纠正预防措施"

    def fields(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[FieldSheet]:
        """Ask for the report, with what is planned already."""
        known = queries.improvement(desk.access, view.row.id).capa
        due = known.due_date.isoformat() if known else ""
        return [
            text("root_cause", "根本原因", known.root_cause if known else ""),
            text("correction", "纠正措施（这一件怎么改正）", known.correction if known else ""),
            text("prevention", "预防措施（怎样不再发生）", known.prevention if known else ""),
            person("owner", "由谁完成"),
            FieldSheet(
                name="due", label="完成期限", kind="date", value=due, required=True, width="w6"
            ),
        ]

    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Plan the measures."""
        root, correction, prevention = needed(dialog, "root_cause", "correction", "prevention")
        owner, due = staff_needed(dialog, "owner"), _day(dialog, "due")
        measures = actions.Measures(root, correction, prevention, owner, due)
        actions.plan_capa(case_id=view.row.id, measures=measures, by=desk.actor, at=desk.at)


class FinishCapa(CaseOperation):
    """措施完成: as who was to see to it."""

    code, title, sign, group = "finish_capa", "纠正预防措施已完成", "check", "改进"
    consequence = "写明做了什么、凭什么说做完了；之后由另一人验证。"
    reason_label = "完成情况"
    done = "已报完成，等待验证"

    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Say that they are taken."""
        actions.finish_capa(
            case_id=view.row.id, evidence=dialog.whole_reason, by=desk.actor, at=desk.at
        )


class CheckCapa(CaseOperation):
    """措施验证: by somebody else."""

    decides = True
    code, title, sign, group = "check_capa", "验证纠正预防措施", "checks", "改进"
    consequence = "核对措施是否真的有效；无效的重新制订。"
    asks_reason = False
    least = 0
    done = "已验证"

    def lines(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[str]:
        """Show what was reported."""
        capa = queries.improvement(desk.access, view.row.id).capa
        return [f"{capa.owner} 报告：{capa.evidence}"] if capa else []

    def fields(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[FieldSheet]:
        """Ask whether they worked."""
        return [either("worked", "结果", WORKED, "")]

    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Keep the check."""
        (worked,) = needed(dialog, "worked")
        actions.check_capa(
            case_id=view.row.id, is_effective=worked == "yes", by=desk.actor, at=desk.at
        )


class WriteStudy(CaseOperation):
    """写入案例库: for the next who meets the same (CMP-09)."""

    code, title, sign, group = "write_study", "写入案例库", "book", "改进"
    consequence = "写给以后遇到同样问题的人，不写客户姓名和号码；由另一人发布后才推荐。"
    asks_reason = False
    least = 0
    done = "已写入案例库，等待发布"

    def fields(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[FieldSheet]:
        """Ask for the study, with what the case says already."""
        causes = queries.improvement(desk.access, view.row.id).causes
        cause = str(causes[0]["cause"]) if causes else ""
        done = view.handlings[-1].text if view.handlings else ""
        unit = str(view.responsible_unit_id or view.org_unit_id)
        return [
            text("problem", "问题", view.row.title),
            text("cause", "原因", cause),
            text("solution", "解决办法", done),
            choice("region", "适用单位", org_unit_options(desk), unit),
        ]

    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Write it down."""
        problem, cause, solution = needed(dialog, "problem", "cause", "solution")
        study = actions.Study(problem, cause, solution, number(dialog, "region"))
        actions.write_study(case_id=view.row.id, study=study, by=desk.actor, at=desk.at)


class ProposeGrant(CaseOperation):
    """补偿或奖励: somebody else decides (CMP-14, CMP-19, CMP-21)."""

    code, title, sign, group = "propose_grant", "补偿或奖励", "coin", "改进"
    consequence = "提出补偿、三包或奖励金额，由另一人审批。"
    least, reason_label = 4, "理由"
    done = "已提出，等待审批"

    def fields(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[FieldSheet]:
        """Ask what for and how much."""
        amount = FieldSheet(
            name="amount", label="金额（元）", kind="number", required=True, width="w6"
        )
        return [choice("kind", "类型", GRANTS), amount]

    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Propose it."""
        kind, _ = needed(dialog, "kind", "amount")
        actions.propose_grant(
            case_id=view.row.id,
            kind=kind,
            money=_money(dialog, "amount"),
            reason=dialog.whole_reason,
            by=desk.actor,
            at=desk.at,
        )


class DecideGrant(CaseOperation):
    """审批补偿或奖励."""

    decides = True
    code, title, sign, group = "decide_grant", "审批补偿或奖励", "coin", "改进"
    consequence = "批准后留痕；不批准须写明原因。不能审批自己提出的。"
    least = 0
    done = "已审批"

    def fields(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[FieldSheet]:
        """Ask which, and whether."""
        waiting = [
            one
            for one in queries.improvement(desk.access, view.row.id).grants
            if one["state"] == "PROPOSED" and one["proposed_by"] != desk.access.ref
        ]
        titles = dict(GRANTS)
        options = [
            (str(one["id"]), mask_text(f"{titles[one['kind']]} {one['amount']}：{one['reason']}"))
            for one in waiting
        ]
        first = options[0][0] if options else ""
        return [
            choice("grant", "哪一笔", options, first),
            either("decision", "审批", APPROVED, ""),
        ]

    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Decide."""
        _, decision = needed(dialog, "grant", "decision")
        actions.decide_grant(
            grant_id=number(dialog, "grant") or 0,
            is_approved=decision == "yes",
            note=dialog.whole_reason,
            by=desk.actor,
            at=desk.at,
        )


def _day(dialog: Dialog, name: str) -> date:
    try:
        return date.fromisoformat(chosen(dialog, name))
    except ValueError as unreadable:
        raise Invalid("日期写法有误。", fields={name: "写成 2026-01-31"}) from unreadable


def _money(dialog: Dialog, name: str) -> Money:
    try:
        amount = Decimal(chosen(dialog, name))
    except InvalidOperation as unreadable:
        raise Invalid("金额写法有误。", fields={name: "填数字，如 120.00"}) from unreadable
    if not amount.is_finite() or abs(amount) >= Decimal(10) ** 11:
        raise Invalid("金额太大。", fields={name: "金额太大"})
    return Money(amount)
