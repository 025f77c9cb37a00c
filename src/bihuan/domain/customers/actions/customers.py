"""Write down customers, and change what is known of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bihuan.domain.customers import queries
from bihuan.domain.customers.actions import golden
from bihuan.domain.customers.actions.holding import hold_standing
from bihuan.domain.customers.actions.owning import give_to
from bihuan.domain.customers.choices import ContactKind, CustomerKind, LifeState, Tier
from bihuan.domain.customers.models import Account, ContactPoint, Customer
from bihuan.domain.customers.queries import CustomerUnknown
from bihuan.domain.customers.queries.reach import Place, binds_in, reach_of
from bihuan.domain.customers.rules.records import match_key, searched_by
from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org import queries as org
from bihuan.domain.org.ports import Access
from bihuan.kit import db
from bihuan.kit.inserting import insert
from bihuan.kit.masking import mask_text
from bihuan.kit.notation import code_norm, name_norm, read_phone
from bihuan.kit.problems import Invalid, Refused

AT_ONCE = 1000  # rows a statement; a statement takes 65,535 values at most
_WHOSE = """
select customer_id, name_norm from customers_contactpoint p join customers_customer c on c.id = customer_id
where p.kind = %s and value_norm = %s and unit_id = %s and merged_into_id is null order by 1
"""


class NameMissing(Invalid):
    """A customer needs a name."""

    message = "请填写客户姓名或单位名称。"


class ContactEmpty(Invalid):
    """A contact point needs a value."""

    message = "联系方式不能为空。"


class AccountNumberTaken(Refused):
    """The account belongs to another customer."""

    message = "这个户号已属于另一位客户。"


class AccountNumberUnusable(Invalid):
    """An account number is made of letters, digits and dashes."""

    message = "户号只能由字母、数字和短横组成。"


@dataclass(frozen=True, slots=True)
class Contact:
    """A way to reach a customer, as written down. The first of its kind becomes the primary one."""

    kind: ContactKind
    value: str


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account, as written down."""

    number: str
    kind: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """What is known of a customer. Not all of it need be."""

    name: str
    unit_id: int
    kind: CustomerKind = CustomerKind.PERSON
    tier: Tier = Tier.NORMAL
    note: str = ""
    contacts: Sequence[Contact] = ()
    accounts: Sequence[NewAccount] = ()
    state: LifeState = LifeState.CUSTOMER


@dataclass(frozen=True, slots=True)
class Changes:
    """What to write over; None leaves as it is."""

    name: str | None = None
    kind: CustomerKind | None = None
    tier: Tier | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class FoundOrCreated:
    """A customer by phone; `others` share the number and are surfaced, never merged."""

    customer_id: int
    is_new: bool
    others: tuple[int, ...] = ()


@transaction.atomic
def look_up(
    *, access: Access, text: str, size: int = 20, by: Actor, at: datetime
) -> list[queries.CustomerRow]:
    """Search the customers as `queries.search` does, and leave a fact that somebody did (SEC-01).

    The fact holds what was asked, numbers masked, and how many were found.
    """
    org.authorise(by, "customer.view", at=at)
    found = queries.search(access, text, size)
    data = {"text": mask_text(text.strip())[:80], "found": len(found)}
    ledger.record(Fact("customer.searched", by.ref, by.ref, at, by, data=data))
    return found


@transaction.atomic
def create_customer(*, new: NewCustomer, by: Actor, at: datetime) -> Customer:
    """Write a new customer down."""
    org.authorise(by, "customer.edit", new.unit_id, at=at)
    org.unit(new.unit_id)
    return _create(new, by=by, at=at)


def find_or_create_by_phone(
    *, phone: str, new: NewCustomer, by: Actor, at: datetime
) -> FoundOrCreated:
    """Return the customer of the unit who has this number, or write `new` down with it.

    Among several the one with the same name wins, else the oldest. Two callers with one new number
    at the same moment make one customer. Whoever may open cases may do this (CUS-08).
    """
    with db.atomic():
        return _find_or_create(Contact(ContactKind.PHONE, phone), new, by, at)


