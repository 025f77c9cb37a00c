"""Operations that ask people who know better: expert groups judge what the desk cannot (TKT-13, ORG-03)."""

from collections.abc import Sequence
from typing import Final

from django.http import QueryDict

from bihuan.domain.cases import actions, queries
from bihuan.domain.cases.queries import CaseView, ConsultationRow
from bihuan.kit.problems import Invalid
from bihuan.surfaces.workspace.case_operations.operation import CaseOperation, needed, text
from bihuan.surfaces.workspace.desk import Desk
from bihuan.surfaces.workspace.operations.operation import (
    choice,
    chosen,
    number,
    org_unit_options,
)
from bihuan.surfaces.workspace.sheets.dialogs import Dialog
from bihuan.surfaces.workspace.sheets.fields import FieldSheet, Options
from bihuan.surfaces.workspace.sheets.intake import limit_title

LEFT_OPEN: Final = ("", "不判断")


class AskExperts(CaseOperation):
    """请专家研判: a group answers within its limit; the case goes on meanwhile."""

    code, title, sign, group = "ask_experts", "请专家研判", "users-group", "研判"
    consequence = "通知专家组的全体在岗人员，一人答复即可；工单照常办理，时钟不停。"
    least, asks_reason = 0, False
    done = "已请专家研判"

    def fields(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[FieldSheet]:
        """Ask which group and what."""
        groups = queries.expert_groups(view.pack, view.row.class_code) or queries.expert_groups(
            view.pack
        )
        options = [(one.key, f"{one.name}（{limit_title(one.limit)}内答复）") for one in groups]
        return [
            choice("group", "专家组", options, options[0][0] if options else ""),
            text("question", "要研判什么"),
        ]

    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Ask."""
        group, question = needed(dialog, "group", "question")
        actions.ask_experts(
            case_id=view.row.id, group_key=group, question=question, by=desk.actor, at=desk.at
        )


class GiveOpinion(CaseOperation):
    """答复研判: the judgement of one member stands for the group; nothing is applied by it."""

    code, title, sign, group = "give_opinion", "答复研判", "message-check", "研判"
    consequence = "意见交给提问的人；分类和责任单位由派单岗决定，不会自动改。"
    least, asks_reason = 0, False
    done = "已答复研判"

    def fields(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[FieldSheet]:
        """Ask for the judgement, and for class and org unit where it says so."""
        mine = queries.consultations_for(desk.access, view.row.id, desk.at)
        asked = [(str(one.id), f"{one.group}：{one.question}"[:80]) for one in mine]
        classes = [(one.code, _path(view.pack, one.code)) for one in queries.classes(view.pack)]
        return [
            choice("consultation", "答复哪一条", asked, asked[0][0] if asked else ""),
            text("opinion", "研判意见"),
            choice("class_code", "应属分类", [LEFT_OPEN, *classes]),
            choice("org_unit", "应由谁负责", [LEFT_OPEN, *org_unit_options(desk)]),
        ]

    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Keep the judgement and tell who asked."""
        (opinion,) = needed(dialog, "opinion")
        said = actions.Opinion(opinion, chosen(dialog, "class_code"), number(dialog, "org_unit"))
        actions.answer_consultation(
            consultation_id=_of_case(view, dialog), opinion=said, by=desk.actor, at=desk.at
        )


class TakeQuestionBack(CaseOperation):
    """撤回研判: the question is no longer one."""

    code, title, sign, group = "take_question_back", "撤回研判", "arrow-back-up", "研判"
    consequence = "专家组不必再答复；提问和撤回都留在记录里。"
    least = 4
    done = "已撤回研判"

    def fields(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[FieldSheet]:
        """Ask which question."""
        options = waiting(view)
        return [choice("consultation", "撤回哪一条", options, options[0][0] if options else "")]

    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Take it back."""
        actions.withdraw_consultation(
            consultation_id=_of_case(view, dialog),
            reason=dialog.whole_reason,
            by=desk.actor,
            at=desk.at,
        )


def waiting(view: CaseView) -> Options:
    """Return the questions about a case that nobody has answered."""
    found: list[ConsultationRow] = queries.consultations_of(view.row.id)
    return [
        (str(one.id), f"{one.group}：{one.question}"[:80])
        for one in found
        if one.answered_at is None and one.withdrawn_at is None
    ]


def _of_case(view: CaseView, dialog: Dialog) -> int:
    """Return the question chosen; refuse one of another case."""
    found = chosen(dialog, "consultation")
    if found not in dict(waiting(view)):
        raise Invalid("请选择一条待答复的研判。", fields={"consultation": "请选择"})
    return int(found)


def _path(pack: str, code: str) -> str:
    names = {one.code: one.name for one in queries.classes(pack)}
    parts = code.split(".")
    above = [".".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
    return " › ".join(names[one] for one in above if one in names)
