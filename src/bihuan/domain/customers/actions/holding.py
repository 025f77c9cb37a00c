"""Files are locked in one order by everybody: by their ids, and before any row that belongs to them (decision 0384)."""

from collections.abc import Callable, Iterable
from typing import Final

from django.db import transaction

from bihuan.domain.customers.models import Customer
from bihuan.domain.customers.queries import CustomerUnknown, survivor_of
from bihuan.kit import db

_LOCK: Final = "select id from customers_customer where id = any(%s) order by id for no key update"


def hold(which: Callable[[], Iterable[int]]) -> list[int]:
    """Lock the files that `which` names until the caller's transaction ends, and return them in its order.

    While we waited the answer may have become another one: somebody merged. Then what was locked is let go and
    asked again (decision 0368), so nobody keeps a later file while waiting for an earlier one. Ids of no file are
    returned as well.
    """
    wanted = list(which())
    while True:
        before = transaction.savepoint()
        db.run(_LOCK, (sorted(set(wanted)),))
        found = list(which())
        if set(found) <= set(wanted):
            transaction.savepoint_commit(before)
            return found
        transaction.savepoint_rollback(before)
        wanted = found


def hold_standing(*customer_ids: int) -> list[Customer]:
    """Lock the files that these go on in, and return them in this order. One unknown is refused."""
    return files_of(hold(lambda: [survivor_of(one) for one in customer_ids]))


def files_of(customer_ids: Iterable[int]) -> list[Customer]:
    """Return files that are held, in this order. One unknown is refused."""
    ids = list(customer_ids)
    found = Customer.objects.in_bulk(ids)
    if len(found) < len(set(ids)):
        raise CustomerUnknown
    return [found[one] for one in ids]
