"""Customers are rated: a proposal is drawn up, somebody else approves it, and it comes into force as a whole.

Drawing up and coming into force are one transaction each and may be repeated: whoever comes second finds the state
moved on and does nothing.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from bihuan.domain.customers.actions.ranking import bring_into_force, take_standing
from bihuan.domain.customers.choices import CustomerKind, RatingState
from bihuan.domain.customers.models import Rating
from bihuan.domain.customers.queries import rating_statements as statements
from bihuan.domain.customers.queries.ratings import RatingUnknown
from bihuan.domain.customers.queries.readings import Statement
from bihuan.domain.customers.queries.schemes import InForce, scheme_in_force, scheme_of
from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org import queries as org
from bihuan.kit import db
from bihuan.kit.problems import Invalid, Refused

TASK_DRAW: Final = "customers.draw_up_rating"
TASK_APPLY: Final = "customers.apply_rating"
LEAST_REASON: Final = 4
REFUSED_KEPT: Final = timedelta(days=30)
MEMORY: Final = "set local work_mem = '256MB'"
_COUNTED: Final = """
select count(*), coalesce(sum(greatest(score, 0)), 0), min(score), max(score) from rating_figures
"""
_MOVES: Final = """
select before, after, count(*) from customers_ratedcustomer where rating_id = %s group by 1, 2 order by 1, 2
"""


class RatingUnderWay(Refused):
    """A scheme has one rating at a time that is not in force yet."""

    message = "这个方案已有一次评级还没有结束，先审批或退回它。"


class RatingDecided(Refused):
    """It was decided already, or is not drawn up yet."""

    message = "这次评级不在待审批状态。"


class OwnProposal(Refused):
    """Whoever drew a rating up does not approve it."""

    message = "自己拟定的评级要由别人审批。"


class RatingReasonMissing(Invalid):
    """Whoever refuses says why."""

    message = "写清为什么，至少 4 个字。"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to rate by and where. `key` is what a repetition is known by; empty: the moment."""

    scheme: str
    unit_id: int
    key: str = ""


def propose(wanted: Wanted, *, in_background: bool = True, by: Actor, at: datetime) -> int:
    """Ask for a rating as of `at` and return it; asked again under the same key it is the same one.

    It is drawn up in the background after the commit, unless the caller does it.
    """
    org.authorise(by, "customer.rate", wanted.unit_id, at=at)
    found = scheme_in_force(wanted.scheme)
    key = wanted.key or at.isoformat()
    try:
        with transaction.atomic():
            return _proposed(found, wanted.unit_id, key, in_background=in_background, by=by, at=at)
    except IntegrityError:
        known = _known(found.scheme.code, wanted.unit_id, key)
        if known is None:
            raise RatingUnderWay from None
        return known


def draw_up(rating_id: int, *, at: datetime) -> None:
    """Work out the tier of every customer; nothing but the proposal is written."""
    with transaction.atomic():
        rating = _locked(rating_id)
        if rating.state != RatingState.DRAWING:
            return
        db.run(MEMORY)
        units = list(org.tree().under(rating.unit_id))
        rating.figures = _drawn(rating, units)
        rating.state, rating.drawn_at = RatingState.PROPOSED, at
        rating.save()
        moved = sum(n for before, after, n in rating.figures["moves"] if before != after)
        said = {"scheme": rating.scheme, "count": rating.figures["count"], "moved": moved}
        _record("customer_rating.drawn_up", rating, Actor(rating.by), at, "", said)


@transaction.atomic
def approve(
    rating_id: int, *, reason: str = "", in_background: bool = True, by: Actor, at: datetime
) -> None:
    """Let a proposal come into force. Not by whoever drew it up, nor in their name."""
    rating = _locked(rating_id)
    org.authorise(by, "customer.approve_tiers", rating.unit_id, at=at)
    if rating.state != RatingState.PROPOSED:
        raise RatingDecided
    if rating.by in {by.ref, by.on_behalf_of}:
        raise OwnProposal
    _decide(rating, RatingState.APPROVED, reason, by, at)
    _record("customer_rating.approved", rating, by, at, reason, {"scheme": rating.scheme})
    if in_background:
        _defer(TASK_APPLY, rating_id)


@transaction.atomic
def refuse(rating_id: int, *, reason: str, by: Actor, at: datetime) -> None:
    """Send a proposal back: every customer stays as they are, the report stays to be read."""
    rating = _locked(rating_id)
    org.authorise(by, "customer.approve_tiers", rating.unit_id, at=at)
    if rating.state != RatingState.PROPOSED:
        raise RatingDecided
    if len(reason.strip()) < LEAST_REASON:
        raise RatingReasonMissing(fields={"reason": RatingReasonMissing.message})
    _decide(rating, RatingState.REFUSED, reason, by, at)
    _record("customer_rating.refused", rating, by, at, reason, {"scheme": rating.scheme})


def apply(rating_id: int, *, at: datetime) -> None:
    """Bring an approved rating into force: tiers, service and a fact for each change, all or nothing."""
    with transaction.atomic():
        rating = _locked(rating_id)
        if rating.state != RatingState.APPROVED:
            return
        db.run(MEMORY)
        changed = bring_into_force(rating, at=at)
        rating.state, rating.applied_at = RatingState.APPLIED, at
        rating.save(update_fields=["state", "applied_at"])
        data = {"scheme": rating.scheme, "changed": changed}
        _record(
            "customer_rating.applied", rating, Actor(rating.decided_by), at, rating.reason, data
        )


