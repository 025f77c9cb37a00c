"""客户的资料与去留: soft attributes and pack fields, who looks after a customer, prospect – customer – lost."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from bihuan.domain.customers.actions import profiling as actions
from bihuan.domain.customers.choices import LostReason
from bihuan.domain.customers.ports import DAY, MONEY, NUMBER
from bihuan.domain.customers.queries import CustomerCard, CustomerUnknown
from bihuan.domain.customers.queries.details import LONGEST, Detail, details_of
from bihuan.domain.customers.queries.profile import attributes_of
from bihuan.kit.problems import Invalid
from bihuan.surfaces.workspace.desk import Desk, editor_of
from bihuan.surfaces.workspace.operations.operation import choice, chosen, person, staff_needed
from bihuan.surfaces.workspace.sheets.dialogs import Dialog, new_key
from bihuan.surfaces.workspace.sheets.fields import FieldSheet
from bihuan.surfaces.workspace.views.conversations import converse

REASONS: Final = [(str(value), str(label)) for value, label in LostReason.choices]
_FIELDS: Final = {NUMBER: "number", MONEY: "number", DAY: "date"}
_SHAPES: Final = {
    "settlement_day": "如 每月 25 日",
    "interests": "如 钓鱼、书法",
    "needs": "客户在意什么，希望怎么服务",
}
_GENDERS: Final = [("男", "男"), ("女", "女")]


@require_http_methods(["GET", "POST"])
def details(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Write down what else is known of a customer."""
    desk, card = editor_of(request, customer_id)
    shown = attributes_of(card.id, sees=card.sees_phone)
    asked = details_of(card.kind)
    dialog = Dialog(
        address=request.path,
        sign="id",
        title="补充资料",
        verb="保存",
        consequence=f"{card.name}。不填的项算作待补；名称、号码有误请报告资料有误。",
        fields=[_field(one, shown.get(one.key, "")) for one in asked],
        asks_reason=False,
        least=0,
        key=new_key(),
    )

    def work(sent: Dialog) -> None:
        typed = {one.key: chosen(sent, one.key) for one in asked}
        # What was left as it was shown stays as it is kept: numbers in it may have been masked.
        values = {key: text for key, text in typed.items() if text != shown.get(key, "")}
        actions.set_attributes(customer_id=customer_id, values=values, by=desk.actor, at=desk.at)

    return converse(request, dialog, work, "资料已保存")


@require_http_methods(["GET", "POST"])
def state(request: HttpRequest, customer_id: int, verb: str) -> HttpResponse:
    """Win a customer, count them among the prospects, note that they left, or give them an owner."""
    desk, card = editor_of(request, customer_id)
    if verb not in _VERBS:
        raise CustomerUnknown
    dialog, work, said = _VERBS[verb](card, desk, request.path)
    return converse(request, dialog, work, said)


Decision = tuple[Dialog, Callable[[Dialog], object], str]


def _winning(card: CustomerCard, desk: Desk, address: str) -> Decision:
    dialog = _plain(address, "user-check", "转为客户", f"{card.name}从此按客户服务，参加评级。")

    def work(_sent: Dialog) -> None:
        actions.become_customer(customer_id=card.id, by=desk.actor, at=desk.at)

    return dialog, work, "已转为客户"


def _asking(card: CustomerCard, desk: Desk, address: str) -> Decision:
    words = f"{card.name}只来咨询过，还没有成交。潜在客户不参加评级。"
    dialog = _plain(address, "user-question", "列为潜在客户", words)

    def work(sent: Dialog) -> None:
        actions.become_prospect(customer_id=card.id, reason=sent.reason, by=desk.actor, at=desk.at)

    return dialog, work, "已列为潜在客户"


def _losing(card: CustomerCard, desk: Desk, address: str) -> Decision:
    dialog = Dialog(
        address=address,
        sign="user-x",
        title="登记流失",
        verb="登记流失",
        consequence=f"{card.name}不再参加评级和划转，档案和经过都保留；回来时可恢复为客户。",
        fields=[choice("why", "为什么离开", REASONS)],
        reason_label="经过",
        least=4,
        key=new_key(),
    )

    def work(sent: Dialog) -> None:
        actions.mark_lost(
            customer_id=card.id,
            reason=_why(chosen(sent, "why")),
            said=sent.reason,
            by=desk.actor,
            at=desk.at,
        )

    return dialog, work, "流失已登记"


def _owning(card: CustomerCard, desk: Desk, address: str) -> Decision:
    dialog = Dialog(
        address=address,
        sign="user-star",
        title="指定负责人",
        verb="指定",
        consequence=f"{card.name}从现在起由这名人员负责，换人留痕。一次换很多客户请用划转。",
        fields=[person("owner", "负责人")],
        reason_label="原因",
        least=0,
        key=new_key(),
    )

    def work(sent: Dialog) -> None:
        actions.assign_owner(
            customer_id=card.id,
            staff_id=staff_needed(sent, "owner"),
            reason=sent.reason,
            by=desk.actor,
            at=desk.at,
        )

    return dialog, work, "负责人已指定"


_VERBS: Final[dict[str, Callable[[CustomerCard, Desk, str], Decision]]] = {
    "win": _winning,
    "prospect": _asking,
    "lose": _losing,
    "owner": _owning,
}


def _why(text: str) -> LostReason:
    if text not in LostReason.values:
        raise Invalid("请选择为什么离开。", fields={"why": "请选择"})
    return LostReason(text)


def _plain(address: str, sign: str, title: str, consequence: str) -> Dialog:
    return Dialog(
        address, sign, title, title, consequence, reason_label="原因", least=0, key=new_key()
    )


def _field(one: Detail, value: str) -> FieldSheet:
    kind = _FIELDS.get(one.type, "line")
    label = f"{one.title}（{one.unit}）" if one.unit else one.title
    if one.key == "gender":
        return FieldSheet(name=one.key, label=label, kind="choice", options=_GENDERS, value=value)
    shape = _SHAPES.get(one.key, "")
    return FieldSheet(
        name=one.key, label=label, kind=kind, value=value, max_length=LONGEST, placeholder=shape
    )
