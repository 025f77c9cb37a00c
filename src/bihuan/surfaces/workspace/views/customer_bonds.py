"""客户的关系与合同: note, change and end whom a customer belongs to and what was agreed (CUS-18, CUS-26)."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods, require_POST

from bihuan.domain.customers import queries
from bihuan.domain.customers.actions import bonds as actions
from bihuan.domain.customers.actions.bonds import NewContract
from bihuan.domain.customers.choices import RelationKind
from bihuan.domain.customers.queries.bonds import ContractRow, contracts_of
from bihuan.kit.problems import Invalid
from bihuan.surfaces.workspace.desk import Desk, desk_of, editor_of, look_up
from bihuan.surfaces.workspace.operations.operation import choice, chosen
from bihuan.surfaces.workspace.sheets.dialogs import Dialog, new_key
from bihuan.surfaces.workspace.sheets.fields import FieldSheet, Options
from bihuan.surfaces.workspace.views.conversations import converse
from bihuan.surfaces.workspace.views.units import answered

KINDS: Final = [(str(value), str(label)) for value, label in RelationKind.choices]
FOUND: Final = 8


@require_http_methods(["GET", "POST"])
def relate(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Note who else belongs to this customer: found while one types."""
    desk, card = editor_of(request, customer_id)
    dialog = _relating(request.path, card.name, _found(desk, _typed(request), customer_id))

    def work(sent: Dialog) -> None:
        other = chosen(sent, "other")
        if not other.isdecimal():
            raise Invalid("请从找到的客户里选。", fields={"other": "请选一位客户"})
        actions.relate(
            customer_id=int(other),
            other_id=customer_id,
            kind=_kind(chosen(sent, "kind")),
            note=chosen(sent, "note"),
            by=desk.actor,
            at=desk.at,
        )

    return converse(request, dialog, work, "关系已登记")


@require_POST
def unrelate(request: HttpRequest, customer_id: int, relation_id: int) -> HttpResponse:
    """Take a relation away; it can be brought back for some seconds."""
    desk, _ = editor_of(request, customer_id)
    gone = actions.unrelate(
        customer_id=customer_id, relation_id=relation_id, by=desk.actor, at=desk.at
    )
    again = {"other": gone.other_id, "kind": gone.kind, "note": gone.note}
    address = reverse("customer-relation-again", args=[gone.customer_id])
    return answered("关系已删去", undo=f"{address}?{urlencode(again)}")


