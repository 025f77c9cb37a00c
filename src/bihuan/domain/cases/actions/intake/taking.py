"""Take a request in, whatever channel it came on: the case, who handed it on, who stands behind it, the contact."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from bihuan.domain.cases import events
from bihuan.domain.cases.actions.intake import petitions
from bihuan.domain.cases.actions.intake.refusals import (
    AnswerMissing,
    ReferralKnown,
    ReplyDueTooEarly,
    SenderMissing,
)
from bihuan.domain.cases.actions.opening import TitleMissing, open_case
from bihuan.domain.cases.choices import REFERRED, SPOKEN
from bihuan.domain.cases.events import CaseRequest, Intake, OpenedCase, ReferralIn, case_ref
from bihuan.domain.cases.models import Referral
from bihuan.domain.customers import actions as customers
from bihuan.domain.customers.actions import NewCustomer
from bihuan.domain.customers.queries import CustomerUnknown, may_open
from bihuan.domain.interactions import actions as interactions
from bihuan.domain.interactions.choices import Direction, Nature, Outcome
from bihuan.domain.interactions.events import NewInteraction
from bihuan.domain.ledger.actions import record
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org.queries import access_of, authorise


@transaction.atomic
def accept_request(intake: Intake, *, by: Actor, at: datetime) -> OpenedCase:
    """Open the case of a request and keep the contact it came with; needs `case.open` at its org unit.

    The caller is matched by phone to a customer of the unit, or written down. A request handed on to us
    names who handed it on; their deadline counts when it is earlier than our own promise. A request whose
    `source_ref` is known already opens nothing.
    """
    request = intake.request
    authorise(by, "case.open", request.org_unit_id, at=at)
    referral = _checked(intake.referral, request.channel, at)
    petition = petitions.checked(intake.petition)
    request = replace(request, customer_id=_customer(request, by, at))
    if referral is not None and referral.reply_due_at is not None:
        request = replace(request, answer_by=referral.reply_due_at)
    opened = open_case(request, by=by, at=at)
    if not opened.is_new:
        return opened
    if referral is not None:
        _keep_referral(opened, referral, by, at)
    if petition is not None:
        petitions.keep(opened.id, petition, by=by, at=at)
    contact = contact_of(request, outcome=Outcome.OPENED, root=opened.ref)
    reference = referral.reference if referral else ""
    headcount = petition.headcount if petition else 1
    contact = replace(contact, external_id=reference, headcount=headcount, remark=intake.remark)
    interactions.record_interaction(contact, by=by, at=at)
    return opened


@transaction.atomic
def answer_at_desk(request: CaseRequest, *, answer: str, by: Actor, at: datetime) -> int:
    """Write a visit or call down that was answered on the spot and needs no case (CHN-18); return its id."""
    authorise(by, "case.open", request.org_unit_id, at=at)
    if not request.title.strip():
        raise TitleMissing
    if not answer.strip():
        raise AnswerMissing
    request = replace(request, customer_id=_customer(request, by, at))
    contact = contact_of(request, outcome=Outcome.ANSWERED, root="")
    kept = interactions.record_interaction(replace(contact, remark=answer.strip()), by=by, at=at)
    ref = f"interaction:{kept}"
    record(Fact(events.ANSWERED_AT_DESK, ref, ref, at, by, data={"channel": request.channel}))
    return kept


def contact_of(request: CaseRequest, *, outcome: str, root: str) -> NewInteraction:
    """Return the contact a request came with."""
    return NewInteraction(
        channel=request.channel,
        direction=Direction.IN,
        root=root,
        party_address=request.contact_phone,
        party_name=request.contact_name,
        text=request.description or request.title,
        subject=request.title,
        nature=Nature.SPOKEN if request.channel in SPOKEN else Nature.WRITTEN,
        outcome=outcome,
        customer_id=request.customer_id,
        org_unit_id=request.org_unit_id,
    )


def _checked(referral: ReferralIn | None, channel: str, at: datetime) -> ReferralIn | None:
    if referral is None or not referral.sender.strip():
        if channel in REFERRED:
            raise SenderMissing
        return None
    if referral.reply_due_at is not None and referral.reply_due_at <= at:
        raise ReplyDueTooEarly
    sender, reference = referral.sender.strip(), referral.reference.strip()
    known = Referral.objects.filter(sender=sender, reference=reference).select_related("case")
    if reference and (found := known.first()) is not None:
        raise ReferralKnown(reference, found.case.number)
    return ReferralIn(sender, reference, referral.reply_due_at)


def _keep_referral(opened: OpenedCase, referral: ReferralIn, by: Actor, at: datetime) -> None:
    Referral.objects.create(
        case_id=opened.id,
        sender=referral.sender,
        reference=referral.reference,
        reply_due_at=referral.reply_due_at,
    )
    ref = case_ref(opened.id)
    data = {
        "sender": referral.sender,
        "reference": referral.reference,
        "reply_due_at": referral.reply_due_at,
    }
    record(Fact(events.REFERRED, ref, ref, at, by, data=data))


def _check_seen(customer_id: int, by: Actor, at: datetime) -> None:
    """Refuse a customer whose file this person does not see: nobody learns of one by guessing its number."""
    if by.staff_id is not None and not may_open(access_of(by.staff_id, at), customer_id):
        raise CustomerUnknown


def _customer(request: CaseRequest, by: Actor, at: datetime) -> int | None:
    """Return the customer named, else the one with this number, else a new one; None without a number."""
    if request.customer_id is not None:
        _check_seen(request.customer_id, by, at)
        return request.customer_id
    if not request.contact_phone.strip():
        return None
    new = NewCustomer(name=request.contact_name, unit_id=request.org_unit_id)
    found = customers.find_or_create_by_phone(phone=request.contact_phone, new=new, by=by, at=at)
    return found.customer_id
