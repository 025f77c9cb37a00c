"""What else is known of a customer: where they stand, who looks after them, whom they belong to, what was agreed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from bihuan.domain.customers.actions import golden
from bihuan.domain.customers.actions.customers import editable, record
from bihuan.domain.customers.actions.owning import give_to
from bihuan.domain.customers.choices import LifeState, LostReason, RelationKind
from bihuan.domain.customers.models import Contract, Customer, Relation, SourceRow
from bihuan.domain.customers.queries import CustomerUnknown, survivor_of
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


class RelatedToItself(Invalid):
    """Nobody is related to themselves."""

    message = "不能与自己建立关系。"


class ContractNumberTaken(Refused):
    """There is a contract of this number."""

    message = "已有这个编号的合同。"


class ContractEndsTooEarly(Invalid):
    """A contract ends on or after the day it starts."""

    message = "合同到期日不能早于开始日。"


class ValueUnknown(Invalid):
    """The source row says nothing of this customer, or of this field."""

    message = "这个来源没有这一项。"


@dataclass(frozen=True, slots=True)
class NewContract:
    """A contract as agreed; both days belong to it, `amount` in `currency`."""

    number: str
    title: str
    starts_date: date
    ends_date: date | None = None
    amount: Decimal | None = None
    currency: str = "CNY"
    terms: str = ""


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
def mark_lost(*, customer_id: int, reason: LostReason, by: Actor, at: datetime) -> None:
    """Note that a customer left, and why (CUS-20)."""
    customer = editable(customer_id, by, at)
    if customer.state == LifeState.LOST:
        raise AlreadyLost
    _set_state(customer, LifeState.LOST, reason, at)
    record("customer.lost", customer.pk, by=by, at=at, reason_code=reason)


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
    """Write soft attributes and pack fields over, by key; an empty text takes one away."""
    customer = editable(customer_id, by, at)
    attributes = {**customer.attributes, **values}
    customer.attributes = {key: value for key, value in attributes.items() if value}
    customer.updated_at = at
    customer.save(update_fields=["attributes", "updated_at"])
    golden.note_typed(customer, at=at)
    golden.refresh([customer.pk], at=at)
    record("customer.updated", customer.pk, by=by, at=at, fields=sorted(values))
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


@transaction.atomic
def relate(
    *, customer_id: int, other_id: int, kind: RelationKind, by: Actor, at: datetime
) -> Relation:
    """Note what one customer is to another: its contact, subsidiary, driver or family."""
    customer, other = editable(customer_id, by, at), survivor_of(other_id)
    if customer.pk == other:
        raise RelatedToItself
    if not Customer.objects.filter(pk=other).exists():
        raise CustomerUnknown
    found, is_new = Relation.objects.get_or_create(
        customer=customer, other_id=other, kind=kind, defaults={"created_at": at}
    )
    if is_new:
        record("customer.related", customer.pk, by=by, at=at, other=other, kind=kind)
    return found


@transaction.atomic
def add_contract(*, customer_id: int, new: NewContract, by: Actor, at: datetime) -> Contract:
    """Write a contract down."""
    customer = editable(customer_id, by, at)
    if new.ends_date is not None and new.ends_date < new.starts_date:
        raise ContractEndsTooEarly(fields={"ends_date": ContractEndsTooEarly.message})
    if Contract.objects.filter(number=new.number).exists():
        raise ContractNumberTaken(fields={"number": ContractNumberTaken.message})
    made = Contract.objects.create(customer=customer, created_at=at, **_columns(new))
    record("contract.added", customer.pk, by=by, at=at, number=made.number)
    return made


def _columns(new: NewContract) -> dict[str, Any]:
    return {name: getattr(new, name) for name in NewContract.__dataclass_fields__}


def _set_state(customer: Customer, state: LifeState, reason: str, at: datetime) -> None:
    customer.state, customer.lost_reason = state, reason
    customer.lost_at = at if state == LifeState.LOST else None
    customer.save(update_fields=["state", "lost_reason", "lost_at"])