@require_POST
def relate_again(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Bring a relation back that was taken away."""
    desk, asked = desk_of(request), request.GET
    actions.relate(
        customer_id=customer_id,
        other_id=int(asked.get("other", "0")) if asked.get("other", "").isdecimal() else 0,
        kind=_kind(asked.get("kind", "")),
        note=asked.get("note", ""),
        by=desk.actor,
        at=desk.at,
    )
    return answered("关系已恢复")


@require_http_methods(["GET", "POST"])
def add_contract(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Write a contract down."""
    desk, card = editor_of(request, customer_id)
    dialog = _contract_dialog(
        request.path, "登记合同", f"客户 {card.name}。到期前三个月起提醒续约。"
    )

    def work(sent: Dialog) -> None:
        actions.add_contract(customer_id=customer_id, new=_read(sent), by=desk.actor, at=desk.at)

    return converse(request, dialog, work, "合同已登记")


@require_http_methods(["GET", "POST"])
def contract(request: HttpRequest, customer_id: int, contract_id: int, verb: str) -> HttpResponse:
    """Change a contract, or end it."""
    desk, card = editor_of(request, customer_id)
    found = contracts_of(card.id, sees=card.sees_phone)
    row = next((one for one in found if one.id == contract_id), None)
    if row is None or verb not in _VERBS:
        raise actions.ContractUnknown
    dialog, work, said = _VERBS[verb](row, desk, request.path)
    return converse(request, dialog, work, said)


Decision = tuple[Dialog, Callable[[Dialog], object], str]


def _changing(row: ContractRow, desk: Desk, address: str) -> Decision:
    words = "改前改后的日期和金额留痕；续签请另登记一份新合同。"
    dialog = _contract_dialog(address, f"更改合同 {row.number}", words, row)

    def work(sent: Dialog) -> None:
        new = _read(sent, row)
        # What was left as it was shown stays as it is kept: numbers in it may have been masked.
        keep = [one for one in ("title", "terms") if getattr(new, one) == getattr(row, one)]
        actions.change_contract(contract_id=row.id, new=new, keep=keep, by=desk.actor, at=desk.at)

    return dialog, work, f"合同 {row.number} 已更改"


def _ending(row: ContractRow, desk: Desk, address: str) -> Decision:
    dialog = Dialog(
        address=address,
        sign="file-off",
        title=f"终止合同 {row.number}",
        verb="终止合同",
        consequence="到终止日为止（含当日）合同仍有效；合同留在档案里，终止日以后可再更改。",
        fields=[_day("ends_date", "终止日", localdate(desk.at))],
        reason_label="为什么终止",
        least=4,
        key=new_key(),
    )

    def work(sent: Dialog) -> None:
        day = _day_typed(sent, "ends_date")
        if day is None:
            raise Invalid("请填写终止日。", fields={"ends_date": "请填写终止日"})
        actions.end_contract(
            contract_id=row.id, ends_date=day, reason=sent.reason, by=desk.actor, at=desk.at
        )

    return dialog, work, f"合同 {row.number} 已终止"


_VERBS: Final[dict[str, Callable[[ContractRow, Desk, str], Decision]]] = {
    "change": _changing,
    "end": _ending,
}


def _relating(address: str, name: str, found: Options) -> Dialog:
    other = FieldSheet(
        name="other", label="对方", kind="customer", options=found, required=True, width="w6"
    )
    note = FieldSheet(
        name="note", label="备注", placeholder="如 车队经理", max_length=100, width="w6"
    )
    return Dialog(
        address=address,
        sign="affiliate",
        title="登记关系",
        verb="登记",
        consequence=f"{name}的联系人、下属单位、司机、家庭成员或推荐人，在两边的档案里都看得到。",
        fields=[choice("kind", "对方是这位客户的", KINDS, RelationKind.CONTACT), other, note],
        asks_reason=False,
        least=0,
        key=new_key(),
    )


def _contract_dialog(
    address: str, title: str, consequence: str, row: ContractRow | None = None
) -> Dialog:
    return Dialog(
        address=address,
        sign="file-text",
        title=title,
        verb="保存" if row else "登记",
        consequence=consequence,
        fields=_contract_fields(row),
        asks_reason=False,
        least=0,
        key=new_key(),
    )


def _contract_fields(row: ContractRow | None) -> list[FieldSheet]:
    amount = "" if row is None or row.amount is None else f"{row.amount:f}"
    terms = FieldSheet(
        name="terms",
        label="条款要点",
        kind="text",
        value=row.terms if row else "",
        max_length=500,
        placeholder="如 月结 30 天，2 小时上门",
        width="w6",
    )
    return [
        _line("number", "合同编号", row.number if row else "", 64, required=True),
        _line("title", "名称", row.title if row else "", 128, required=True),
        _day("starts_date", "开始日", row.starts_date if row else None, required=True),
        _day("ends_date", "到期日（不填是长期）", row.ends_date if row else None),
        FieldSheet(name="amount", label="金额（元）", kind="number", value=amount, max_length=16),
        terms,
    ]


def _read(sent: Dialog, row: ContractRow | None = None) -> NewContract:
    starts = _day_typed(sent, "starts_date")
    if starts is None:
        raise Invalid("请填写开始日。", fields={"starts_date": "请填写开始日"})
    return NewContract(
        number=chosen(sent, "number"),
        title=chosen(sent, "title"),
        starts_date=starts,
        ends_date=_day_typed(sent, "ends_date"),
        amount=_amount(chosen(sent, "amount")),
        currency=row.currency if row else "CNY",
        terms=chosen(sent, "terms"),
    )


def _amount(text: str) -> Decimal | None:
    plain = text.replace(",", "").replace("，", "")
    try:
        amount = Decimal(plain) if plain else None
    except InvalidOperation:
        amount = Decimal("NaN")
    if amount is not None and not (amount.is_finite() and abs(amount) < Decimal(10) ** 12):
        raise Invalid("金额写法有误。", fields={"amount": "应是数字，如 128000"})
    return amount if amount is None else amount.quantize(Decimal("0.01"))


def _line(name: str, label: str, value: str, longest: int, *, required: bool) -> FieldSheet:
    return FieldSheet(name=name, label=label, value=value, max_length=longest, required=required)


def _day(name: str, label: str, value: date | None, *, required: bool = False) -> FieldSheet:
    text = value.isoformat() if value else ""
    return FieldSheet(name=name, label=label, kind="date", value=text, required=required)


def _day_typed(sent: Dialog, name: str) -> date | None:
    text = chosen(sent, name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as unreadable:
        raise Invalid("日期写法有误。", fields={name: "写成 2026-01-31"}) from unreadable


def _kind(text: str) -> RelationKind:
    if text not in RelationKind.values:
        raise Invalid("请选择关系。", fields={"kind": "请选择关系"})
    return RelationKind(text)


def _found(desk: Desk, typed: str, customer_id: int) -> Options:
    """Return who fits what was typed, or who was chosen."""
    if not typed:
        return ()
    if typed.isdecimal() and queries.may_open(desk.access, int(typed)):
        card = queries.customer_card(desk.access, int(typed))
        return [(str(card.id), _named(card.name, card.phone_masked))]
    rows = look_up(desk, typed, size=FOUND)
    return [(str(row.id), _named(row.name, row.phone)) for row in rows if row.id != customer_id]


def _typed(request: HttpRequest) -> str:
    """Return who was chosen, or what was typed: typing anew forgets who was chosen before."""
    if request.method == "POST":
        return request.POST.get("other", "").strip()
    text = next(filter(None, request.GET.getlist("other")), "").strip()
    if "key" in request.GET:
        asked: Any = request
        asked.GET = request.GET.copy()
        asked.GET["other"] = text
    return text


def _named(name: str, phone: str) -> str:
    return f"{name} {phone}".rstrip()
