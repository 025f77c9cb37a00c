"""When customers are to be contacted next: what their tiers promise, counted from the last contact (SEG-15, SLA-09)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.utils import timezone

from bihuan.domain.customers.ports import READINGS
from bihuan.domain.customers.queries.reach import reach_of
from bihuan.domain.customers.queries.schemes import schemes
from bihuan.domain.org.ports import Access
from bihuan.engines.tiers import FollowUp
from bihuan.kit import db
from bihuan.kit.masking import mask_text

CONTACT: Final = "days_since_contact"
"""The reading that tells how long ago anybody spoke with a customer; known by the app that keeps contacts."""
MOST: Final = 2000
_DAYS: Final = {"day": 1.0, "week": 7.0, "month": 30.4375, "quarter": 91.3125, "year": 365.25}
_HELD: Final = """
select h.customer_id, h.scheme, h.tier, h.since_at, c.name, c.unit_id from customers_heldtier h
join customers_customer c on c.id = h.customer_id
where {which} and c.merged_into_id is null and c.state = 'CUSTOMER'
  and (h.scheme, h.tier) in (select * from unnest(%(schemes)s::text[], %(tiers)s::text[]))
order by h.customer_id limit %(most)s
"""


@dataclass(frozen=True, slots=True)
class Due:
    """A customer's next follow-up: by which tier, how often, the last contact (None: none known), and the day."""

    customer_id: int
    name: str
    scheme: str
    tier: str
    promised: FollowUp
    last_on: date | None
    due_on: date


def follow_up_of(customer_id: int, *, at: datetime) -> Due | None:
    """Return when a customer is to be contacted next, None where no tier promises it.

    The caller answers for the right to see the file.
    """
    return next(iter(_due("h.customer_id = %(customer)s", {"customer": customer_id}, at)), None)


def follow_ups(access: Access, *, owner_ids: Collection[int], at: datetime) -> Sequence[Due]:
    """Return the next follow-ups of some owners' customers whom the asker sees, the soonest first; `MOST` at most."""
    reach, values = reach_of(access).sql("c")
    which = f"c.owner_id = any(%(owners)s) and {reach}"
    found = _due(which, {**values, "owners": list(owner_ids)}, at)
    return sorted(found, key=lambda one: (one.due_on, one.customer_id))


def _due(which: str, values: Mapping[str, object], at: datetime) -> Iterable[Due]:
    promised = _promised()
    params = {
        **values,
        "schemes": [scheme for scheme, _ in promised],
        "tiers": [tier for _, tier in promised],
        "most": MOST,
    }
    held = db.rows(_HELD.format(which=which), params) if promised else []
    silent = _days_silent({row[0] for row in held}, at)
    soonest: dict[int, Due] = {}
    today = timezone.localdate(at)
    for customer_id, scheme, tier, since_at, name, _unit in held:
        title, follow_up = promised[scheme, tier]
        days = silent.get(customer_id)
        last_on = None if days is None else today - timedelta(days=days)
        due_on = (last_on or timezone.localdate(since_at)) + _period(follow_up)
        due = Due(customer_id, mask_text(name), *title, follow_up, last_on, due_on)
        if customer_id not in soonest or due_on < soonest[customer_id].due_on:
            soonest[customer_id] = due
    return soonest.values()


def _promised() -> dict[tuple[str, str], tuple[tuple[str, str], FollowUp]]:
    """Return what the schemes in force promise, by scheme and tier, with what both are called."""
    return {
        (one.scheme.code, tier.code): ((one.scheme.title, tier.title), tier.follow_up)
        for one in schemes()
        for tier in one.scheme.tiers
        if tier.follow_up is not None
    }


def _period(follow_up: FollowUp) -> timedelta:
    """Return the days between two contacts, one at least."""
    return timedelta(days=max(1, round(_DAYS[follow_up.every] / follow_up.times)))


def _days_silent(customer_ids: Collection[int], at: datetime) -> dict[int, int]:
    reading = dict(READINGS.items()).get(CONTACT)
    if reading is None or not customer_ids:
        return {}
    sql = f"select customer_id, value from ({reading.sql}) r where customer_id = any(%(ids)s)"  # noqa: S608 -- our own statement
    rows = db.rows(sql, {"at": at, "ids": list(customer_ids)})
    return {key: int(value) for key, value in rows}
