"""Something in a file is wrong, or an agency asks for a change: a manager assigns an archivist, the reporter is told
what became of it (CUS-15, CUS-14)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from bihuan.domain.customers import actions as customers
from bihuan.domain.customers.actions import granting, profiling
from bihuan.domain.customers.actions.contacts import keep_wishes
from bihuan.domain.customers.actions.holding import hold, hold_standing
from bihuan.domain.customers.choices import ContactKind, GrantKind
from bihuan.domain.customers.models import ContactPoint, Customer
from bihuan.domain.customers.queries import CustomerUnknown, may_open, survivor_of
from bihuan.domain.customers.queries.details import SOFT
from bihuan.domain.customers.queries.profile_rules import TITLES, own_fields
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import queries as org
from bihuan.domain.portfolios.actions.telling import keep, reason_given, tell
from bihuan.domain.portfolios.choices import (
    LEAST_REASON,
    TASK_LASTS,
    CorrectionKind,
    CorrectionState,
)
from bihuan.domain.portfolios.models import Correction
from bihuan.domain.portfolios.queries.signers import closed_file, signers
from bihuan.kit.masking import mask_text
from bihuan.kit.problems import Invalid, NotAllowed, NotFound, Refused

CONTACTS: Final = {
    "phone": ContactKind.PHONE,
    "email": ContactKind.EMAIL,
    "wechat": ContactKind.WECHAT,
    "address": ContactKind.ADDRESS,
}


class CorrectionUnknown(NotFound):
    """There is no such correction, or it is not the asker's to see."""

    message = "没有找到这份修正，或不在您的范围内。"


class CorrectionDecided(Refused):
    """Somebody has dealt with it."""

    message = "这份修正已有人处理。"


class FieldUnknown(Invalid):
    """A file has no such field."""

    message = "请从列出的项目里选。"


class ArchivistUnusable(Invalid):
    """An archivist works here and may change files there."""

    message = "档案专员须在岗，并能维护这位客户所在机构的资料。"


class ValueMissing(Invalid):
    """What is written right has a value."""

    message = "请填写正确的内容。"


class SenderMissing(Invalid):
    """An agency's change names the agency."""

    message = "请填写提出变更的地区办或代理商。"


@dataclass(frozen=True, slots=True)
class Wrong:
    """Which field of whose file is wrong, and what is known of it."""

    customer_id: int
    field: str
    said: str


def fields() -> dict[str, str]:
    """Return what may be corrected, by key: the title people read."""
    plain = {"name": "名称", "note": "备注", **{key: TITLES[key] for key in (*CONTACTS, *SOFT)}}
    return plain | {one.key: one.title for one in own_fields()}


@transaction.atomic
def report_mistake(*, wrong: Wrong, by: Actor, at: datetime) -> Correction:
    """Report a wrong value to the manager; also of a file one may only know of."""
    customer = _known(wrong.customer_id, by, at)
    said = reason_given(wrong.said, LEAST_REASON)
    _check_field(wrong.field)
    again = Correction.objects.filter(
        customer=customer,
        field=wrong.field,
        said=said,
        reported_by_id=by.staff_id,
        state=CorrectionState.REPORTED,
    ).first()
    if again is not None:
        return again
    made = Correction.objects.create(
        customer=customer,
        kind=CorrectionKind.MISTAKE,
        field=wrong.field,
        said=said,
        reported_by_id=_reporter(by),
        reported_at=at,
    )
    data = {"correction": made.pk, "field": wrong.field}
    keep("customer.mistake_reported", customer.pk, data, reason=said, by=by, at=at)
    title = f"客户 C-{customer.pk:06d} 的{fields()[wrong.field]}有误，请安排修正"
    tell(signers(customer.unit_id, at), title, made.ref, by=by, at=at)
    return made


