"""客户的联系方式: note one, agree on how it may be used, strike it out, see the whole number for a reason."""

from datetime import datetime, time
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from bihuan.domain.customers import actions, queries
from bihuan.domain.customers.choices import Consent, ContactKind
from bihuan.domain.customers.queries import ContactRow, CustomerCard
from bihuan.domain.customers.queries.bonds import TermsRow, contact_terms
from bihuan.domain.customers.queries.contacting import may_use
from bihuan.engines.contacting import Purpose
from bihuan.kit.htmx import render
from bihuan.kit.problems import Invalid
from bihuan.surfaces.workspace.desk import desk_of, editor_of
from bihuan.surfaces.workspace.operations.operation import YES, choice, chosen, either
from bihuan.surfaces.workspace.sheets import words
from bihuan.surfaces.workspace.sheets.dialogs import DESPITE, Dialog, new_key, number_dialog, warned
from bihuan.surfaces.workspace.sheets.fields import FieldSheet
from bihuan.surfaces.workspace.views.conversations import converse

KINDS: Final = list(words.CONTACT_KINDS.items())
CONSENTS: Final = [(str(value), str(label)) for value, label in Consent.choices]

_VALUE: Final = FieldSheet(
    name="value", label="号码或地址", required=True, max_length=300, width="w6"
)


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Note another way to reach a customer."""
    desk, card = editor_of(request, customer_id)
    dialog = Dialog(
        address=request.path,
        sign="address-book",
        title="添加联系方式",
        verb="添加",
        consequence=f"客户 {card.name}。号码和邮箱在页面上总是遮蔽的。",
        fields=[
            choice("kind", "方式", KINDS, ContactKind.PHONE),
            FieldSheet(name="value", label="号码或地址", required=True, max_length=300, width="w6"),
        ],
        asks_reason=False,
        least=0,
        key=new_key(),
    )

    def work(sent: Dialog) -> None:
        contact = actions.Contact(_kind(chosen(sent, "kind")), chosen(sent, "value"))
        actions.add_contact(customer_id=customer_id, contact=contact, by=desk.actor, at=desk.at)

    return converse(request, dialog, work, "联系方式已添加")


@require_http_methods(["GET", "POST"])
def terms(request: HttpRequest, customer_id: int, contact_id: int) -> HttpResponse:
    """Note whether and when a customer may be contacted this way."""
    desk, card = editor_of(request, customer_id)
    point = _point(card, contact_id)
    dialog = _terms_dialog(request.path, point, contact_terms(contact_id))

    def work(sent: Dialog) -> None:
        agreed = actions.ContactTerms(
            consent=_consent(chosen(sent, "consent")),
            quiet_from=_time_typed(sent, "quiet_from"),
            quiet_until=_time_typed(sent, "quiet_until"),
            is_primary=chosen(sent, "primary") == YES,
        )
        actions.settle_contact(contact_id=contact_id, terms=agreed, by=desk.actor, at=desk.at)

    return converse(request, dialog, work, "联系约定已记下")


@require_http_methods(["GET", "POST"])
def remove(request: HttpRequest, customer_id: int, contact_id: int) -> HttpResponse:
    """Strike out a way to reach a customer."""
    desk, card = editor_of(request, customer_id)
    point = _point(card, contact_id)
    dialog = Dialog(
        address=request.path,
        sign="trash",
        title="删去联系方式",
        verb="删去",
        consequence=f"{words.CONTACT_KINDS[point.kind]} {point.masked}。删去以后不能再用它找到这位客户。",
        reasons=("停用或换号", "登记有误", "客户要求", "其他"),
        least=0,
        key=new_key(),
    )

    def work(sent: Dialog) -> None:
        actions.remove_contact(
            contact_id=contact_id, reason=sent.whole_reason, by=desk.actor, at=desk.at
        )

    return converse(request, dialog, work, "联系方式已删去")


@require_http_methods(["GET", "POST"])
def phone(request: HttpRequest, customer_id: int, contact_id: int) -> HttpResponse:
    """Ask why the full number is needed; show it to those who may see it."""
    desk = desk_of(request)
    card = queries.customer_card(desk.access, customer_id)
    address = reverse("customer-phone", args=[customer_id, contact_id])
    stands = may_use(_point(card, contact_id).id, Purpose.CARE, at=desk.at)
    dialog = warned(number_dialog(address, card.name), stands)
    if request.method == "GET":
        return render(request, "units/_reason_dialog.html", {"dialog": dialog})
    dialog = dialog.typed(request.POST)
    try:
        value = actions.reveal_phone(
            contact_id=contact_id,
            reason=dialog.whole_reason,
            despite=chosen(dialog, DESPITE),
            by=desk.actor,
            at=desk.at,
        )
    except Invalid as refused:
        context = {"dialog": dialog.refused(refused)}
        return render(request, "units/_reason_dialog.html", context, status=422)
    return render(request, "customers/_phone.html", {"phone": value, "name": card.name})


def _terms_dialog(address: str, point: ContactRow, now: TermsRow) -> Dialog:
    return Dialog(
        address=address,
        sign="bell-off",
        title=f"联系约定：{words.CONTACT_KINDS[point.kind]} {point.masked}",
        verb="保存",
        consequence="客户怎么说就怎么记：是否同意这样联系，哪段时间不打扰。",
        fields=[
            either("consent", "是否同意", CONSENTS, now.consent),
            _time("quiet_from", "免打扰从", now.quiet_from, "22:00"),
            _time("quiet_until", "到（可跨夜）", now.quiet_until, "08:00"),
            *(() if point.is_primary else (either("primary", "设为常用"),)),
        ],
        asks_reason=False,
        least=0,
        key=new_key(),
    )


def _time(name: str, label: str, value: time | None, shape: str) -> FieldSheet:
    text = f"{value:%H:%M}" if value else ""
    return FieldSheet(name=name, label=label, value=text, placeholder=shape, max_length=5)


def _time_typed(sent: Dialog, name: str) -> time | None:
    text = chosen(sent, name).replace("：", ":")
    if not text:
        return None
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 -- a time of day has no zone
    except ValueError as unreadable:
        raise Invalid("时间写法有误。", fields={name: "写成 22:00"}) from unreadable


def _kind(text: str) -> ContactKind:
    if text not in ContactKind.values:
        raise Invalid("请选择方式。", fields={"kind": "请选择方式"})
    return ContactKind(text)


def _consent(text: str) -> Consent:
    if text not in Consent.values:
        raise Invalid("请选择是否同意。", fields={"consent": "请选择"})
    return Consent(text)


def _point(card: CustomerCard, contact_id: int) -> ContactRow:
    found = next((one for one in card.contacts if one.id == contact_id), None)
    if found is None:
        raise actions.ContactUnknown
    return found