@transaction.atomic
def record_export(rating_id: int, *, by: Actor, at: datetime) -> None:
    """Leave a fact that somebody takes a rating's customers away as a file."""
    rating = Rating.objects.filter(pk=rating_id).first()
    if rating is None:
        raise RatingUnknown
    org.authorise(by, "export.run", rating.unit_id, at=at)
    data = {"scheme": rating.scheme, "rows": rating.figures.get("count", 0)}
    _record("customer_rating.exported", rating, by, at, "", data)


@transaction.atomic
def forget_lines(*, at: datetime, portion: int = 100_000) -> int:
    """Take away lines nobody needs: of refused ratings, and of ratings a newer one replaced, where nothing changed.

    Changes stay for ever: they are the customers' history. Returns how many went.
    """
    sql = """
    delete from customers_ratedcustomer where id = any(array(
        select l.id from customers_rating r join customers_ratedcustomer l on l.rating_id = r.id
        where r.state = 'REFUSED' and r.decided_at < %(before)s
            or r.state = 'APPLIED' and l.before = l.after and exists (
                select from customers_rating n join customers_ratedcustomer m on m.rating_id = n.id
                where n.scheme = r.scheme and n.state = 'APPLIED' and n.applied_at > r.applied_at
                    and m.customer_id = l.customer_id)
        limit %(portion)s))
    """
    return db.run(sql, {"before": at - REFUSED_KEPT, "portion": portion})


def _proposed(
    found: InForce, unit_id: int, key: str, *, in_background: bool, by: Actor, at: datetime
) -> int:
    rating = Rating.objects.create(
        scheme=found.scheme.code,
        definition_id=found.definition_id,
        unit_id=unit_id,
        key=key,
        as_of=at,
        by=by.ref,
    )
    data = {"scheme": rating.scheme, "version": found.version, "unit": unit_id}
    _record("customer_rating.proposed", rating, by, at, "", data)
    if in_background:
        _defer(TASK_DRAW, rating.pk)
    return rating.pk


def _known(scheme: str, unit_id: int, key: str) -> int | None:
    found = Rating.objects.filter(scheme=scheme, unit_id=unit_id, key=key)
    return found.values_list("pk", flat=True).first()


def _drawn(rating: Rating, units: list[int]) -> dict[str, Any]:
    scheme = scheme_of(rating.definition_id)
    made = Statement(
        {
            "units": units,
            "kinds": list(scheme.applies or CustomerKind.values),
            "at": rating.as_of,
            "day": timezone.localdate(rating.as_of),
            "zone": settings.TIME_ZONE,
        }
    )
    take_standing(statements.figures_statement(scheme, made), made.params, len(scheme.then))
    count, total, least, most = db.one(_COUNTED) or (0, Decimal(0), None, None)
    placed = Statement({"rating": rating.pk, "scheme": rating.scheme, "units": units})
    sql = statements.placing_statement(scheme, count, total, placed)
    db.run(_INSERT.format(placed=sql), placed.params)
    db.run(_LEFT, {"rating": rating.pk, "scheme": rating.scheme, "units": units})
    moves = [list(row) for row in db.rows(_MOVES, (rating.pk,))]
    return {
        "count": count,
        "total": str(total),
        "least": None if least is None else str(least),
        "most": None if most is None else str(most),
        "moves": moves,
    }


_INSERT: Final = """
insert into customers_ratedcustomer
    (rating_id, customer_id, before, after, score, other, rank, same, place, ahead, known)
select %(rating)s, p.customer_id, coalesce(h.tier, ''), p.tier, p.score, p.other, p.rank, p.same, p.place, p.ahead,
    p.known
from ({placed}) p
left join customers_heldtier h on h.customer_id = p.customer_id and h.scheme = %(scheme)s
"""
# Who has a tier and is not rated any more: lost, turned into another kind, moved out of the scheme.
_LEFT: Final = """
insert into customers_ratedcustomer (rating_id, customer_id, before, after, rank, same, place, known)
select %(rating)s, h.customer_id, h.tier, '', 0, 0, 0, '[]'
from customers_heldtier h join customers_customer c on c.id = h.customer_id
where h.scheme = %(scheme)s and c.merged_into_id is null and c.unit_id = any(%(units)s)
    and not exists (select from rating_figures f where f.customer_id = h.customer_id)
"""


def _decide(rating: Rating, state: RatingState, reason: str, by: Actor, at: datetime) -> None:
    rating.state, rating.decided_by, rating.decided_at = state, by.ref, at
    rating.reason = reason.strip()[:200]
    rating.save(update_fields=["state", "decided_by", "decided_at", "reason"])


def _locked(rating_id: int) -> Rating:
    found = Rating.objects.select_for_update().filter(pk=rating_id).first()
    if found is None:
        raise RatingUnknown
    return found


def _defer(task: str, rating_id: int) -> None:
    lock = f"customer rating {rating_id}"
    made = app.configure_task(task, queue="imports", lock=lock, queueing_lock=f"{task} {rating_id}")
    with suppress(AlreadyEnqueued), transaction.atomic():
        made.defer(rating_id=rating_id)


def _record(
    fact: str, rating: Rating, by: Actor, at: datetime, reason: str, data: dict[str, Any], /
) -> None:
    ref = f"customer-rating:{rating.pk}"
    ledger.record(Fact(fact, ref, ref, at, by, reason=reason, data=data))
