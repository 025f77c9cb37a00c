"""Operations that bring cases together: link, mass incident, merge with a look ahead, and undo it."""

from collections.abc import Sequence
from dataclasses import replace

from django.http import QueryDict

from bihuan.domain.cases import actions, queries
from bihuan.domain.cases.choices import LinkKind, OrderState
from bihuan.domain.cases.queries import CaseView
from bihuan.domain.processes import queries as processes
from bihuan.kit.problems import Invalid, NotFound
from bihuan.surfaces.workspace.case_operations.operation import (
    CaseOperation,
    case_field,
    likely_cases,
    other_case,
)
from bihuan.surfaces.workspace.desk import Desk
from bihuan.surfaces.workspace.operations.operation import choice, chosen, either
from bihuan.surfaces.workspace.sheets.dialogs import Dialog
from bihuan.surfaces.workspace.sheets.fields import FieldSheet, Options

KINDS: Options = tuple((str(value), str(label)) for value, label in LinkKind.choices)


class Link(CaseOperation):
    """关联: two cases have to do with one another."""

    code, title, sign, group = "link", "关联工单", "link", "并案"
    consequence = "两张工单互相看得到对方，各办各的。"
    least = 0
    done = "已关联"

    def fields(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[FieldSheet]:
        """Ask which case, and how the two belong together."""
        likely = likely_cases(view, desk)
        return [
            case_field("other", "关联到", likely, said.get("other", "")),
            either("kind", "关系", KINDS, LinkKind.RELATED),
        ]

    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Link the two."""
        actions.link_cases(
            case_id=view.row.id,
            other_id=other_case(desk, dialog, "other").row.id,
            kind=chosen(dialog, "kind") or LinkKind.RELATED,
            note=dialog.whole_reason,
            by=desk.actor,
            at=desk.at,
        )


class Unlink(CaseOperation):
    """取消关联."""

    code, title, sign, group = "unlink", "取消关联", "unlink", "并案"
    consequence = "两张工单不再互相显示；留痕保留。"
    least = 0
    done = "已取消关联"

    def fields(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[FieldSheet]:
        """Ask which link is taken back."""
        linked = queries.gathered(desk.access, view.row.id).linked
        options = [(one.number, f"{one.number} {one.title}") for one in linked]
        return [choice("other", "与哪一张", options, said.get("other", ""))]

    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Take the link back."""
        other = other_case(desk, dialog, "other").row.id
        actions.unlink_cases(case_id=view.row.id, other_id=other, by=desk.actor, at=desk.at)


class Merge(CaseOperation):
    """合并: the case goes on in another; what that means is shown before it is done."""

    decides = moves_process = True
    code, title, sign, group = "merge", "合并", "git-merge", "并案"
    consequence = "本单并入另一张工单后由那一张接着办；单号保留，随时可以撤销。"
    reasons = ("同一诉求重复受理", "同一客户同一事项", "其他")
    least = 4
    done = "已合并"

    def fields(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[FieldSheet]:
        """Ask which case goes on; naming it shows what will happen."""
        likely = likely_cases(view, desk)
        field = case_field("into", "并入哪一张", likely, said.get("into", ""))
        hint = "填好单号后先显示合并的影响，再由您决定"
        return [replace(field, redraws=True, hint=hint)]

    def kept(self, said: QueryDict) -> Sequence[tuple[str, str]]:
        """Send back which survivor was looked at."""
        return [("seen", said.get("into", "").strip().upper())]

    def lines(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[str]:
        """Say what merging into the case named would do."""
        number = said.get("into", "").strip().upper()
        if not number:
            return []
        try:
            return merge_preview(view, queries.case_view(desk.access, number), desk)
        except NotFound:
            return ["没有这个单号，或不在您的查看范围内。"]

    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Merge; only into what was looked at."""
        into = other_case(desk, dialog, "into")
        if dict(dialog.kept).get("seen") != into.row.number:
            raise Invalid("请先核对上面的影响，再合并。", fields={"into": "单号改过，请再核对"})
        actions.merge_case(
            case_id=view.row.id,
            into_id=into.row.id,
            reason=dialog.whole_reason,
            by=desk.actor,
            at=desk.at,
        )


class UndoMerge(CaseOperation):
    """撤销合并: the case stands as it stood."""

    decides = moves_process = True
    code, title, sign, group = "undo_merge", "撤销合并", "arrow-back", "并案"
    consequence = "恢复成合并前的状态：流程从停下的环节接着走，时钟从剩余的时限接着计。"
    reasons = ("不是同一件事", "合并错了", "客户要求分开办", "其他")
    least = 4
    done = "已撤销合并"

    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Take the merge back."""
        actions.undo_merge(
            case_id=view.row.id, reason=dialog.whole_reason, by=desk.actor, at=desk.at
        )


class JoinIncident(CaseOperation):
    """并入群体事件: one answer can serve all."""

    code, title, sign, group = "join_incident", "并入群体事件", "sitemap", "并案"
    consequence = "本单成为母单的子单：各有各的流程和客户意见，可以一次统一答复。"
    least = 0
    done = "已并入群体事件"

    def fields(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[FieldSheet]:
        """Ask which case stands for the incident."""
        return [case_field("parent", "母单", likely_cases(view, desk), said.get("parent", ""))]

    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Make it a child."""
        parent = other_case(desk, dialog, "parent").row.id
        actions.join_incident(case_id=view.row.id, parent_id=parent, by=desk.actor, at=desk.at)


class LeaveIncident(CaseOperation):
    """移出群体事件."""

    code, title, sign, group = "leave_incident", "移出群体事件", "arrow-back", "并案"
    consequence = "本单不再是子单，单独办理；已经统一答复的内容保留。"
    least = 0
    done = "已移出群体事件"

    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Take it out."""
        actions.leave_incident(case_id=view.row.id, by=desk.actor, at=desk.at)


class AnswerTogether(CaseOperation):
    """统一答复: all open children get one answer; every customer is still asked."""

    decides = moves_process = True
    code, title, sign, group = "answer_together", "统一答复", "messages", "并案"
    consequence = "给所有未办结的子单记下同一份答复；每位客户仍要单独回访，同意才关闭。"
    reason_label = "答复内容"
    done = "已统一答复"

    def lines(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[str]:
        """Say whom it reaches."""
        children = queries.gathered(desk.access, view.row.id).children
        return [f"子单 {len(children)} 张：{'、'.join(one.number for one in children)}"]

    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Answer all; what kept one from it is in the facts of the parent."""
        answer = actions.JointAnswer(dialog.whole_reason)
        actions.answer_together(case_id=view.row.id, answer=answer, by=desk.actor, at=desk.at)


def merge_preview(view: CaseView, into: CaseView, desk: Desk) -> list[str]:
    """Return, in sentences, what merging one case into the other changes, and what should be looked at."""
    target = queries.survivor_number(into.row.number)
    chained = f"（它已并入 {target}，本单一起并入 {target}）" if target != into.row.number else ""
    who = into.row.contact_name or "未留名"
    found = [
        f"{into.row.number}“{into.row.title}”，{who}，{into.row.current_units or into.row.state_title}{chained}。",
        _resting(view),
        f"客户用本单的单号查询，看到的是 {target} 的进度；两张工单的经过各自保留，都不改写。",
        *_to_look_at(view, into),
        *_open_orders(view, desk),
    ]
    return [line for line in found if line]


def _resting(view: CaseView) -> str:
    if view.row.instance_id is None:
        return ""
    state = "、".join(
        one.title
        for one in processes.units_of(view.row.instance_id)
        if one.state in ("OPEN", "CLAIMED")
    )
    return f"本单停在“{state}”，时钟停表，剩余时限保留。" if state else ""


def _to_look_at(view: CaseView, into: CaseView) -> list[str]:
    found = []
    if view.row.customer_id != into.row.customer_id:
        found.append("两张工单不是同一客户，请核对；同一事件的不同客户应当用“并入群体事件”。")
    if view.row.class_code != into.row.class_code:
        found.append(f"类别不同：本单 {view.row.class_name}，对方 {into.row.class_name}。")
    return found


def _open_orders(view: CaseView, desk: Desk) -> list[str]:
    orders = queries.supervision_of_case(desk.access, view.row.id)
    waiting = [one for one in orders if one.state == OrderState.ISSUED]
    return [f"本单有 {len(waiting)} 份督办还没有答复，合并后仍要答复。"] if waiting else []
