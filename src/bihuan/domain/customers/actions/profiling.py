"""What else is known of a customer: where they stand, who looks after them, what they are like."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from bihuan.domain.customers.actions import golden
from bihuan.domain.customers.actions.customers import editable, record
from bihuan.domain.customers.actions.owning import give_to
from bihuan.domain.customers.choices import LifeState, LostReason
from bihuan.domain.customers.models import Customer, SourceRow
from bihuan.domain.customers.queries.details import read_detail, types_of_details
from bihuan.domain.customers.queries.reach import binds_in
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import queries as org
from bihuan.kit.problems import Invalid, Refused


class NotAProspect(Refused):
    """Only who is not a customer yet becomes one."""

    message = "已经是客户，不用再转。"


class AlreadyLost(Refused):
    """A customer is lost once."""

    message = "这位客户已登记流失。"


class ValueUnknown(Invalid):
    """The source row says nothing of this customer, or of this field."""

    message = "这个来源没有这一项。"


class AlreadyAProspect(Refused):
    """Only who is not among the prospects becomes one."""

    message = "已经是潜在客户。"


class DetailUnreadable(Invalid):
    """A number is a number, a day is a day."""

    message = "有内容写法不对。"


@transaction.atomic
def become_customer(*, customer_id: int, by: Actor, at: datetime) -> None:
    """Make a prospect, or a customer who left, a customer (CUS-25)."""
    customer = editable(customer_id, by, at)
    if customer.state == LifeState.CUSTOMER:
        raise NotAProspect
    before = customer.state
    _set_state(customer, LifeState.CUSTOMER, "", at)
    record("customer.won", customer.pk, by=by, at=at, before=before)


@transaction.atomic
def become_prospect(*, customer_id: int, reason: str = "", by: Actor, at: datetime) -> None:
    """Count a customer among the prospects: they only asked, or were taken for a customer by mistake (CUS-08)."""
    customer = editable(customer_id, by, at)
    if customer.state == LifeState.PROSPECT:
        raise AlreadyAProspect
    before = customer.state
    _set_state(customer, LifeState.PROSPECT, "", at)
    record("customer.prospect", customer.pk, by=by, at=at, before=before, said=reason.strip())


@transaction.atomic
def mark_lost(
    *, customer_id: int, reason: LostReason, said: str = "", by: Actor, at: datetime
) -> None:
    """Note that a customer left, and why (CUS-20)."""
    customer = editable(customer_id, by, at)
    if customer.state == LifeState.LOST:
        raise AlreadyLost
    _set_state(customer, LifeState.LOST, reason, at)
    record("customer.lost", customer.pk, by=by, at=at, reason_code=reason, said=said.strip())


@transaction.atomic
def assign_owner(
    *, customer_id: int, staff_id: int | None, reason: str = "", by: Actor, at: datetime
) -> None:
    """Let a member of staff look after a customer; None for nobody.

    Where portfolios bind only those who sign there may; others ask for a hand-over.
    """
    customer = editable(customer_id, by, at)
    if binds_in(org.tree(), customer.unit_id):
        org.authorise(by, "customer.sign", customer.unit_id, at=at)
    if staff_id is not None:
        org.staff(staff_id)
    give_to([customer.pk], staff_id, why=reason.strip(), by=by, at=at)


@transaction.atomic
def set_attributes(
    *, customer_id: int, values: Mapping[str, str], by: Actor, at: datetime
) -> Customer:
    """Write soft attributes and pack fields over, by key; an empty text takes one away.

    What stays as it was leaves no fact. Refuses with DetailUnreadable, which names the fields.
    """
    customer = editable(customer_id, by, at)
    # What another system says is kept as it came.
    values = values if by.is_system else _read(values)
    changed = {k: v for k, v in values.items() if v != str(customer.attributes.get(k, ""))}
    if not changed:
        return customer
    attributes = {**customer.attributes, **changed}
    customer.attributes = {key: value for key, value in attributes.items() if value}
    customer.updated_at = at
    customer.save(update_fields=["attributes", "updated_at"])
    golden.note_typed(customer, at=at)
    golden.refresh([customer.pk], at=at)
    record("customer.updated", customer.pk, by=by, at=at, fields=sorted(changed))
    return customer


@transaction.atomic
def choose_value(*, customer_id: int, field: str, row_id: int, by: Actor, at: datetime) -> None:
    """Believe one source row for one field, whatever the others say."""
    customer = editable(customer_id, by, at)
    row = SourceRow.objects.filter(pk=row_id, customer=customer).first()
    if row is None or not golden.fields_of(row.values).get(field):
        raise ValueUnknown
    customer.pinned = {**customer.pinned, field: row_id}
    customer.save(update_fields=["pinned"])
    golden.refresh([customer.pk], at=at)
    record("customer.value_chosen", customer.pk, by=by, at=at, field=field, row=row_id)


def _read(values: Mapping[str, str]) -> dict[str, str]:
    types, read, wrong = types_of_details(), {}, {}
    for key, text in values.items():
        try:
            read[key] = read_detail(types.get(key, ""), text)
        except ValueError as unreadable:
            wrong[key] = str(unreadable)
    if wrong:
        raise DetailUnreadable(fields=wrong)
    return read


def _set_state(customer: Customer, state: LifeState, reason: str, at: datetime) -> None:
    customer.state, customer.lost_reason = state, reason
    customer.lost_at = at if state == LifeState.LOST else None
    customer.save(update_fields=["state", "lost_reason", "lost_at"])