@transaction.atomic
def ask_for_agency(
    *, wrong: Wrong, sender: str, archivist_id: int, by: Actor, at: datetime
) -> Correction:
    """Have an agency's change written down: the manager gives what it says and names the archivist (CUS-14)."""
    customer = _known(wrong.customer_id, by, at)
    org.authorise(by, "customer.sign", customer.unit_id, at=at)
    said = reason_given(wrong.said, LEAST_REASON)
    _check_field(wrong.field)
    if not sender.strip():
        raise SenderMissing(fields={"sender": SenderMissing.message})
    made = Correction.objects.create(
        customer=customer,
        kind=CorrectionKind.AGENCY,
        field=wrong.field,
        said=said,
        sender=sender.strip()[:100],
        reported_by_id=_reporter(by),
        reported_at=at,
    )
    data = {"correction": made.pk, "field": wrong.field, "sender": made.sender}
    keep("customer.change_asked_for", customer.pk, data, reason=said, by=by, at=at)
    return assign(correction_id=made.pk, archivist_id=archivist_id, by=by, at=at)


@transaction.atomic
def assign(*, correction_id: int, archivist_id: int, by: Actor, at: datetime) -> Correction:
    """Let an archivist correct it; the file is open to them until it is done, a week at most."""
    found = _signed_for(correction_id, by, at)
    if found.state not in (CorrectionState.REPORTED, CorrectionState.ASSIGNED):
        raise CorrectionDecided
    if found.archivist_id == archivist_id:
        return found
    if not org.access_of(archivist_id, at).may("customer.edit", found.customer.unit_id):
        raise ArchivistUnusable(fields={"archivist": ArchivistUnusable.message})
    _close(found, by, at)
    if not may_open(org.access_of(archivist_id, at), found.customer_id):
        purpose = f"修正{fields().get(found.field, found.field)}"
        new = granting.NewGrant(
            found.customer_id, archivist_id, GrantKind.TASK, purpose, at + TASK_LASTS
        )
        found.grant = granting.open_to(new=new, by=by, at=at)
    found.state, found.archivist_id = CorrectionState.ASSIGNED, archivist_id
    found.assigned_by, found.assigned_at = by.ref, at
    found.save()
    data = {"correction": found.pk, "archivist": archivist_id}
    keep("customer.correction_assigned", found.customer_id, data, by=by, at=at)
    title = f"请修正客户 C-{found.customer_id:06d} 的{fields().get(found.field, found.field)}"
    tell([archivist_id], title, found.ref, by=by, at=at)
    return found


@transaction.atomic
def correct(*, correction_id: int, value: str, by: Actor, at: datetime) -> Correction:
    """Write the value right, keep what it was and what it is (numbers masked), and tell who reported it."""
    found = _locked(correction_id)
    if found.archivist_id != by.staff_id:
        raise NotAllowed
    if found.state == CorrectionState.CORRECTED:
        return found
    if found.state != CorrectionState.ASSIGNED:
        raise CorrectionDecided
    wanted = value.strip()
    if not wanted:
        raise ValueMissing(fields={"value": ValueMissing.message})
    found.before = mask_text(_write(found, wanted, by, at))[:500]
    found.after, found.state = mask_text(wanted)[:500], CorrectionState.CORRECTED
    found.closed_by, found.closed_at = by.ref, at
    found.save()
    _close(found, by, at)
    data = {
        "correction": found.pk,
        "field": found.field,
        "before": found.before,
        "after": found.after,
    }
    keep("customer.corrected", found.customer_id, data, reason=found.said, by=by, at=at)
    title = f"您报告的客户 C-{found.customer_id:06d} {fields().get(found.field, found.field)}已修正"
    tell([found.reported_by_id], title, found.ref, by=by, at=at)
    return found


