"""All files of some org units looked through for doubles: sure pairs merge by rule, the others wait for people."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.db import transaction

from bihuan.domain.customers.actions.merging import Grounds, merge_customers
from bihuan.domain.customers.models import Pair
from bihuan.domain.customers.queries import blocking, survivor_of
from bihuan.domain.customers.rules.matching import Likeness, Verdict, compare
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import queries as org
from bihuan.kit import db

PORTION: Final = 500
# Values that two to twenty files share; pairs that somebody decided about are not looked at again.
_PAIRS: Final = """
with standing as (
    select id, match_key from customers_customer
    where merged_into_id is null and unit_id = any(%(units)s)
), shared(id, value) as (
    select s.id, 'n' || i.value_norm from standing s
    join customers_identifier i on i.customer_id = s.id where i.is_proven
    union select s.id, 'c' || p.value_norm from standing s
    join customers_contactpoint p on p.customer_id = s.id where p.kind in ('PHONE', 'EMAIL')
    union select id, match_key from standing where match_key <> ''
), few(value) as (
    select value from shared group by value having count(*) between 2 and 20
)
select distinct a.id, b.id from few join shared a using (value) join shared b using (value)
where a.id < b.id and not exists (
    select from customers_pair p where p.left_id = a.id and p.right_id = b.id)
order by 1, 2
"""


def consolidate(*, unit_id: int, by: Actor, at: datetime) -> Counter[str]:
    """Merge the sure pairs of an org unit and below, queue the doubtful ones; return how many of each.

    Each merge is a transaction: what was stopped half way goes on when asked again.
    """
    org.authorise(by, "customer.merge", unit_id, at=at)
    units = list(org.tree().under(unit_id))
    counts: Counter[str] = Counter()
    pairs = db.rows(_PAIRS, {"units": units})
    counts["compared"] = len(pairs)
    for left, right, likeness in _judged(pairs):
        if likeness.verdict is Verdict.SURE:
            counts["merged"] += _merged(left, right, likeness, by, at)
        elif likeness.verdict is Verdict.DOUBT:
            counts["queued"] += _queued(left, right, likeness, at)
    return counts


def _judged(pairs: list[tuple[int, ...]]) -> Iterator[tuple[int, int, Likeness]]:
    for start in range(0, len(pairs), PORTION):
        portion = pairs[start : start + PORTION]
        facets = blocking.facets_of({one for pair in portion for one in pair})
        for left, right in portion:
            yield left, right, compare(facets[left], facets[right])


def _merged(left: int, right: int, likeness: Likeness, by: Actor, at: datetime) -> int:
    """Merge two files as they stand by now: earlier merges may have made them one, or contradict."""
    one, other = survivor_of(left), survivor_of(right)
    if one == other:
        return 0
    facets = blocking.facets_of([one, other])
    if compare(facets[one], facets[other]).verdict is Verdict.VETO:
        return 0
    grounds = Grounds("sure", "", likeness.evidence)
    keep, rest = min(one, other), max(one, other)
    merge_customers(survivor_id=keep, absorbed_id=rest, grounds=grounds, by=by, at=at)
    return 1


@transaction.atomic
def _queued(left: int, right: int, likeness: Likeness, at: datetime) -> int:
    one, other = sorted((survivor_of(left), survivor_of(right)))
    if one == other:
        return 0
    found = {"score": likeness.score, "evidence": [list(p) for p in likeness.evidence]}
    _pair, is_new = Pair.objects.get_or_create(
        left_id=one, right_id=other, defaults={**found, "found_at": at}
    )
    return int(is_new)