def find_or_create_by_mail(
    *, address: str, new: NewCustomer, by: Actor, at: datetime
) -> FoundOrCreated:
    """Return the customer of the unit who has this mail address, or write `new` down with it.

    As `find_or_create_by_phone` in everything else.
    """
    with db.atomic():
        return _find_or_create(Contact(ContactKind.EMAIL, address), new, by, at)


def _find_or_create(contact: Contact, new: NewCustomer, by: Actor, at: datetime) -> FoundOrCreated:
    org.authorise(by, "case.open", new.unit_id, at=at)
    norm, _ = normalised(contact)
    lock = f"customer {contact.kind.lower()} {norm}"
    db.run("select pg_advisory_xact_lock(hashtext(%s))", (lock,))
    found = db.rows(_WHOSE, (contact.kind, norm, new.unit_id))
    if found:
        wanted = name_norm(new.name)
        chosen = next((one for one, name in found if name == wanted), found[0][0])
        others = tuple(one for one, _ in found if one != chosen)
        return FoundOrCreated(chosen, is_new=False, others=others)
    contacts = (contact, *new.contacts)
    with_contact = NewCustomer(
        name=new.name or "未留姓名",
        unit_id=new.unit_id,
        kind=new.kind,
        tier=new.tier,
        note=new.note,
        contacts=contacts,
        accounts=new.accounts,
    )
    return FoundOrCreated(_create(with_contact, by=by, at=at).pk, is_new=True)


@transaction.atomic
def import_customers(*, new: Sequence[NewCustomer], by: Actor, at: datetime) -> dict[str, int]:
    """Write many customers down at once and return their ids by account number.

    Each has exactly one account, by which a repeated import knows them again: those who are there
    already stay as they are.
    """
    numbered = {code_norm(one.accounts[0].number): one for one in new}
    known = dict(Account.objects.filter(number__in=numbered).values_list("number", "customer_id"))
    missing = {number: one for number, one in numbered.items() if number not in known}
    for unit_id in {one.unit_id for one in missing.values()}:
        org.authorise(by, "customer.edit", unit_id, at=at)
    made = Customer.objects.bulk_create(
        [_imported(one, at) for one in missing.values()], batch_size=AT_ONCE
    )
    found = {number: one.pk for number, one in zip(missing, made, strict=True)}
    Account.objects.bulk_create(
        (
            Account(
                customer_id=found[number],
                number=number,
                kind=one.accounts[0].kind,
                address=one.accounts[0].address,
                unit_id=one.unit_id,
                created_at=at,
            )
            for number, one in missing.items()
        ),
        batch_size=AT_ONCE,
    )
    ledger.record_many(
        Fact("customer.created", f"customer:{one.pk}", f"customer:{one.pk}", at, by) for one in made
    )
    return {**known, **found}


@transaction.atomic
def update_customer(*, customer_id: int, changes: Changes, by: Actor, at: datetime) -> Customer:
    """Change what is known of a customer; the fact names the fields, never their contents."""
    customer = editable(customer_id, by, at)
    wanted = {
        "name": changes.name,
        "kind": changes.kind,
        "tier": changes.tier,
        "note": changes.note,
    }
    changed = [
        field
        for field, value in wanted.items()
        if value is not None and getattr(customer, field) != value
    ]
    for field in changed:
        setattr(customer, field, wanted[field])
    if not changed:
        return customer
    customer.name_norm = _name(customer.name)
    customer.updated_at = at
    customer.save()
    golden.note_typed(customer, at=at)
    golden.refresh([customer.pk], at=at)
    record("customer.updated", customer.pk, by=by, at=at, fields=changed)
    return customer


