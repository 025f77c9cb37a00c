"""Mails on their way in: taken over whole in one short statement, sorted later, never lost between."""

from datetime import datetime, timedelta

from bihuan.domain.interactions import rules
from bihuan.domain.interactions.events import DeliveryTaken, NewDelivery
from bihuan.domain.interactions.models import Delivery
from bihuan.kit import db

_KEEP = """
insert into interactions_delivery (key, envelope_from, envelope_to, original, size, received_at,
    state, due_at, attempts, last_error)
values (%(key)s, %(sender)s, %(to)s, %(original)s, %(size)s, %(at)s, 'WAITING', %(at)s, 0, '')
on conflict (key) do nothing
returning id
"""
_NEXT = """
select id, original, envelope_from, envelope_to, received_at, attempts
from interactions_delivery where state = 'WAITING' and due_at <= %s
order by due_at, id limit 1 for update skip locked
"""
_SETTLE = """
update interactions_delivery set state = 'SORTED', interaction_id = %(interaction)s, sorted_at = %(at)s,
    last_error = '' where id = %(id)s
"""
_FORGET = """
update interactions_delivery set original = null where id = any(array(
    select id from interactions_delivery
    where original is not null and sorted_at is not null and sorted_at < %s
    order by sorted_at limit %s))
"""


def keep_delivery(new: NewDelivery, *, at: datetime) -> bool:
    """Take a mail over; return whether it is new. Once this returns it is not lost any more.

    The same mail again, known by its key, changes nothing.
    """
    params = {
        "key": new.key,
        "sender": new.envelope_from[:320],
        "to": new.envelope_to[:320],
        "original": new.original,
        "size": len(new.original),
        "at": at,
    }
    return db.one(_KEEP, params) is not None


def take_next(*, at: datetime) -> DeliveryTaken | None:
    """Lock the next mail to sort until the caller's transaction ends; None when none waits.

    Several sorters never take the same one.
    """
    row = db.one(_NEXT, (at,))
    if row is None:
        return None
    key, original, sender, to, received_at, attempts = row
    return DeliveryTaken(key, bytes(original), sender, to, received_at, attempts)


def settle(*, delivery_id: int, interaction_id: int, at: datetime) -> None:
    """Say that a mail was sorted, and what it became."""
    db.run(_SETTLE, {"id": delivery_id, "interaction": interaction_id, "at": at})


def put_off(*, delivery_id: int, error: str, at: datetime) -> int:
    """Keep a mail that could not be sorted for later; return how often that happened."""
    delivery = Delivery.objects.defer("original").get(pk=delivery_id)
    delivery.attempts += 1
    delivery.last_error = error[:200]
    delivery.due_at = at + rules.sort_again_after(delivery.attempts)
    delivery.save(update_fields=["attempts", "last_error", "due_at"])
    return int(delivery.attempts)


def forget_originals(*, older_than: timedelta, at: datetime, limit: int = 1000) -> int:
    """Forget the originals of mails sorted longer ago than this; return how many. Their words stay."""
    return db.run(_FORGET, (at - older_than, limit))
