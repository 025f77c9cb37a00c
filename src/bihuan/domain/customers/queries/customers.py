"""Finding customers. What the asker may not see is masked here, before it leaves."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count, Prefetch, Q, QuerySet

from bihuan.domain.customers.choices import ContactKind, CustomerKind, LifeState, LostReason, Tier
from bihuan.domain.customers.models import Account, ContactPoint, Customer
from bihuan.domain.customers.queries.finding import Step, has_phone, steps
from bihuan.domain.customers.queries.reach import Place, reach_of
from bihuan.domain.customers.queries.reading import read_search
from bihuan.domain.org.ports import Access
from bihuan.kit import db
from bihuan.kit.masking import mask_mail, mask_phone, mask_text
from bihuan.kit.notation import NotAPhone, name_norm, read_phone
from bihuan.kit.paging import Page, keyset
from bihuan.kit.planning import planned_by_value
from bihuan.kit.problems import NotFound

MOST_FOUND: Final = 50
MOST_LOOKED_AT: Final = 400
_COLUMNS = [
    *("id", "kind", "name", "tier", "unit_id", "owner_id", "note", "merged_into_id"),
    *("created_at", "updated_at"),
]
_POINT = ("id", "kind", "value", "value_norm", "is_primary")
_ACCOUNT = ("id", "number", "kind", "address")
# The whole card in one statement: the head of every case page shows one.
_CARD = f"""
select {", ".join(_COLUMNS)},
    (select json_agg(json_build_array({", ".join(_POINT)}) order by is_primary desc, id)
     from customers_contactpoint where customer_id = c.id),
    (select json_agg(json_build_array({", ".join(_ACCOUNT)}) order by id)
     from customers_account where customer_id = c.id)
from customers_customer c where id = %s
"""  # noqa: S608 -- our own columns

_SURVIVORS = """
with recursive chain(begun, id, next) as (
    select id, id, merged_into_id from customers_customer where id = any(%s)
    union select begun, c.id, c.merged_into_id from chain join customers_customer c on c.id = chain.next
) select begun, id from chain where next is null
"""


class CustomerUnknown(NotFound):
    """There is no such customer, or not in the asker's part of the organisation."""

    message = "没有找到这位客户，或不在您的查看范围内。"


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One way to reach a customer; `value` is as this asker may see it, `masked` for any eye.

    `has_number` tells that the whole of it is shown by `actions.reveal_phone` only.
    """

    id: int
    kind: str
    value: str
    masked: str
    is_masked: bool
    has_number: bool
    is_primary: bool


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account."""

    id: int
    number: str
    kind: str
    address: str


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer in a list: just enough to tell one from another. The phone is masked for everybody."""

    id: int
    name: str
    kind: str
    tier: str
    unit_id: int
    phone: str
    account_number: str
    address: str


@dataclass(frozen=True, slots=True)
class CustomerCard:
    """Everything about one customer that this asker may see."""

    id: int
    name: str
    kind: str
    kind_title: str
    tier: str
    tier_title: str
    unit_id: int
    note: str
    sees_phone: bool
    contacts: tuple[ContactRow, ...]
    accounts: tuple[AccountRow, ...]
    created_at: datetime
    updated_at: datetime

    @property
    def phone(self) -> str:
        """Return the first phone, as this asker may see it, or nothing."""
        return next((row.value for row in self.contacts if row.kind == ContactKind.PHONE), "")

    @property
    def phone_masked(self) -> str:
        """Return the first phone as any page may show it, or nothing."""
        return next((row.masked for row in self.contacts if row.kind == ContactKind.PHONE), "")


def survivor_of(customer_id: int) -> int:
    """Return the customer that goes on where this one was merged, however often; itself where it was not."""
    return survivors_of([customer_id])[customer_id]


def survivors_of(customer_ids: Collection[int]) -> dict[int, int]:
    """Return of each customer the one that goes on."""
    found = dict(db.rows(_SURVIVORS, (list(customer_ids),)))
    return {one: found.get(one, one) for one in customer_ids}


def phone_behind(customer_id: int, shown: str) -> str:
    """Return the customer's number that is shown masked as `shown`, else `shown` itself.

    For keeping what comes back from a form, never for showing.
    """
    points = ContactPoint.objects.filter(customer_id=customer_id, kind=ContactKind.PHONE)
    return next((one.value for one in points.order_by("id") if _hidden(one) == shown), shown)


def customer_list(
    access: Access, *, state: str = "", after: str = "", before: str = "", size: int = 50
) -> Page[CustomerRow]:
    """Return the customers in the asker's subtrees by name, a page at a time; all, or those in one `LifeState`."""
    found = _visible(access).filter(**{"state": state} if state else {})
    page = keyset(found, order=("name_norm", "id"), after=after, before=before, size=size)
    return page.map(lambda customer: _row(customer, access))


