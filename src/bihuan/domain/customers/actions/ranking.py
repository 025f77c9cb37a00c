"""The statements of a rating that write: what customers are judged by, laid out; and their tiers brought into force."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from bihuan.domain.customers.models import Rating
from bihuan.domain.customers.ports import RATED
from bihuan.domain.customers.queries.schemes import scheme_of, schemes
from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.engines.tiers import SERVICES
from bihuan.kit import db

PORTION: Final = 20_000
_GONE: Final = """
delete from customers_heldtier h using customers_ratedcustomer l
where l.rating_id = %(rating)s and l.after = '' and l.before <> ''
    and h.customer_id = l.customer_id and h.scheme = %(scheme)s
"""
_HELD: Final = """
insert into customers_heldtier (customer_id, scheme, tier, since_at, rating_id)
select l.customer_id, %(scheme)s, l.after, %(at)s, %(rating)s
from customers_ratedcustomer l join customers_customer c on c.id = l.customer_id
where l.rating_id = %(rating)s and l.after <> '' and l.after <> l.before and c.merged_into_id is null
on conflict (customer_id, scheme) do update
set tier = excluded.tier, since_at = excluded.since_at, rating_id = excluded.rating_id
"""
# The service and the priority of a tier; of several schemes that lead, the highest of each.
_SERVICE: Final = """
with means as (
    select * from unnest(%(schemes)s::text[], %(tiers)s::text[], %(ranks)s::int[], %(priorities)s::int[])
        as m (scheme, tier, rank, priority)
), wanted as (
    select l.customer_id,
        (%(services)s::text[])[1 + greatest(coalesce(m.rank, 0), coalesce(o.rank, 0))] as service,
        greatest(coalesce(m.priority, 0), coalesce(o.priority, 0)) as priority
    from customers_ratedcustomer l
    left join means m on m.scheme = %(scheme)s and m.tier = l.after
    left join lateral ({others}) o on true
    where l.rating_id = %(rating)s
)
update customers_customer c set tier = w.service, priority = w.priority, updated_at = %(at)s
from wanted w where c.id = w.customer_id and (c.tier, c.priority) <> (w.service, w.priority)
    and c.merged_into_id is null
"""
_OTHERS: Final = """select max(o.rank) as rank, max(o.priority) as priority
    from customers_heldtier h join means o on o.scheme = h.scheme and o.tier = h.tier
    where h.customer_id = l.customer_id and h.scheme <> %(scheme)s"""
_NO_OTHERS: Final = "select 0 as rank, 0 as priority"
_CHANGED: Final = """
select customer_id, before, after from customers_ratedcustomer
where rating_id = %(rating)s and before <> after and customer_id > %(beyond)s order by customer_id limit %(size)s
"""


def take_standing(sql: str, params: Mapping[str, Any], then: int) -> None:
    """Lay out, for this transaction, what each customer is judged by."""
    extra = "".join(f", t{n} numeric" for n in range(then))
    db.run("drop table if exists rating_figures")
    db.run(
        "create temp table rating_figures (customer_id bigint, score numeric, other numeric"
        f"{extra}, known jsonb) on commit drop"
    )
    db.run(f"insert into rating_figures {sql}", params)
    db.run("analyze rating_figures")


def bring_into_force(rating: Rating, *, at: datetime) -> int:
    """Write tiers, service and facts of an approved rating; return how many customers change."""
    names = {"rating": rating.pk, "scheme": rating.scheme, "at": at}
    db.run(_GONE, {"rating": rating.pk, "scheme": rating.scheme})
    db.run(_HELD, names)
    if scheme_of(rating.definition_id).leads:
        _serve(rating, names)
        for follow in RATED.values():
            follow(rating.pk)
    return _tell(rating, at)


def _serve(rating: Rating, names: Mapping[str, Any]) -> None:
    leading = {one.scheme.code: one.scheme for one in schemes() if one.scheme.leads}
    leading[rating.scheme] = scheme_of(rating.definition_id)
    means = [
        (code, tier.code, SERVICES.index(tier.service), tier.priority)
        for code, scheme in leading.items()
        for tier in scheme.tiers
    ]
    others = _OTHERS if len(leading) > 1 else _NO_OTHERS
    values = {
        **names,
        "services": list(SERVICES),
        "schemes": [one[0] for one in means],
        "tiers": [one[1] for one in means],
        "ranks": [one[2] for one in means],
        "priorities": [one[3] for one in means],
    }
    db.run(_SERVICE.format(others=others), values)


def _tell(rating: Rating, at: datetime) -> int:
    """Leave a fact for each customer whose tier changes. Live pages are told of the rating, not of each."""
    by, changed, beyond = Actor(rating.decided_by), 0, 0
    shared = {"scheme": rating.scheme, "rating": rating.pk}
    with ledger.unannounced():
        while rows := db.rows(_CHANGED, {"rating": rating.pk, "beyond": beyond, "size": PORTION}):
            ledger.record_many(
                _fact(customer_id, {**shared, "before": before, "after": after}, by, at, rating)
                for customer_id, before, after in rows
            )
            changed, beyond = changed + len(rows), rows[-1][0]
    return changed


def _fact(
    customer_id: int, data: Mapping[str, Any], by: Actor, at: datetime, rating: Rating
) -> Fact:
    ref = f"customer:{customer_id}"
    return Fact("customer.tier_changed", ref, ref, at, by, reason=rating.reason, data=data)
