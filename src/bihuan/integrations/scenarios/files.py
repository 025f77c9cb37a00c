"""Demo customers, written down once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bihuan.domain.customers import actions as customers
from bihuan.domain.customers.choices import ContactKind, CustomerKind, Tier
from bihuan.domain.customers.queries.blocking import account_owners
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import queries as org
from bihuan.kit.notation import code_norm

BY = Actor("system:demo")


def write_down(row: Mapping[str, Any], at: datetime) -> customers.FoundOrCreated:
    """Write a customer down. Who has the row's account already is that customer, whatever was changed of the file since."""
    address, number = str(row["address"]), str(row["account"])
    if known := account_owners([code_norm(number)]):
        return customers.FoundOrCreated(next(iter(known.values())), is_new=False)
    new = customers.NewCustomer(
        name=row["name"],
        unit_id=org.unit_by_code(row["unit"]).id,
        kind=CustomerKind(row["kind"]),
        tier=Tier(row.get("tier", Tier.NORMAL)),
        contacts=[customers.Contact(ContactKind.ADDRESS, address)],
        accounts=[customers.NewAccount(number, address=address)],
    )
    return customers.find_or_create_by_phone(phone=str(row["phone"]), new=new, by=BY, at=at)