def lost_reasons(access: Access) -> list[tuple[str, int]]:
    """Return why those customers left whom the asker sees, the commonest reason first (CUS-20)."""
    lost = _in_scope(access).filter(state=LifeState.LOST)
    counted = lost.values_list("lost_reason").annotate(count=Count("pk")).order_by("-count")
    return [(LostReason(reason).label, count) for reason, count in counted]


def search(access: Access, text: str, size: int = 20) -> list[CustomerRow]:
    """Return customers whose name, pinyin, initials, phone (full, masked or its end) or account fits.

    Exact fits of a phone or account come first, then names that begin with the text, then names that
    contain it. At most `MOST_FOUND`; of what very many have in common no more than a part is looked at.
    """
    size = max(1, min(size, MOST_FOUND))
    found: list[int] = []
    mine = _in_scope(access)
    with planned_by_value():
        for step in steps(read_search(text)):
            if len(found) >= size:
                break
            found = list(dict.fromkeys([*found, *_fitting(mine, step, size)]))[:size]
    customers = _with_details(Customer.objects.filter(pk__in=found)).in_bulk() if found else {}
    return [_row(customers[one], access) for one in found]


def _fitting(customers: QuerySet[Customer], step: Step, size: int) -> QuerySet[Customer, int]:
    """Return the ids of the first customers that fit: in the order of the index that finds them, or by name."""
    some = customers.filter(step.condition)
    if not step.order:
        # Half of all customers may be a 有限公司: look no further than a few hundred.
        some = Customer.objects.filter(pk__in=some.values("pk")[:MOST_LOOKED_AT])
    return some.order_by(*(step.order or ("name_norm", "id"))).values_list("pk", flat=True)[:size]


def file_number(customer_id: int) -> str:
    """Return the number a file is called by: C-000123."""
    return f"C-{customer_id:06d}"


def customer_card(access: Access, customer_id: int) -> CustomerCard:
    """Return one customer, or refuse with CustomerUnknown."""
    row = db.one(_CARD, (customer_id,))
    if row is None:
        raise CustomerUnknown
    customer = Customer.from_db(None, _COLUMNS, row[:-2])
    if customer.merged_into_id is not None:
        return customer_card(access, survivor_of(customer_id))
    if not reach_of(access).holds(customer_id, Place(customer.unit_id, customer.owner_id)):
        raise CustomerUnknown
    contacts = [ContactPoint(**dict(zip(_POINT, one, strict=True))) for one in row[-2] or ()]
    accounts = [Account(**dict(zip(_ACCOUNT, one, strict=True))) for one in row[-1] or ()]
    return _card(customer, contacts, accounts, access)


def with_phone(phone: str, access: Access) -> list[CustomerRow]:
    """Return every customer the asker may see who has this number: duplicates are shown, not merged."""
    norm = read_phone(phone).norm
    found = _visible(access).filter(has_phone(Q(value_norm=norm))).order_by("id")
    return [_row(customer, access) for customer in found[:MOST_FOUND]]


def duplicates_of(access: Access, customer_id: int) -> list[CustomerRow]:
    """Return the other customers that share a phone with this one."""
    customer = _one(access, customer_id)
    norms = [c.value_norm for c in customer.contacts.all() if c.kind == ContactKind.PHONE]
    found = _visible(access).filter(has_phone(Q(value_norm__in=norms))).exclude(pk=customer_id)
    return [_row(other, access) for other in found.order_by("id")[:MOST_FOUND]]


def names_of(customer_ids: Iterable[int]) -> dict[int, str]:
    """Return names by id, in one query. The caller answers for the asker's right to see them."""
    wanted = set(customer_ids)
    found = Customer.objects.filter(pk__in=wanted).values_list("pk", "name") if wanted else ()
    return dict(found)


def known_by_phone(phones: Iterable[str]) -> dict[str, int]:
    """Return for each of some numbers the customer who has it, the oldest of several; unknown ones are left out.

    The caller answers for the asker's right to know.
    """
    norms = {_norm_or_empty(phone): phone for phone in phones if phone}
    found = ContactPoint.objects.filter(
        kind=ContactKind.PHONE,
        value_norm__in=norms.keys() - {""},
        customer__merged_into__isnull=True,
    )
    pairs = found.order_by("-customer_id").values_list("value_norm", "customer_id")
    return {norms[norm]: customer_id for norm, customer_id in pairs}


def _norm_or_empty(phone: str) -> str:
    try:
        return read_phone(phone).norm
    except NotAPhone:
        return ""


