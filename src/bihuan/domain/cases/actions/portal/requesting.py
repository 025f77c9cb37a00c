"""Take a request in that somebody sent on the portal, without an account, exactly once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bihuan.domain.attachments import actions as attachments
from bihuan.domain.cases.actions.opening import open_case
from bihuan.domain.cases.actions.portal import throttling
from bihuan.domain.cases.actions.portal.proving import SOURCE, receipt_of
from bihuan.domain.cases.actions.portal.throttling import spend
from bihuan.domain.cases.choices import Channel
from bihuan.domain.cases.events import CaseRequest, OpenedCase
from bihuan.domain.cases.ports import PORTAL_ACTOR
from bihuan.domain.cases.queries import portal as portals
from bihuan.domain.customers import actions as customers
from bihuan.domain.interactions import actions as interactions
from bihuan.domain.interactions.choices import Direction, Outcome
from bihuan.domain.interactions.events import NewInteraction
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import queries as org
from bihuan.domain.processes import actions as processes, queries as units
from bihuan.kit import db
from bihuan.kit.notation import NotAPhone, read_phone
from bihuan.kit.problems import Invalid

LEAST_TEXT: Final = 8
MOST_TEXT: Final = 2000
TITLE: Final = 40
_SENTENCE_ENDS: Final = "。！？!?\n；;"
_KNOWN = "select id, number, customer_id from cases_case where source_ref = %s and source_ref <> ''"


@dataclass(frozen=True, slots=True)
class PublicRequest:
    """What somebody said on the portal. `key` was made when they began: one key is one case, whatever happens.

    `staff_id` is whom they would like to have it handled by, where the pack lets them choose.
    """

    key: str
    pack: str
    class_code: str
    text: str
    phone: str
    name: str = ""
    place: str = ""
    when: str = ""
    staff_id: int | None = None

    @property
    def source_ref(self) -> str:
        """Return what the case is known by before it has a number; its files wait under it."""
        return f"{SOURCE}{self.key}"

    @property
    def title(self) -> str:
        """Return the first sentence of what was said, shortened."""
        text = self.text.strip()
        end = min((at for sign in _SENTENCE_ENDS if (at := text.find(sign)) > 3), default=len(text))
        return text[:end] if end <= TITLE else f"{text[: TITLE - 1]}…"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request taken in: its number and the receipt its sender may look it up with."""

    case_id: int
    number: str
    customer_id: int
    receipt: str
    is_new: bool


