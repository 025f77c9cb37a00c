"""Operations that press on a case: the customer asks again, a named person must answer."""

from collections.abc import Sequence
from typing import Final

from django.http import QueryDict

from bihuan.domain.cases import actions
from bihuan.domain.cases.choices import Channel
from bihuan.domain.cases.queries import CaseView
from bihuan.domain.clocks.queries import calendars
from bihuan.kit.problems import Invalid
from bihuan.surfaces.workspace.case_operations.operation import CaseOperation
from bihuan.surfaces.workspace.desk import Desk
from bihuan.surfaces.workspace.operations.operation import (
    choice,
    chosen,
    either,
    person,
    staff_needed,
)
from bihuan.surfaces.workspace.sheets.dialogs import Dialog
from bihuan.surfaces.workspace.sheets.fields import FieldSheet, Options

CAME_BY: Final[Options] = (("PHONE", "电话"), ("WEB", "网上"), ("COUNTER", "柜台"))
LIMITS: Final[Options] = (
    ("30m", "30 分钟"),
    ("1h", "1 小时"),
    ("2h", "2 小时"),
    ("4h", "4 小时"),
    ("1wd", "1 个工作日"),
    ("2wd", "2 个工作日"),
)


class Urge(CaseOperation):
    """催办: the customer asked again; counted on the case."""

    code, title, sign, group = "urge", "客户催办", "bell-ringing", "督促"
    consequence = "记一次客户催办，并提醒正在办理的人；不影响时钟。"
    least, reason_label = 0, "客户怎么说"
    done = "已记下客户催办"

    def fields(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[FieldSheet]:
        """Ask how the customer got in touch."""
        return [either("channel", "催办方式", CAME_BY, Channel.PHONE)]

    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Count the urge."""
        actions.urge_case(
            case_id=view.row.id,
            channel=chosen(dialog, "channel") or Channel.PHONE,
            note=dialog.whole_reason,
            by=desk.actor,
            at=desk.at,
        )


class Supervise(CaseOperation):
    """督办: a named person answers by a moment (MON-08)."""

    decides = True
    code, title, sign, group = "supervise", "督办", "eye-check", "督促"
    consequence = "指定一人限时答复；到时没有答复，上报其主管和您。不影响工单的时钟。"
    reasons = ("超期未办", "客户多次催办", "处理不到位", "领导关注", "其他")
    done = "已发出督办"

    def fields(self, view: CaseView, desk: Desk, said: QueryDict) -> Sequence[FieldSheet]:
        """Ask who answers, within how long, on which calendar."""
        working = [(one.code, one.name) for one in calendars() if one.code != "base.always"]
        return [
            person("to", "督办谁"),
            choice("limit", "限时", LIMITS, "4h"),
            choice("calendar", "按什么时间计", [("always", "7×24 小时"), *working], "base.office"),
        ]

    def carry_out(self, view: CaseView, desk: Desk, dialog: Dialog) -> None:
        """Issue the order."""
        limit = chosen(dialog, "limit")
        if limit not in dict(LIMITS):
            raise Invalid("请选择限时。", fields={"limit": "请选择限时"})
        calendar = chosen(dialog, "calendar") or "always"
        order = actions.Order(
            staff_needed(dialog, "to"), dialog.whole_reason, *_terms(limit, calendar)
        )
        actions.issue_supervision(case_id=view.row.id, order=order, by=desk.actor, at=desk.at)


def _terms(limit: str, calendar: str) -> tuple[str, str]:
    """Return limit and calendar as an order has them: 7×24 is elapsed time."""
    if calendar != "always":
        return limit, calendar
    elapsed = {"30m": "PT30M", "1wd": "PT24H", "2wd": "PT48H"}
    return elapsed.get(limit, f"PT{limit.upper()}"), "base.always"