@transaction.atomic
def add_account(*, customer_id: int, account: NewAccount, by: Actor, at: datetime) -> Account:
    """Give a customer an account."""
    customer = editable(customer_id, by, at)
    added = _account(customer, account, at)
    record("account.added", customer.pk, by=by, at=at, number=added.number)
    return added


def _create(new: NewCustomer, *, by: Actor, at: datetime) -> Customer:
    customer = insert(_imported(new, at))
    if by.staff_id is not None and binds_in(org.tree(), new.unit_id):
        # Who takes the first call looks after the customer until a manager says otherwise.
        give_to([customer.pk], by.staff_id, why="建档人", by=by, at=at)
    for point in _points(customer, new.contacts, at):
        insert(point)
    for account in new.accounts:
        _account(customer, account, at)
    record("customer.created", customer.pk, by=by, at=at, kind=str(new.kind))
    return customer


def _points(customer: Customer, contacts: Sequence[Contact], at: datetime) -> list[ContactPoint]:
    """Return the contact points of a new customer: each once, the first of a kind the primary one."""
    found: dict[tuple[str, str], ContactPoint] = {}
    for contact in contacts:
        value_norm, last4 = normalised(contact)
        is_first = all(kind != contact.kind for kind, _ in found)
        point = ContactPoint(
            customer=customer,
            kind=contact.kind,
            value=contact.value.strip(),
            value_norm=value_norm,
            last4=last4,
            is_primary=is_first,
            created_at=at,
        )
        found.setdefault((contact.kind, value_norm), point)
    return list(found.values())


def _imported(new: NewCustomer, at: datetime) -> Customer:
    pinyin, initials = searched_by(new.name)
    return Customer(
        kind=new.kind,
        name=new.name.strip(),
        name_norm=_name(new.name),
        name_pinyin=pinyin,
        name_initials=initials,
        match_key=match_key(new.kind, new.name, ""),
        tier=new.tier,
        unit_id=new.unit_id,
        note=new.note,
        state=new.state,
        created_at=at,
        updated_at=at,
    )


def editable(customer_id: int, by: Actor, at: datetime) -> Customer:
    """Return a standing customer whom this actor may change, locked."""
    [customer] = hold_standing(customer_id)
    access = org.authorise(by, "customer.edit", customer.unit_id, at=at)
    if access is not None and not within(access, customer):
        raise CustomerUnknown
    return customer


def within(access: Access, customer: Customer) -> bool:
    """Tell whether a file is one that a person sees."""
    return reach_of(access).holds(customer.pk, Place(customer.unit_id, customer.owner_id))


def _name(name: str) -> str:
    norm = name_norm(name)
    if not norm:
        raise NameMissing(fields={"name": NameMissing.message})
    return norm


def normalised(contact: Contact) -> tuple[str, str]:
    """Return the compared form of a contact and the digits that stay visible."""
    if contact.kind == ContactKind.PHONE:
        phone = read_phone(contact.value)
        return phone.norm, phone.last4
    norm = name_norm(contact.value)
    if not norm:
        raise ContactEmpty(fields={"value": ContactEmpty.message})
    return norm, ""


def _account(customer: Customer, account: NewAccount, at: datetime) -> Account:
    number = code_norm(account.number)
    if not number:
        raise AccountNumberUnusable(fields={"account": AccountNumberUnusable.message})
    if Account.objects.filter(number=number).exists():
        raise AccountNumberTaken(fields={"account": AccountNumberTaken.message})
    return Account.objects.create(
        customer=customer,
        number=number,
        kind=account.kind,
        address=account.address,
        unit_id=customer.unit_id,
        created_at=at,
    )


def record(fact: str, customer_id: int, /, *, by: Actor, at: datetime, **data: object) -> None:
    """Leave a fact about a customer."""
    ref = f"customer:{customer_id}"
    ledger.record(Fact(fact, ref, ref, at, by, data=data))
