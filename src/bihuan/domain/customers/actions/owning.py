"""Whose customer somebody is, with the whole history: one customer, or many at once (CUS-16, SEC-03)."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from bihuan.domain.customers.models import Customer
from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.kit import db

_END = """
update customers_tenure set owned_until = greatest(owned_from, %(at)s)
where customer_id = any(%(ids)s) and owned_until is null
"""
# Who had an owner before tenures were kept: since the file was made, as far as anybody knows.
_BEFORE = """
insert into customers_tenure (customer_id, staff_id, owned_from, owned_until, by, why)
select c.id, c.owner_id, least(c.created_at, %(at)s), %(at)s, '', ''
from customers_customer c where c.id = any(%(ids)s) and c.owner_id is not null
  and not exists (select from customers_tenure t where t.customer_id = c.id)
"""
_BEGIN = """
insert into customers_tenure (customer_id, staff_id, owned_from, by, why)
select id, %(staff)s, %(at)s, %(by)s, %(why)s from unnest(%(ids)s::bigint[]) as n(id)
"""
_OWN = "update customers_customer set owner_id = %(staff)s where id = any(%(ids)s)"


@transaction.atomic
def give_to(
    customer_ids: Collection[int], staff_id: int | None, *, why: str, by: Actor, at: datetime
) -> dict[int, int | None]:
    """Give customers to one person, or to nobody; return who had each that changed.

    The caller answers for the right to. Whoever has the customer already keeps it, and no fact is written.
    """
    found = Customer.objects.select_for_update(no_key=True).filter(pk__in=customer_ids)
    before = dict(found.order_by("id").values_list("pk", "owner_id"))
    changed: dict[int, int | None] = {
        key: owner for key, owner in before.items() if owner != staff_id
    }
    values = {
        "ids": list(changed),
        "staff": staff_id,
        "at": at,
        "by": by.ref,
        "why": why[:200],
    }
    for statement in (_BEFORE, _END, _BEGIN, _OWN) if changed else ():
        db.run(statement, values)
    ledger.record_many(
        Fact(
            "customer.owner_changed",
            f"customer:{key}",
            f"customer:{key}",
            at,
            by,
            reason=why,
            data={"before": owner, "owner": staff_id},
        )
        for key, owner in changed.items()
    )
    return changed
