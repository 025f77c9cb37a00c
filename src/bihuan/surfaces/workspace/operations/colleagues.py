"""Operations about who does a unit and who knows of it."""

from collections.abc import Sequence

from bihuan.domain.org import queries as org
from bihuan.domain.processes import actions
from bihuan.domain.processes.queries import UnitView
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
    number,
    org_unit_options,
    person,
    staff_needed,
    staff_typed,
)
from bihuan.surfaces.workspace.sheets.dialogs import Dialog
from bihuan.surfaces.workspace.sheets.fields import FieldSheet, Options

COPIED = ("staff_1", "staff_2", "staff_3")


class Transfer(Operation):
    """转办: to a colleague who holds the post, or to another org unit."""

    verb, offered_for, title, sign = "transfer", "transfer", "转办", "arrows-transfer-up"
    consequence = "转给同岗位的同事或别的单位，时钟继续走，不重置。"
    reasons = ("不归我处", "请假交接", "需要专人", "其他")
    done = "已转办"
    is_first = True

    def fields(self, unit: UnitView, desk: Desk) -> Sequence[FieldSheet]:
        """Ask who receives it: a person, or a whole org unit."""
        return [
            choice("staff", "转给同事", _colleagues(unit)),
            choice("org_unit", "或转给单位", org_unit_options(desk)),
        ]

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Transfer the unit."""
        staff, org_unit = number(dialog, "staff"), number(dialog, "org_unit")
        if staff is None and org_unit is None:
            raise Invalid("选一位同事或一个单位。", fields={"staff": "选一位同事，或在下面选单位"})
        actions.transfer(
            unit.id,
            to_staff_id=staff,
            to_org_unit_id=None if staff is not None else org_unit,
            reason=dialog.whole_reason,
            by=desk.actor,
            at=desk.at,
        )


class Assign(Operation):
    """指派: into a colleague's hands."""

    verb, offered_for, title, sign = "assign", "assign", "指派", "user-check"
    consequence = "指定由谁办理，时钟继续走。"
    least = 0
    done = "已指派"

    def fields(self, unit: UnitView, desk: Desk) -> Sequence[FieldSheet]:
        """Ask who is to do it."""
        return [choice("staff", "指派给", _colleagues(unit))]

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Assign the unit."""
        staff = number(dialog, "staff")
        if staff is None:
            raise Invalid("请选择同事。", fields={"staff": "请选择同事"})
        actions.assign(
            unit.id, to_staff_id=staff, reason=dialog.whole_reason, by=desk.actor, at=desk.at
        )


class Release(Operation):
    """放回: nobody has it again."""

    verb, offered_for, title, sign = "release", "release", "放回", "arrow-back"
    consequence = "放回后组内其他人可以取，时钟继续走。"
    least = 0
    done = "已放回"

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Give the unit back to its post."""
        actions.release(unit.id, by=desk.actor, at=desk.at)


class Delegate(Operation):
    """委派: somebody works on it, it stays mine."""

    verb, offered_for, title, sign = "delegate", "delegate", "委派", "user-share"
    consequence = "请别人代办，环节仍在您名下；到期、交回或收回后回到您手里。时钟继续走。"
    least = 0
    done = "已委派"

    def fields(self, unit: UnitView, desk: Desk) -> Sequence[FieldSheet]:
        """Ask to whom, how long, and whether they may submit."""
        return [
            person("to", "委派给"),
            either("while_away", "到本人休假结束为止"),
            moment("until", "或到（空着则到交回为止）"),
            either("may_submit", "可代为提交"),
        ]

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Delegate the unit."""
        terms = actions.DelegationTerms(
            staff_needed(dialog, "to"),
            moment_typed(dialog, "until"),
            while_away=chosen(dialog, "while_away") == YES,
            may_submit=chosen(dialog, "may_submit") == YES,
        )
        actions.delegate(
            unit.id, terms=terms, reason=dialog.whole_reason, by=desk.actor, at=desk.at
        )


class CompleteDelegation(Operation):
    """交回: done for the owner, who submits it."""

    verb, offered_for, title, sign = "complete", "complete_delegation", "办好交回", "checks"
    consequence = "把填好并已暂存的内容交回委派人，由其确认提交。"
    least = 0
    done = "已交回委派人"

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Give the unit back with its draft."""
        actions.complete_delegation(
            unit.id, dict(unit.values), reason=dialog.whole_reason, by=desk.actor, at=desk.at
        )


class GiveBack(Operation):
    """收回, 退还: a delegated unit goes back to its owner as it is."""

    verb, offered_for, title, sign = "give-back", "give_back", "收回委派", "user-down"
    consequence = "委派到此为止，环节回到委派人手里，已填的内容保留。"
    least = 0
    done = "委派已收回"

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """End the delegation."""
        actions.give_back(unit.id, reason=dialog.whole_reason, by=desk.actor, at=desk.at)


class AddCoHandler(Operation):
    """加签: one more person signs."""

    verb, offered_for, title, sign = "add-signer", "add_co_handler", "加签", "user-plus"
    consequence = "再请一位同办，各办各的、各计各的时，都办完流程才往下走。"
    least = 0
    done = "已加签"

    def fields(self, unit: UnitView, desk: Desk) -> Sequence[FieldSheet]:
        """Ask who signs as well."""
        return [person("to", "加签人")]

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Add the person."""
        actions.add_co_handler(
            unit.id,
            staff_id=staff_needed(dialog, "to"),
            reason=dialog.whole_reason,
            by=desk.actor,
            at=desk.at,
        )


class RemoveCoHandler(Operation):
    """减签: a person does not sign after all."""

    verb, offered_for, title, sign = "remove-signer", "remove_co_handler", "减签", "user-minus"
    consequence = "不再由此人会签，其环节取消、时钟停止；其余人都办完流程往下走。"
    least = 0
    done = "已减签"

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Cancel the person's unit."""
        actions.remove_co_handler(unit.id, reason=dialog.whole_reason, by=desk.actor, at=desk.at)


class CarbonCopy(Operation):
    """抄送: people and posts who should know."""

    verb, offered_for, title, sign = "copy", "carbon_copy", "抄送", "mail-forward"
    consequence = "收到的人可以查看这张工单，号码按各自权限遮掩；不影响时钟和流程。"
    least = 0
    done = "已抄送"

    def fields(self, unit: UnitView, desk: Desk) -> Sequence[FieldSheet]:
        """Ask for up to three people, and for a post at an org unit."""
        posts: Options = sorted(org.post_names().items())
        first, *others = COPIED
        return [
            person(first, "抄送给"),
            *(person(name, "还有") for name in others),
            choice("post", "或抄送岗位", posts),
            choice("place", "岗位所在单位", org_unit_options(desk)),
        ]

    def carry_out(self, unit: UnitView, desk: Desk, dialog: Dialog) -> None:
        """Send the copies."""
        found = [staff_typed(dialog, name) for name in COPIED]
        staff = tuple(dict.fromkeys(one for one in found if one is not None))
        post, place = chosen(dialog, "post"), number(dialog, "place")
        if post and place is None:
            raise Invalid("请选择岗位所在的单位。", fields={"place": "请选择单位"})
        posts = ((post, place),) if post and place is not None else ()
        actions.carbon_copy(
            unit.id,
            to=actions.Recipients(staff, posts),
            note=dialog.whole_reason,
            by=desk.actor,
            at=desk.at,
        )


def _colleagues(unit: UnitView) -> Options:
    return [
        (str(one.id), f"{one.name}{'（休假）' if one.is_away else ''}") for one in unit.colleagues
    ]
