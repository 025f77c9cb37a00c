"""新建客户: a file is made at the desk, as a customer or a prospect; who has the number already is said first (CUS-08)."""

from dataclasses import replace
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from bihuan.domain.customers import actions, queries
from bihuan.domain.customers.choices import ContactKind, CustomerKind, LifeState
from bihuan.domain.org.rules import require
from bihuan.kit.notation import NotAPhone
from bihuan.kit.problems import Invalid, Refused
from bihuan.surfaces.workspace.desk import Desk, desk_of
from bihuan.surfaces.workspace.operations.operation import YES, chosen, either
from bihuan.surfaces.workspace.sheets import words
from bihuan.surfaces.workspace.sheets.dialogs import Dialog, new_key
from bihuan.surfaces.workspace.sheets.fields import FieldSheet
from bihuan.surfaces.workspace.views.conversations import converse

KINDS: Final = list(words.CUSTOMER_KINDS.items())
STATES: Final = [(str(LifeState.CUSTOMER), "客户"), (str(LifeState.PROSPECT), "潜在客户")]


class NumberKnown(Refused):
    """Somebody has this number: it may be the same customer, or one of the family."""

    message = "这个号码已有档案。"


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Ask who the customer is; make the file, and go there."""
    desk = desk_of(request)
    require(desk.access, "customer.edit", desk.unit_id)
    known = _known(desk, request.POST.get("phone", ""))
    dialog = _dialog(request.path, asks_again=bool(known))
    made: list[int] = []

    def work(sent: Dialog) -> None:
        if known and chosen(sent, "again") != YES:
            raise NumberKnown(f"这个号码已有档案：{known}。不是同一位客户再新建。")
        wanted = _read(desk, sent)
        made.append(actions.create_customer(new=wanted, by=desk.actor, at=desk.at).pk)

    answer = converse(request, dialog, work, "档案已建")
    if made and answer.status_code == 204:
        answer.headers["HX-Redirect"] = reverse("customer", args=made)
    return answer


def _dialog(address: str, *, asks_again: bool) -> Dialog:
    again = (either("again", "号码已有档案，仍要新建"),) if asks_again else ()
    return Dialog(
        address=address,
        sign="user-plus",
        title="新建客户",
        verb="新建",
        consequence="档案归您所在的机构。来电受理时会自动建档，不必先在这里建。",
        fields=[*_FIELDS, *again],
        asks_reason=False,
        least=0,
        key=new_key(),
    )


def _line(name: str, label: str, placeholder: str, longest: int) -> FieldSheet:
    required = name in ("name", "phone")
    # What is long has the whole width: names of organisations have forty characters.
    width = "w6" if name in ("name", "address") else ""
    field = FieldSheet(name=name, label=label, placeholder=placeholder, max_length=longest)
    return replace(field, required=required, width=width)


_FIELDS: Final = (
    replace(either("kind", "类别", KINDS, CustomerKind.PERSON), width=""),
    replace(either("state", "现在是", STATES, LifeState.CUSTOMER), width=""),
    _line("name", "名称", "姓名或单位名称", 128),
    _line("phone", "电话", "", 40),
    _line("account", "户号", "可不填", 64),
    _line("address", "地址", "可不填", 300),
)


def _read(desk: Desk, sent: Dialog) -> actions.NewCustomer:
    said = {one.name: chosen(sent, one.name) for one in _FIELDS}
    phone, address, account = said["phone"], said["address"], said["account"]
    if said["kind"] not in CustomerKind.values or said["state"] not in dict(STATES):
        raise Invalid("请选择类别。", fields={"kind": "请选择"})
    contacts = [actions.Contact(ContactKind.PHONE, phone)]
    contacts += [actions.Contact(ContactKind.ADDRESS, address)] if address else []
    return actions.NewCustomer(
        name=said["name"],
        unit_id=desk.unit_id or 0,
        kind=CustomerKind(said["kind"]),
        state=LifeState(said["state"]),
        contacts=contacts,
        accounts=[actions.NewAccount(account, address=address)] if account else [],
    )


def _known(desk: Desk, phone: str) -> str:
    """Return who has a number among those the asker sees, as far as a sentence holds."""
    try:
        rows = queries.with_phone(phone, desk.access) if phone.strip() else []
    except NotAPhone:
        return ""
    return "、".join(f"{row.name} C-{row.id:06d}" for row in rows[:3])
