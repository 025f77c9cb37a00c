"""How customers can be reached: noted, struck out, and the whole number shown for a reason."""

from dataclasses import dataclass
from datetime import datetime, time

from django.db import transaction

from bihuan.domain.customers.actions.customers import (
    Contact,
    editable,
    normalised,
    record,
    within,
)
from bihuan.domain.customers.actions.insisting import Insisting, insist
from bihuan.domain.customers.choices import Consent
from bihuan.domain.customers.models import ContactPoint, Customer
from bihuan.domain.customers.queries import CustomerUnknown
from bihuan.domain.customers.queries.contacting import may_use
from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org import queries as org
from bihuan.engines.contacting import Purpose
from bihuan.kit.problems import Invalid

LEAST_REASON = 4


class ContactUnknown(CustomerUnknown):
    """The customer has no such contact point."""

    message = "没有这个联系方式。"


class ReasonMissing(Invalid):
    """Whoever looks at a hidden number says why."""

    message = "查看完整号码要写明原因，至少 4 个字。"


class QuietHoursIncomplete(Invalid):
    """Quiet hours have a beginning and an end."""

    message = "免打扰时段要填起止两个时间。"


class QuietHoursEmpty(Invalid):
    """Quiet hours that end when they begin hold never, whatever was meant."""

    message = "免打扰的起止时间不能相同；全天不联系请选“拒绝联系”。"


@dataclass(frozen=True, slots=True)
class ContactTerms:
    """How a customer agreed to be contacted one way; quiet hours are local, over midnight where the first is later."""

    consent: Consent
    quiet_from: time | None = None
    quiet_until: time | None = None
    is_primary: bool = False


@transaction.atomic
def add_contact(*, customer_id: int, contact: Contact, by: Actor, at: datetime) -> ContactPoint:
    """Note another way to reach a customer; one that is noted already is returned as it is."""
    customer = editable(customer_id, by, at)
    value_norm, _ = normalised(contact)
    found = ContactPoint.objects.filter(
        customer=customer, kind=contact.kind, value_norm=value_norm
    ).first()
    if found is not None:
        return found
    point = _add(customer, contact, at)
    record("contact.added", customer.pk, by=by, at=at, contact=point.pk, kind=point.kind)
    return point


@transaction.atomic
def remove_contact(*, contact_id: int, reason: str, by: Actor, at: datetime) -> None:
    """Strike out a way to reach a customer; the oldest left of its kind becomes the primary one."""
    point = _contact(contact_id)
    customer = editable(point.customer_id, by, at)
    point.delete()
    same = ContactPoint.objects.filter(customer=customer, kind=point.kind)
    if point.is_primary and (heir := same.order_by("id").first()):
        heir.is_primary = True
        heir.save(update_fields=["is_primary"])
    ref = f"customer:{customer.pk}"
    data = {"contact": contact_id, "kind": point.kind}
    ledger.record(Fact("contact.removed", ref, ref, at, by, reason=reason, data=data))


@transaction.atomic
def set_consent(*, contact_id: int, consent: Consent, by: Actor, at: datetime) -> None:
    """Note whether the customer agreed to be contacted this way."""
    point = _contact(contact_id)
    customer = editable(point.customer_id, by, at)
    point.consent = consent
    point.consent_at = None if consent == Consent.UNKNOWN else at
    point.save(update_fields=["consent", "consent_at"])
    record("contact.consent_noted", customer.pk, by=by, at=at, contact=point.pk, consent=consent)


@transaction.atomic
def set_quiet_hours(
    *, contact_id: int, since: time | None, until: time | None, by: Actor, at: datetime
) -> None:
    """Note when the customer is not to be contacted this way, local time; both None for never mind."""
    if (since is None) != (until is None):
        raise QuietHoursIncomplete(fields={"quiet_from": QuietHoursIncomplete.message})
    if since is not None and since == until:
        raise QuietHoursEmpty(fields={"quiet_until": QuietHoursEmpty.message})
    point = _contact(contact_id)
    customer = editable(point.customer_id, by, at)
    point.quiet_from, point.quiet_until = since, until
    point.save(update_fields=["quiet_from", "quiet_until"])
    record("contact.quiet_hours_set", customer.pk, by=by, at=at, contact=point.pk)


