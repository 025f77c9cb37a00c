"""Whom customers belong to and what was agreed with them: relations and contracts, noted, changed and ended."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.db import transaction
from django.db.models import Q

from bihuan.domain.customers.actions.customers import editable, record, within
from bihuan.domain.customers.actions.holding import hold_standing
from bihuan.domain.customers.choices import RelationKind
from bihuan.domain.customers.models import Contract, Customer, Relation
from bihuan.domain.customers.queries import CustomerUnknown
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import queries as org
from bihuan.kit.problems import Invalid, NotAllowed, NotFound, Refused

EDIT: Final = "customer.edit"


class RelatedToItself(Invalid):
    """Nobody is related to themselves."""

    message = "不能与自己建立关系。"


class RelationUnknown(NotFound):
    """There is no such relation, or it was taken away."""

    message = "没有这条关系，可能已被删去。"


class ContractUnknown(NotFound):
    """There is no such contract."""

    message = "没有这份合同。"


class ContractIncomplete(Invalid):
    """A contract has a number and a title."""

    message = "合同要有编号和名称。"


class ContractNumberTaken(Refused):
    """There is a contract of this number."""

    message = "已有这个编号的合同。"


class ContractEndsTooEarly(Invalid):
    """A contract ends on or after the day it starts."""

    message = "合同到期日不能早于开始日。"


class AmountNegative(Invalid):
    """Nobody agrees on less than nothing."""

    message = "合同金额不能是负数。"


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
def relate(
    *, customer_id: int, other_id: int, kind: RelationKind, note: str = "", by: Actor, at: datetime
) -> Relation:
    """Note what one customer is to another: its contact, subsidiary, driver or family.

    One that is noted already is returned as it is. The actor sees both files and may change one of them.
    """
    customer, other = _both(hold_standing(customer_id, other_id), by, at)
    same = Q(customer=customer, other=other)
    if kind == RelationKind.HOUSEHOLD:  # holds both ways
        same |= Q(customer=other, other=customer)
    found = Relation.objects.filter(same, kind=kind).first()
    if found is not None:
        return found
    made = Relation.objects.create(
        customer=customer, other=other, kind=kind, note=note.strip()[:100], created_at=at
    )
    for one, whom in ((customer, other), (other, customer)):
        record("customer.related", one.pk, by=by, at=at, other=whom.pk, kind=kind)
    return made


@transaction.atomic
def unrelate(*, customer_id: int, relation_id: int, by: Actor, at: datetime) -> Relation:
    """Take a relation away, from either side; what is returned is enough to note it again."""
    customer = editable(customer_id, by, at)
    of_theirs = Q(customer=customer) | Q(other=customer)
    found = Relation.objects.select_for_update().filter(of_theirs, pk=relation_id).first()
    if found is None:
        raise RelationUnknown
    found.delete()
    for one, whom in ((found.customer_id, found.other_id), (found.other_id, found.customer_id)):
        record("customer.unrelated", one, by=by, at=at, other=whom, kind=found.kind)
    return found


@transaction.atomic
def add_contract(*, customer_id: int, new: NewContract, by: Actor, at: datetime) -> Contract:
    """Write a contract down."""
    customer = editable(customer_id, by, at)
    new = _checked(new)
    if Contract.objects.filter(number=new.number).exists():
        raise ContractNumberTaken(fields={"number": ContractNumberTaken.message})
    made = Contract.objects.create(customer=customer, created_at=at, **asdict(new))
    record("contract.added", customer.pk, by=by, at=at, contract=made.pk, number=made.number)
    return made


@transaction.atomic
def change_contract(
    *, contract_id: int, new: NewContract, keep: Collection[str] = (), by: Actor, at: datetime
) -> Contract:
    """Write a contract anew but for the fields to `keep`; the fact tells each day and amount before and after."""
    contract = _contract(contract_id, by, at)
    new = _checked(replace(new, **{name: getattr(contract, name) for name in keep}))
    if Contract.objects.filter(number=new.number).exclude(pk=contract_id).exists():
        raise ContractNumberTaken(fields={"number": ContractNumberTaken.message})
    before = {name: getattr(contract, name) for name in asdict(new)}
    changed = {name: value for name, value in asdict(new).items() if value != before[name]}
    if not changed:
        return contract
    for name, value in changed.items():
        setattr(contract, name, value)
    contract.save(update_fields=list(changed))
    told = {
        name: [_told(before[name]), _told(value)]
        for name, value in changed.items()
        if name not in ("title", "terms")
    }
    record(
        "contract.changed",
        contract.customer_id,
        contract=contract.pk,
        fields=sorted(changed),
        changes=told,
        by=by,
        at=at,
    )
    return contract


@transaction.atomic
def end_contract(
    *, contract_id: int, ends_date: date, reason: str, by: Actor, at: datetime
) -> Contract:
    """End a contract with a day, before its time or where it had none; the day still belongs to it."""
    contract = _contract(contract_id, by, at)
    if ends_date < contract.starts_date:
        raise ContractEndsTooEarly(fields={"ends_date": ContractEndsTooEarly.message})
    before, contract.ends_date = contract.ends_date, ends_date
    contract.save(update_fields=["ends_date"])
    record(
        "contract.ended",
        contract.customer_id,
        contract=contract.pk,
        before=_told(before),
        ends=_told(ends_date),
        said=reason.strip(),
        by=by,
        at=at,
    )
    return contract


def _checked(new: NewContract) -> NewContract:
    texts = {name: getattr(new, name).strip() for name in ("number", "title", "terms")}
    missing = {name: "请填写" for name in ("number", "title") if not texts[name]}
    if missing:
        raise ContractIncomplete(fields=missing)
    if new.ends_date is not None and new.ends_date < new.starts_date:
        raise ContractEndsTooEarly(fields={"ends_date": ContractEndsTooEarly.message})
    if new.amount is not None and new.amount < 0:
        raise AmountNegative(fields={"amount": AmountNegative.message})
    return NewContract(**{**asdict(new), **texts})


def _contract(contract_id: int, by: Actor, at: datetime) -> Contract:
    """Return a contract of a customer whom this actor may change, locked by the customer's row."""
    found = Contract.objects.filter(pk=contract_id).first()
    if found is None:
        raise ContractUnknown
    editable(found.customer_id, by, at)
    found.refresh_from_db()
    return found


def _both(files: Sequence[Customer], by: Actor, at: datetime) -> tuple[Customer, Customer]:
    """Ask of two customers that are held whether this actor may relate them."""
    one, other = files
    if one.pk == other.pk:
        raise RelatedToItself
    access = org.authorise(by, EDIT, at=at)
    if access is not None:
        if not all(within(access, row) for row in files):
            raise CustomerUnknown
        if not any(access.may(EDIT, row.unit_id) for row in files):
            raise NotAllowed
    return one, other


def _told(value: object) -> str | None:
    return None if value is None else str(value)
