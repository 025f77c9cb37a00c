"""Who looked at which customer, and at what: openings, full numbers, prints, searches, exports (SEC-01)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bihuan.domain.customers.models import Customer
from bihuan.domain.customers.queries.customers import CustomerUnknown, survivor_of
from bihuan.domain.customers.queries.reach import SIGN, places
from bihuan.domain.ledger import queries as ledger
from bihuan.domain.ledger.models import Fact
from bihuan.domain.org import queries as org
from bihuan.domain.org.ports import Access
from bihuan.kit.masking import mask_text
from bihuan.kit.paging import Page
from bihuan.kit.problems import NotAllowed

TITLES: Final = {
    "customer.opened": "打开档案",
    "customer.printed": "打印",
    "customer.phone_seen": "看完整号码",
    "customer.searched": "查找客户",
    "customers.exported": "导出",
    "customer.file_asked_for": "申请调取",
    "customer.opened_to": "授权开放",
    "customer.glass_broken": "紧急调阅",
}
RIGHTS: Final = {
    "OWNER": "名下",
    "UNIT": "本机构",
    "SIGNED": "经理签字",
    "GLASS": "紧急调阅",
    "TASK": "交办",
}


@dataclass(frozen=True, slots=True)
class LookRow:
    """One look: who, when, what, by what right and why; `customer_id` is None for searches and exports."""

    at: datetime
    who: str
    what: str
    customer_id: int | None
    customer: str
    right: str
    why: str


def looks_at(
    access: Access, customer_id: int, *, since: datetime, after: str = "", size: int = 50
) -> Page[LookRow]:
    """Return who looked at a customer, those files that went into it included; for who signs there."""
    standing = survivor_of(customer_id)
    place = places([standing], access.at).get(standing)
    if place is None or not access.may(SIGN, place.unit_id):
        raise CustomerUnknown
    gone = Customer.objects.filter(merged_into_id=standing).values_list("pk", flat=True)
    roots = [f"customer:{one}" for one in (standing, *gone)]
    page = ledger.facts_about_customers(
        roots=roots, names=list(TITLES), since=since, after=after, size=size
    )
    return Page(_rows(page.rows, access), page.next_cursor, page.prev_cursor)


def looks_by(
    access: Access, staff_id: int, *, since: datetime, after: str = "", size: int = 50
) -> Page[LookRow]:
    """Return what one person looked at, as far as the asker signs for those customers."""
    if not access.may(SIGN):
        raise NotAllowed
    page = ledger.facts_about_customers(
        actor=f"staff:{staff_id}", names=list(TITLES), since=since, after=after, size=size
    )
    return Page(_rows(page.rows, access), page.next_cursor, page.prev_cursor)


def _rows(facts: Sequence[Fact], access: Access) -> list[LookRow]:
    people = org.names_of(_key(fact.actor) for fact in facts if fact.actor.startswith("staff:"))
    ids = {_key(fact.root) for fact in facts if fact.root.startswith("customer:")}
    here = places(ids, access.at)
    signed = {key for key, place in here.items() if access.may(SIGN, place.unit_id)}
    named = dict(Customer.objects.filter(pk__in=signed).values_list("pk", "name"))
    return [
        _row(fact, people, named)
        for fact in facts
        if not fact.root.startswith("customer:") or _key(fact.root) in signed
    ]


def _row(fact: Fact, people: dict[int, str], named: dict[int, str]) -> LookRow:
    customer_id = _key(fact.root) if fact.root.startswith("customer:") else None
    said = fact.reason or _text(fact)
    return LookRow(
        at=fact.at,
        who=people.get(_key(fact.actor), "系统") if fact.actor.startswith("staff:") else "系统",
        what=TITLES[fact.name],
        customer_id=customer_id,
        customer=mask_text(named.get(customer_id or 0, "")),
        right=RIGHTS.get(str(fact.data.get("right", "")), ""),
        why=mask_text(said),
    )


def _text(fact: Fact) -> str:
    text = fact.data.get("text")
    return f"查“{text}”，找到 {fact.data.get('found', 0)} 位" if text else ""


def _key(ref: str) -> int:
    kind, _, key = ref.partition(":")
    return int(key) if kind in ("staff", "customer") and key.isdecimal() else 0