@transaction.atomic
def make_primary(*, contact_id: int, by: Actor, at: datetime) -> None:
    """Let a contact be the first of its kind; the one before steps back."""
    point = _contact(contact_id)
    customer = editable(point.customer_id, by, at)
    if point.is_primary:
        return
    same = ContactPoint.objects.filter(customer=customer, kind=point.kind, is_primary=True)
    before = same.values_list("pk", flat=True).first()
    same.update(is_primary=False)
    point.is_primary = True
    point.save(update_fields=["is_primary"])
    record("contact.made_primary", customer.pk, by=by, at=at, contact=point.pk, before=before)


@transaction.atomic
def settle_contact(*, contact_id: int, terms: ContactTerms, by: Actor, at: datetime) -> None:
    """Note how a customer agreed to be contacted this way; only what changes leaves a fact."""
    point = _contact(contact_id)
    editable(point.customer_id, by, at)
    if terms.consent != point.consent:
        set_consent(contact_id=contact_id, consent=terms.consent, by=by, at=at)
    if (terms.quiet_from, terms.quiet_until) != (point.quiet_from, point.quiet_until):
        hours = {"since": terms.quiet_from, "until": terms.quiet_until}
        set_quiet_hours(contact_id=contact_id, **hours, by=by, at=at)
    if terms.is_primary:
        make_primary(contact_id=contact_id, by=by, at=at)


@transaction.atomic
def keep_wishes(*, contact_id: int, of: ContactPoint, by: Actor, at: datetime) -> None:
    """Let a contact that takes another's place keep what the customer did not want there; an agreement is asked for anew."""
    point = _contact(contact_id)
    if of.consent == Consent.REFUSED and point.consent == Consent.UNKNOWN:
        set_consent(contact_id=contact_id, consent=Consent.REFUSED, by=by, at=at)
    if of.quiet_from is not None and point.quiet_from is None:
        hours = {"since": of.quiet_from, "until": of.quiet_until}
        set_quiet_hours(contact_id=contact_id, **hours, by=by, at=at)


@transaction.atomic
def reveal_phone(
    *, contact_id: int, reason: str, despite: str = "", by: Actor, at: datetime
) -> str:
    """Return a full number to somebody who may see it; each look is a fact with its reason (SEC-01).

    Where the customer refused calls or has quiet hours, `despite` says why they are called nevertheless.
    """
    point = _contact(contact_id)
    access = org.authorise(by, "customer.see_phone", point.customer.unit_id, at=at)
    if access is not None and not within(access, point.customer):
        raise ContactUnknown
    if len(reason.strip()) < LEAST_REASON:
        raise ReasonMissing(fields={"reason": ReasonMissing.message})
    ref = f"customer:{point.customer_id}"
    stands = may_use(contact_id, Purpose.CARE, at=at)
    insist(Insisting(ref, "PHONE", despite), stands, by=by, at=at)
    data = {"contact": contact_id}
    ledger.record(Fact("customer.phone_seen", ref, ref, at, by, reason=reason.strip(), data=data))
    return point.value


def _contact(contact_id: int) -> ContactPoint:
    point = ContactPoint.objects.select_related("customer").filter(pk=contact_id).first()
    if point is None:
        raise ContactUnknown
    return point


def _add(customer: Customer, contact: Contact, at: datetime) -> ContactPoint:
    value_norm, last4 = normalised(contact)
    same = ContactPoint.objects.filter(customer=customer, kind=contact.kind)
    return ContactPoint.objects.create(
        customer=customer,
        kind=contact.kind,
        value=contact.value.strip(),
        value_norm=value_norm,
        last4=last4,
        is_primary=not same.filter(is_primary=True).exists(),
        created_at=at,
    )