def send_request(request: PublicRequest, *, address: str, at: datetime) -> Sent:
    """Open a case from the portal; the same key again returns the case it opened before.

    Refuses with `Invalid` and the fields to mend, or with `TooOften` for a phone or address that sends too
    many. Files handed in under the request's key become the case's.
    """
    shown = portals.portal(request.pack)
    with db.atomic():
        # Two presses of one button wait for each other: the second finds the case of the first.
        db.run("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (request.source_ref,))
        known = _known(request)
        return known or _take_in(request, shown, address, at)


def _take_in(request: PublicRequest, shown: portals.Portal, address: str, at: datetime) -> Sent:
    _check(request, shown, at)
    spend(throttling.REQUESTS_OF_ADDRESS, address, at=at)
    spend(throttling.REQUESTS_OF_PHONE, read_phone(request.phone).digits, at=at)
    opened, customer_id = _open(request, shown, at)
    by = _by(customer_id)
    attachments.take_over(from_root=request.source_ref, root=opened.ref, by=by, at=at)
    _draft(request, shown, opened, by, at)
    contact = _interaction(request, opened, customer_id)
    interactions.record_interaction(contact, by=by, at=at)
    receipt = receipt_of(request.source_ref)
    return Sent(opened.id, opened.number, customer_id, receipt, is_new=True)


def _known(request: PublicRequest) -> Sent | None:
    row = db.one(_KNOWN, (request.source_ref,))
    if row is None:
        return None
    return Sent(row[0], row[1], row[2], receipt_of(request.source_ref), is_new=False)


def check_request(request: PublicRequest, *, at: datetime) -> None:
    """Refuse with `Invalid`, naming the fields, what could not be sent; for a look before sending."""
    _check(request, portals.portal(request.pack), at)


def _check(request: PublicRequest, shown: portals.Portal, at: datetime) -> None:
    wrong: dict[str, str] = {}
    classes = portals.public_classes(shown)
    parents = {one.parent for one in classes}
    if request.class_code not in {one.code for one in classes if one.code not in parents}:
        wrong["class_code"] = "请选择是哪一类事情"
    if len(request.text.strip()) < LEAST_TEXT:
        wrong["text"] = f"请再说具体一点，至少 {LEAST_TEXT} 个字"
    if len(request.text) > MOST_TEXT:
        wrong["text"] = f"最多 {MOST_TEXT} 个字，请写短一些"
    try:
        read_phone(request.phone)
    except NotAPhone as refused:
        wrong["phone"] = refused.message if request.phone else "请留一个能联系到您的手机号"
    choices = {key for key, _ in portals.people_to_choose(shown, at=at)}
    if request.staff_id is not None and request.staff_id not in choices:
        wrong["staff_id"] = "这位工作人员现在不能选，请另选一位"
    if wrong:
        raise Invalid("还有内容没填好，请看标出的地方。", fields=wrong)


def _open(request: PublicRequest, shown: portals.Portal, at: datetime) -> tuple[OpenedCase, int]:
    unit_id = org.unit_by_code(shown.org_unit).id
    found = customers.find_or_create_by_phone(
        phone=request.phone,
        new=customers.NewCustomer(name=request.name.strip(), unit_id=unit_id),
        by=Actor(PORTAL_ACTOR),
        at=at,
    )
    taken = CaseRequest(
        pack=request.pack,
        title=request.title,
        org_unit_id=unit_id,
        class_code=request.class_code,
        description=_description(request),
        channel=Channel.WEB,
        customer_id=found.customer_id,
        contact_name=request.name.strip(),
        contact_phone=request.phone.strip(),
        source_ref=request.source_ref,
        variables={} if request.staff_id is None else {"chosen_staff": f"staff:{request.staff_id}"},
    )
    return open_case(taken, by=_by(found.customer_id), at=at), found.customer_id


def _description(request: PublicRequest) -> str:
    chosen = org.names_of([request.staff_id]) if request.staff_id is not None else {}
    lines = [
        request.text.strip(),
        f"地点：{request.place.strip()}" if request.place.strip() else "",
        f"时间：{request.when.strip()}" if request.when.strip() else "",
        *(f"客户希望由{name}办理" for name in chosen.values()),
    ]
    return "\n".join(line for line in lines if line)


def _interaction(request: PublicRequest, opened: OpenedCase, customer_id: int) -> NewInteraction:
    """Return the contact this was, as for every channel; where to call back stands in the case."""
    return NewInteraction(
        channel=Channel.WEB,
        direction=Direction.IN,
        root=opened.ref,
        party_address="",
        party_name=request.name.strip(),
        customer_id=customer_id,
        subject=request.title,
        text=request.text.strip(),
        outcome=Outcome.OPENED,
        external_id=request.source_ref,
    )


def _draft(
    request: PublicRequest, shown: portals.Portal, opened: OpenedCase, by: Actor, at: datetime
) -> None:
    """Fill in the first form as a draft: whoever takes it on checks it and sends it on."""
    said: Mapping[str, str] = {
        "name": request.name.strip(),
        "phone": request.phone.strip(),
        "text": request.text.strip(),
        "place": request.place.strip(),
        "when": request.when.strip(),
    }
    values = {field: said[what] for field, what in shown.first.items() if said.get(what)}
    for unit in units.open_units([opened.ref]):
        if unit.node == shown.first_unit and values:
            processes.save_draft(unit.id, values, by=by, at=at)


def _by(customer_id: int) -> Actor:
    return Actor(PORTAL_ACTOR, on_behalf_of=f"customer:{customer_id}")
