"""A file opened to somebody for a while, and closed again. Who may decide that is asked by whoever calls."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bihuan.domain.customers.choices import GrantKind
from bihuan.domain.customers.models import Customer, FileGrant
from bihuan.domain.customers.queries import CustomerUnknown
from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.kit.problems import NotFound


class GrantUnknown(NotFound):
    """There is no such grant, or it is over."""

    message = "这份授权不存在或已经结束。"


@dataclass(frozen=True, slots=True)
class NewGrant:
    """To whom a file is opened, why, and until when."""

    customer_id: int
    staff_id: int
    kind: GrantKind
    purpose: str
    until: datetime


@transaction.atomic
def open_to(*, new: NewGrant, by: Actor, at: datetime) -> FileGrant:
    """Open a file to one person from `at` on; the fact names both and the purpose."""
    if not Customer.objects.filter(pk=new.customer_id).exists():
        raise CustomerUnknown
    made = FileGrant.objects.create(
        customer_id=new.customer_id,
        staff_id=new.staff_id,
        kind=new.kind,
        purpose=new.purpose[:200],
        given_by=by.ref,
        granted_from=at,
        granted_until=new.until,
    )
    data = {"grant": made.pk, "staff": new.staff_id, "kind": new.kind, "until": new.until}
    _record("customer.opened_to", made, new.purpose, data, by=by, at=at)
    return made


@transaction.atomic
def close_grant(*, grant_id: int, reason: str, by: Actor, at: datetime) -> bool:
    """Take a grant back before its time; False where it was over already."""
    found = FileGrant.objects.select_for_update().filter(pk=grant_id).first()
    if found is None:
        raise GrantUnknown
    if found.ended_at is not None or found.granted_until <= at:
        return False
    found.ended_at, found.ended_by = at, by.ref
    found.save(update_fields=["ended_at", "ended_by"])
    data = {"grant": found.pk, "staff": found.staff_id}
    _record("customer.closed_to", found, reason, data, by=by, at=at)
    return True


def _record(
    name: str,
    grant: FileGrant,
    reason: str,
    data: Mapping[str, object],
    /,
    *,
    by: Actor,
    at: datetime,
) -> None:
    ref = f"customer:{grant.customer_id}"
    ledger.record(Fact(name, ref, ref, at, by, reason=reason, data=data))
