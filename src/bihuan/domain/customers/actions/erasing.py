"""A customer made anonymous at their wish: what names or reaches them goes, what must be kept stays (decision 0344)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from bihuan.domain.customers.actions.customers import within
from bihuan.domain.customers.actions.owning import give_to
from bihuan.domain.customers.models import (
    Account,
    ContactPoint,
    Contract,
    Customer,
    FileGrant,
    Identifier,
    Pair,
    Relation,
    SourceRow,
)
from bihuan.domain.customers.ports import ERASERS, Erasure
from bihuan.domain.customers.queries import CustomerUnknown, survivor_of
from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org import queries as org
from bihuan.kit import db
from bihuan.kit.problems import Invalid, Refused

NOBODY: Final = "已匿名客户"
LEAST_REASON: Final = 4
LEAST_WORD: Final = 2
_FAMILY: Final = """
with recursive family(id) as (
    select %s::bigint union select c.id from family join customers_customer c on c.merged_into_id = family.id
) select id from family order by id
"""
# Lines of imports that were not taken in hold whole cells.
_REJECTED: Final = "delete from customers_rejectedrow where cells::text ~ %s"


class StillNeeded(Refused):
    """Something is under way that needs to know who the customer is."""

    message = "还有未了结的事，暂不能匿名化。"


class ErasureReasonMissing(Invalid):
    """Whoever erases says at whose request."""

    message = "写明谁提出、依据什么，至少 4 个字。"


@transaction.atomic
def erase_customer(*, customer_id: int, reason: str, by: Actor, at: datetime) -> bool:
    """Make a customer and all files that went into theirs anonymous, for good; False where that was done already.

    Account numbers, contract numbers, days and amounts, cases with their dates and results, and facts stay.
    """
    standing = survivor_of(customer_id)
    customer = Customer.objects.select_for_update(no_key=True).filter(pk=standing).first()
    if customer is None:
        raise CustomerUnknown
    access = org.authorise(by, "customer.erase", customer.unit_id, at=at)
    if access is not None and not within(access, customer):
        raise CustomerUnknown
    if customer.erased_at is not None:
        return False
    why = reason.strip()
    if len(why) < LEAST_REASON:
        raise ErasureReasonMissing(fields={"reason": ErasureReasonMissing.message})
    ids = tuple(row[0] for row in db.rows(_FAMILY, (standing,)))
    _check_nothing_under_way(ids, at)
    erasure = Erasure(ids, _words(ids), at)
    copies = sum(eraser.erase(erasure) for _name, eraser in ERASERS.items())
    give_to(ids, None, why="匿名化", by=by, at=at)
    counts = _erase(erasure)
    ref = f"customer:{standing}"
    data = {"files": len(ids), "copies": copies, **counts}
    ledger.record(Fact("customer.erased", ref, ref, at, by, reason=why, data=data))
    return True


def _check_nothing_under_way(ids: Sequence[int], at: datetime) -> None:
    today = timezone.localdate(at)
    running = Contract.objects.filter(Q(ends_date__isnull=True) | Q(ends_date__gte=today))
    if running.filter(customer_id__in=ids).exists():
        raise StillNeeded("还有在有效期内的合同，合同终止后才能匿名化。")
    for eraser in ERASERS.values():
        if words := eraser.standing_in_the_way(ids):
            raise StillNeeded(words)


def _words(ids: Sequence[int]) -> tuple[str, ...]:
    """Return every text that names or reaches the customers, the longest first."""
    found: set[str] = set(Customer.objects.filter(pk__in=ids).values_list("name", flat=True))
    for point in ContactPoint.objects.filter(customer_id__in=ids):
        found |= {point.value, point.value_norm}
    found |= set(
        Identifier.objects.filter(customer_id__in=ids).values_list("value_norm", flat=True)
    )
    for values in SourceRow.objects.filter(customer_id__in=ids).values_list("values", flat=True):
        found |= {str(values.get("name") or "")}
        found |= {str(part) for contact in values.get("contacts", []) for part in contact[1:3]}
    usable = {word.strip() for word in found if len(word.strip()) >= LEAST_WORD}
    return tuple(sorted(usable - {NOBODY}, key=lambda word: (-len(word), word)))


def _erase(erasure: Erasure) -> dict[str, int]:
    ids = erasure.customer_ids
    related = Q(customer_id__in=ids) | Q(other_id__in=ids)
    counts = {
        "contacts": ContactPoint.objects.filter(customer_id__in=ids).delete()[0],
        "identifiers": Identifier.objects.filter(customer_id__in=ids).delete()[0],
        "relations": Relation.objects.filter(related).delete()[0],
        "source_rows": SourceRow.objects.filter(customer_id__in=ids).delete()[0],
    }
    Pair.objects.filter(Q(left_id__in=ids) | Q(right_id__in=ids), merge__isnull=True).delete()
    FileGrant.objects.filter(
        customer_id__in=ids, ended_at__isnull=True, granted_until__gt=erasure.at
    ).update(ended_at=erasure.at, ended_by="system:erasure")
    Account.objects.filter(customer_id__in=ids).update(address="")
    Contract.objects.filter(customer_id__in=ids).update(title="合同", terms="")
    _blank_rejected(erasure.words)
    Customer.objects.filter(pk__in=ids).update(
        **dict.fromkeys(("name_pinyin", "name_initials", "match_key", "note"), ""),
        name=NOBODY,
        name_norm=NOBODY,
        attributes={},
        pinned={},
        completeness=0,
        missing=[],
        updated_at=erasure.at,
        erased_at=erasure.at,
    )
    return counts


def _blank_rejected(words: Sequence[str]) -> None:
    """Drop the refused lines of imports that hold one of the customers' numbers; a name alone may be anybody's."""
    numbers = [word for word in words if word.isdecimal() and len(word) >= 7]
    if numbers:
        db.run(_REJECTED, ("|".join(numbers),))