@transaction.atomic
def refuse(*, correction_id: int, reason: str, by: Actor, at: datetime) -> Correction:
    """Leave the file as it is, and tell the reporter why: the manager, or the archivist who looked."""
    found = _locked(correction_id)
    if found.archivist_id is None or found.archivist_id != by.staff_id:
        org.authorise(by, "customer.sign", found.customer.unit_id, at=at)
    if found.state not in (CorrectionState.REPORTED, CorrectionState.ASSIGNED):
        raise CorrectionDecided
    why = reason_given(reason, LEAST_REASON)
    found.state, found.answer = CorrectionState.REFUSED, why
    found.closed_by, found.closed_at = by.ref, at
    found.save()
    _close(found, by, at)
    data = {"correction": found.pk}
    keep("customer.correction_refused", found.customer_id, data, reason=why, by=by, at=at)
    title = f"您报告的客户 C-{found.customer_id:06d} 没有修改：{why}"
    tell([found.reported_by_id], title, found.ref, by=by, at=at)
    return found


def _known(customer_id: int, by: Actor, at: datetime) -> Customer:
    """Return a customer the reporter sees, or may know of (whose call they took)."""
    access = org.authorise(by, "customer.view", at=at)
    if access is None or by.staff_id is None:
        raise NotAllowed
    standing = survivor_of(customer_id)
    if not may_open(access, standing) and closed_file(access, standing) is None:
        raise CustomerUnknown
    [customer] = hold_standing(standing)
    return customer if customer.pk == standing else _known(customer_id, by, at)


def _reporter(by: Actor) -> int:
    if by.staff_id is None:
        raise NotAllowed
    return by.staff_id


def _check_field(field: str) -> None:
    if field not in fields():
        raise FieldUnknown(fields={"field": FieldUnknown.message})


def _locked(correction_id: int) -> Correction:
    """Return a correction, locked behind its customer's file (decision 0384)."""
    hold(Correction.objects.filter(pk=correction_id).values_list("customer_id", flat=True).all)
    found = Correction.objects.select_for_update(of=("self",)).select_related("customer", "grant")
    one = found.filter(pk=correction_id).first()
    if one is None:
        raise CorrectionUnknown
    return one


def _signed_for(correction_id: int, by: Actor, at: datetime) -> Correction:
    found = _locked(correction_id)
    org.authorise(by, "customer.sign", found.customer.unit_id, at=at)
    return found


def _close(found: Correction, by: Actor, at: datetime) -> None:
    if found.grant_id is not None:
        granting.close_grant(grant_id=found.grant_id, reason="修正已结束", by=by, at=at)


def _write(found: Correction, value: str, by: Actor, at: datetime) -> str:
    """Write the value by the verb of its field, and return what it was."""
    customer, field = found.customer, found.field
    if field in ("name", "note"):
        renamed = customers.Changes(name=value)
        changes = renamed if field == "name" else customers.Changes(note=value)
        before = str(getattr(customer, field))
        customers.update_customer(customer_id=customer.pk, changes=changes, by=by, at=at)
        return before
    if field in CONTACTS:
        return _write_contact(customer, CONTACTS[field], value, by, at)
    before = str(customer.attributes.get(field, ""))
    profiling.set_attributes(customer_id=customer.pk, values={field: value}, by=by, at=at)
    return before


def _write_contact(
    customer: Customer, kind: ContactKind, value: str, by: Actor, at: datetime
) -> str:
    """Put a contact in the place of the primary one of its kind."""
    old = ContactPoint.objects.filter(customer=customer, kind=kind, is_primary=True).first()
    contact = customers.Contact(kind, value)
    added = customers.add_contact(customer_id=customer.pk, contact=contact, by=by, at=at)
    if old is None or old.pk == added.pk:
        return ""
    keep_wishes(contact_id=added.pk, of=old, by=by, at=at)
    customers.remove_contact(contact_id=old.pk, reason="资料修正", by=by, at=at)
    # The right one stands where the wrong one stood.
    ContactPoint.objects.filter(customer=customer, kind=kind).update(is_primary=False)
    ContactPoint.objects.filter(pk=added.pk).update(is_primary=True)
    return old.value
