"""The drawer beside the board: one case, the orders about it, and the form to issue another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from django.http import QueryDict
from django.utils import timezone

from bihuan.domain.cases import actions, queries as cases
from bihuan.domain.cases.actions import Order
from bihuan.domain.cases.events import case_ref
from bihuan.domain.cases.queries import Act, AlertRow, CaseView, SupervisionRow
from bihuan.domain.escalations import queries as escalations
from bihuan.domain.escalations.queries import EscalationRow
from bihuan.domain.org import queries as org
from bihuan.kit.problems import Invalid, Refused
from bihuan.surfaces.command import sheets
from bihuan.surfaces.command.desk import SUPERVISE, Commander

LIMITS: Final = (
    ("2h", "2 工时"),
    ("4h", "4 工时"),
    ("1wd", "1 工日"),
    ("2wd", "2 工日"),
    ("PT1H", "1 小时，不分昼夜"),
    ("PT4H", "4 小时，不分昼夜"),
    ("PT24H", "24 小时，不分昼夜"),
)
OFFICE: Final = "base.office"
SHORTEST: Final = timedelta(minutes=5)


class MomentUnreadable(Invalid):
    """The moment is not written as we read it, or lies behind us."""

    message = "回复时间写成 2026-01-31 17:00，并晚于现在。"

    def __init__(self) -> None:
        super().__init__(fields={"until": "写成 2026-01-31 17:00，并晚于现在"})


@dataclass(frozen=True, slots=True)
class OrderForm:
    """What is typed so far, what is wrong with it, and why it was refused."""

    addressee: str = ""
    reason: str = ""
    limit: str = "4h"
    until: str = ""
    key: str = ""
    refusal: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drawer:
    """One case as the drawer shows it."""

    view: CaseView
    line: sheets.Line | None
    orders: Sequence[SupervisionRow]
    escalations: Sequence[EscalationRow]
    latest: Act
    may_supervise: bool
    form: OrderForm

    @property
    def number(self) -> str:
        """Return the case's number."""
        return self.view.row.number


def drawer(who: Commander, number: str, form: OrderForm | None = None) -> Drawer:
    """Return the drawer of a case the person may see."""
    view = cases.case_view(who.access, number)
    row = view.row
    lines = sheets.lines_of(_rows(who, row.id), who.at)
    places = (view.org_unit_id, view.responsible_unit_id)
    return Drawer(
        view=view,
        line=lines[0] if lines else None,
        orders=list(reversed(cases.supervision_of_case(who.access, row.id))),
        escalations=list(reversed(escalations.escalations_of(who.access, case_ref(row.id)))),
        latest=cases.latest_act(row.id),
        may_supervise=row.closed_at is None and who.access.may_in_any(SUPERVISE, *places),
        form=form or OrderForm(addressee=_named(row.assignee_id), key=uuid4().hex),
    )


def _rows(who: Commander, case_id: int) -> list[AlertRow]:
    return cases.alert_changes([case_id], who.at).rows(who.access)


def typed(posted: QueryDict) -> OrderForm:
    """Read the form as it was sent."""
    names = ("addressee", "reason", "limit", "until")
    said: dict[str, Any] = {name: posted.get(name, "").strip() for name in names}
    return OrderForm(**said, key=posted.get("key", "")[:64] or uuid4().hex)


def refused(form: OrderForm, refusal: Refused) -> OrderForm:
    """Return the form with why it was refused; sent again, it is another request."""
    return OrderForm(
        form.addressee,
        form.reason,
        form.limit,
        form.until,
        uuid4().hex,
        refusal.message,
        refusal.fields,
    )


def order_of(form: OrderForm, at: datetime) -> Order:
    """Return the order that a form asks for."""
    limit, calendar = _limit(form, at)
    return Order(_staff_id(form.addressee), form.reason, limit, calendar)


def issue(who: Commander, number: str, form: OrderForm, seen: int) -> int:
    """Issue the order, unless something was done about the case after the page was drawn."""
    view = cases.case_view(who.access, number)
    actions.require_unchanged(view.row.id, seen)
    order = order_of(form, who.at)
    return actions.issue_supervision(case_id=view.row.id, order=order, by=who.actor, at=who.at)


def _limit(form: OrderForm, at: datetime) -> tuple[str, str]:
    if form.until:
        try:
            naive = datetime.strptime(form.until.replace("T", " "), "%Y-%m-%d %H:%M")  # noqa: DTZ007
        except ValueError as unreadable:
            raise MomentUnreadable from unreadable
        left = timezone.make_aware(naive) - at
        if left < SHORTEST:
            raise MomentUnreadable
        return f"PT{int(left.total_seconds()) // 60}M", ""
    if form.limit not in dict(LIMITS):
        raise Invalid("请选择回复时限。", fields={"limit": "请选择"})
    return form.limit, "" if form.limit.startswith("P") else OFFICE


def _staff_id(text: str) -> int:
    login = text.rpartition("（")[2].rstrip("）") if text.endswith("）") else text
    try:
        return int(org.staff_by_login(login).pk)
    except org.StaffUnknown as unknown:
        words = "键入姓名，从列表中选择" if text else "请选择责任人"
        raise Invalid("没有找到责任人。", fields={"addressee": words}) from unknown


def _named(staff_id: int | None) -> str:
    if staff_id is None:
        return ""
    person = org.staff(staff_id)
    return f"{person.name}（{person.login_name}）"
