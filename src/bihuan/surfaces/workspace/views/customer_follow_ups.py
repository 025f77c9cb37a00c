"""该联系的客户: whom tiers promise a contact, the soonest first; and that we spoke with a customer is noted."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods, require_safe

from bihuan.domain.customers import queries as customers
from bihuan.domain.customers.queries import following
from bihuan.domain.customers.queries.contacting import may_contact
from bihuan.domain.interactions import actions as interactions
from bihuan.domain.org.rules import require
from bihuan.engines.contacting import Purpose
from bihuan.kit.htmx import render
from bihuan.kit.problems import Invalid
from bihuan.surfaces.workspace.desk import desk_of, owners_named
from bihuan.surfaces.workspace.operations.operation import choice, chosen
from bihuan.surfaces.workspace.sheets.customer_page import call_line, due_line
from bihuan.surfaces.workspace.sheets.dialogs import DESPITE, Dialog, new_key, warned
from bihuan.surfaces.workspace.views.conversations import converse

SHOWN: Final = 100
CHANNELS: Final = (
    ("PHONE", "电话"),
    ("ONSITE", "上门"),
    ("WECHAT", "微信"),
    ("SMS", "短信"),
    ("EMAIL", "邮件"),
    ("OTHER", "其他"),
)


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List whom one is to contact next; who signs may look at somebody else's."""
    desk = desk_of(request)
    require(desk.access, "customer.view")
    typed = request.GET.get("from", "").strip() if desk.may("customer.sign") else ""
    found = following.follow_ups(desk.access, owner_ids=owners_named(desk, typed), at=desk.at)
    shown = found[:SHOWN]
    stands = may_contact([one.customer_id for one in shown], "PHONE", Purpose.CARE, at=desk.at)
    lines = [
        due_line(one, localdate(desk.at)) | call_line(stands[one.customer_id]) for one in shown
    ]
    context = {
        "rows": lines,
        "count": len(found),
        "late": sum(line["tone"] == "over" for line in lines),
        "whose": typed,
    }
    return render(request, "customers/follow_ups.html", context)


@require_http_methods(["GET", "POST"])
def note(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Note that one spoke with a customer."""
    desk = desk_of(request)
    card = customers.customer_card(desk.access, customer_id)
    asked = request.POST.get("channel", "PHONE")
    stands = may_contact([customer_id], asked, Purpose.CARE, at=desk.at)[customer_id]
    dialog = warned(_dialog(request.path, card.name), stands)

    def work(sent: Dialog) -> None:
        channel = chosen(sent, "channel")
        if channel not in dict(CHANNELS):
            raise Invalid("请选择方式。", fields={"channel": "请选择方式"})
        spoken = interactions.Spoken(
            customer_id, channel, sent.reason, despite=chosen(sent, DESPITE)
        )
        interactions.note_contact(spoken=spoken, by=desk.actor, at=desk.at)

    return converse(request, dialog, work, "已记下这次联系")


def _dialog(address: str, name: str) -> Dialog:
    return Dialog(
        address=address,
        sign="phone-check",
        title="记录联系",
        verb="记下",
        consequence=f"与 {name} 的一次联系。下次该联系的日子从今天算起。",
        fields=[choice("channel", "方式", CHANNELS, "PHONE")],
        reason_label="说了什么，客户怎么说",
        least=4,
        key=new_key(),
    )
