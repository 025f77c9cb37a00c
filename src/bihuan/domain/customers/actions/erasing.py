"""A customer made anonymous at their wish: what names or reaches them goes, what must be kept stays (decisions 0344, 0367)."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.db import transaction
from django.db.models import Model, Q
from django.utils import timezone

from bihuan.domain.customers.actions.customers import within
from bihuan.domain.customers.actions.holding import files_of, hold
from bihuan.domain.customers.actions.owning import give_to
from bihuan.domain.customers.actions.scrubbing import hanging_on, refs_of, scrub
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
from bihuan.domain.customers.rules.words import hide, is_telling, pattern
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
) select id from family
"""
# Lines of imports that were not taken in hold whole cells.
_REJECTED: Final = "delete from customers_rejectedrow where cells::text ~* %s"


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
    standing, *absorbed = hold(lambda: _family(customer_id))
    [customer] = files_of([standing])
    access = org.authorise(by, "customer.erase", customer.unit_id, at=at)
    if access is not None and not within(access, customer):
        raise CustomerUnknown
    if customer.erased_at is not None:
        return False
    why = reason.strip()
    if len(why) < LEAST_REASON:
        raise ErasureReasonMissing(fields={"reason": ErasureReasonMissing.message})
    ids = (standing, *sorted(absorbed))
    erasure = _erasure(ids)
    _check_nothing_under_way(erasure, at)
    give_to(ids, None, why="匿名化", by=by, at=at)
    data = {"files": len(ids), **_erase(erasure, at)}
    ref = f"customer:{standing}"
    said = hide(erasure.words, why)
    ledger.record(Fact("customer.erased", ref, ref, at, by, reason=said, data=data))
    return True


def _family(customer_id: int) -> list[int]:
    """Return the file that a customer goes on in, and then all that went into it."""
    return [row[0] for row in db.rows(_FAMILY, (survivor_of(customer_id),))]


def _check_nothing_under_way(erasure: Erasure, at: datetime) -> None:
    today = timezone.localdate(at)
    running = Contract.objects.filter(Q(ends_date__isnull=True) | Q(ends_date__gte=today))
    if running.filter(customer_id__in=erasure.customer_ids).exists():
        raise StillNeeded("还有在有效期内的合同，合同终止后才能匿名化。")
    for eraser in ERASERS.values():
        if words := eraser.standing_in_the_way(erasure):
            raise StillNeeded(words)


def _erasure(ids: tuple[int, ...]) -> Erasure:
    words = _words(ids)
    telling = {word for word in words if is_telling(word)}
    shared = ContactPoint.objects.filter(
        Q(value__in=telling) | Q(value_norm__in=telling), customer__merged_into__isnull=True
    ).exclude(customer_id__in=ids)
    for point in shared:
        telling -= {point.value, point.value_norm}
    return Erasure(ids, words, frozenset(telling))


def _words(ids: Sequence[int]) -> frozenset[str]:
    """Return every text that names or reaches the customers."""
    found: set[str] = set(Customer.objects.filter(pk__in=ids).values_list("name", flat=True))
    for point in ContactPoint.objects.filter(customer_id__in=ids):
        found |= {point.value, point.value_norm}
    found |= set(
        Identifier.objects.filter(customer_id__in=ids).values_list("value_norm", flat=True)
    )
    found |= set(Account.objects.filter(customer_id__in=ids).values_list("address", flat=True))
    for values in SourceRow.objects.filter(customer_id__in=ids).values_list("values", flat=True):
        found |= {str(values.get("name") or "")}
        found |= {str(part) for contact in values.get("contacts", []) for part in contact[1:3]}
        found |= {str(number[1]) for number in values.get("identifiers", [])}
    usable = {word.strip() for word in found if len(word.strip()) >= LEAST_WORD}
    return frozenset(usable - {NOBODY})


def _erase(erasure: Erasure, at: datetime) -> dict[str, int]:
    """Take the person out of everything; return how much of what."""
    seeds: dict[type[Model], set[Any]] = {Customer: set(erasure.customer_ids)}
    for eraser in ERASERS.values():
        for model, keys in eraser.theirs(erasure).items():
            seeds.setdefault(model, set()).update(keys)
    rows = hanging_on(seeds)
    facts = ledger.redact(
        refs_of(rows), partial(hide, erasure.words), searches=pattern(erasure.words)
    )
    counts = {
        "copies": sum(eraser.erase(erasure) for eraser in ERASERS.values()),
        **_erase_own(erasure, at),
    }
    return {**counts, "texts": scrub(rows, erasure.words), "facts": facts}


def _erase_own(erasure: Erasure, at: datetime) -> dict[str, int]:
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
        customer_id__in=ids, ended_at__isnull=True, granted_until__gt=at
    ).update(ended_at=at, ended_by="system:erasure")
    Account.objects.filter(customer_id__in=ids).update(address="")
    Contract.objects.filter(customer_id__in=ids).update(title="合同", terms="")
    if erasure.alone:
        db.run(_REJECTED, (pattern(erasure.alone),))
    Customer.objects.filter(pk__in=ids).update(
        **dict.fromkeys(("name_pinyin", "name_initials", "match_key", "note"), ""),
        name=NOBODY,
        name_norm=NOBODY,
        attributes={},
        pinned={},
        completeness=0,
        missing=[],
        updated_at=at,
        erased_at=at,
    )
    return counts