def whose_mail(address: str) -> list[int]:
    """Return the ids of all customers who have this mail address; for matching, never for showing."""
    norm = name_norm(address)
    if not norm:
        return []
    points = ContactPoint.objects.filter(
        kind=ContactKind.EMAIL, value_norm=norm, customer__merged_into__isnull=True
    )
    return list(points.order_by("customer_id").values_list("customer_id", flat=True))


def mail_address_of(customer_id: int) -> str:
    """Return where a customer gets mail, empty for nowhere. The caller answers for the asker's right."""
    points = ContactPoint.objects.filter(customer_id=customer_id, kind=ContactKind.EMAIL)
    found = points.order_by("-is_primary", "id").values_list("value", flat=True).first()
    return found or ""


def shown_phone(access: Access, phone: str, unit_id: int | None = None) -> str:
    """Return a phone number as this asker may see it in a unit (anywhere when None)."""
    return phone if access.may("customer.see_phone", unit_id) else mask_phone(phone)


def _one(access: Access, customer_id: int) -> Customer:
    found = _visible(access).filter(pk=customer_id).first()
    if found is None:
        raise CustomerUnknown
    return found


def _visible(access: Access) -> QuerySet[Customer]:
    return _with_details(_in_scope(access))


def _in_scope(access: Access) -> QuerySet[Customer]:
    """Begin every question here: nobody sees beyond their reach."""
    return Customer.objects.filter(reach_of(access).condition(), merged_into__isnull=True)


def _with_details(customers: QuerySet[Customer]) -> QuerySet[Customer]:
    contacts = ContactPoint.objects.order_by("-is_primary", "id")
    accounts = Account.objects.order_by("id")
    return customers.prefetch_related(
        Prefetch("contacts", contacts), Prefetch("accounts", accounts)
    )


def _row(customer: Customer, access: Access) -> CustomerRow:
    contacts = list(customer.contacts.all())
    accounts = list(customer.accounts.all())
    phone = next((c for c in contacts if c.kind == ContactKind.PHONE), None)
    address = next((c.value for c in contacts if c.kind == ContactKind.ADDRESS), "")
    return CustomerRow(
        id=customer.pk,
        name=_free(customer.name, customer, access),
        kind=customer.kind,
        tier=customer.tier,
        unit_id=customer.unit_id,
        phone=_hidden(phone) if phone else "",
        account_number=accounts[0].number if accounts else "",
        address=_free(address or (accounts[0].address if accounts else ""), customer, access),
    )


def _card(
    customer: Customer,
    contacts: Sequence[ContactPoint],
    accounts: Sequence[Account],
    access: Access,
) -> CustomerCard:
    return CustomerCard(
        id=customer.pk,
        name=_free(customer.name, customer, access),
        kind=customer.kind,
        kind_title=CustomerKind(customer.kind).label,
        tier=customer.tier,
        tier_title=Tier(customer.tier).label,
        unit_id=customer.unit_id,
        note=_free(customer.note, customer, access),
        sees_phone=_sees(customer, access),
        contacts=tuple(_contact(point, customer, access) for point in contacts),
        accounts=tuple(
            AccountRow(a.pk, a.number, a.kind, _free(a.address, customer, access)) for a in accounts
        ),
        created_at=customer.created_at,
        updated_at=customer.updated_at,
    )


def _sees(customer: Customer, access: Access) -> bool:
    return access.may("customer.see_phone", customer.unit_id)


def _contact(point: ContactPoint, customer: Customer, access: Access) -> ContactRow:
    seen = _sees(customer, access)
    return ContactRow(
        id=point.pk,
        kind=point.kind,
        value=_shown(point) if seen else _hidden(point),
        masked=_hidden(point),
        is_masked=not seen and point.kind != ContactKind.ADDRESS,
        has_number=point.kind == ContactKind.PHONE or _shown(point) != point.value,
        is_primary=point.is_primary,
    )


def _shown(point: ContactPoint) -> str:
    """Return a contact for who may see numbers: one that is a number inside, too, is asked for."""
    names_an_account = point.kind in (ContactKind.EMAIL, ContactKind.WECHAT)
    return mask_text(point.value) if names_an_account else point.value


def _hidden(point: ContactPoint) -> str:
    if point.kind == ContactKind.PHONE:
        digits, _, extension = point.value_norm.partition("x")
        return mask_phone(digits) + (f" 转 {extension}" if extension else "")
    if point.kind == ContactKind.EMAIL:
        return mask_mail(mask_text(point.value))
    if point.kind == ContactKind.WECHAT:
        return f"{point.value[:2]}***"
    return mask_text(point.value)


def _free(text: str, customer: Customer, access: Access) -> str:
    """Return free text; people write numbers into names, notes and addresses, too."""
    return text if _sees(customer, access) else mask_text(text)
