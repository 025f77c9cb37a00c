"""Ratings: their reports, the customers behind a figure, and why one customer stands where they stand."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db.models import QuerySet

from bihuan.domain.customers.choices import OPEN_RATINGS, RatingState
from bihuan.domain.customers.models import Rating
from bihuan.domain.customers.queries.schemes import scheme_of, schemes
from bihuan.domain.customers.queries.seeing import seen_by
from bihuan.domain.org.ports import Access
from bihuan.engines.tiers import Explained, Placed, Scheme, explained
from bihuan.kit import db
from bihuan.kit.masking import mask_text
from bihuan.kit.paging import Page, decode, encode, keyset
from bihuan.kit.problems import NotFound

SIZE: Final = 50
_LINES: Final = """
select l.customer_id, c.name, c.unit_id, l.before, l.after, l.score, l.rank
from customers_ratedcustomer l join customers_customer c on c.id = l.customer_id
where l.rating_id = %(rating)s and (%(before)s::text is null or l.before = %(before)s)
    and (%(after)s::text is null or l.after = %(after)s) and (%(moved)s::boolean is null or l.before <> l.after)
    and {seen} and l.customer_id > %(beyond)s
order by l.customer_id limit %(size)s
"""
# The last rating in force of each scheme that speaks of the customer.
_STANDING: Final = """
select distinct on (r.scheme) r.id, r.definition_id, r.figures::text, r.applied_at, h.since_at, l.after, l.score,
    l.other, l.rank, l.same, l.place, l.ahead, l.known::text
from customers_ratedcustomer l
join customers_rating r on r.id = l.rating_id and r.state = 'APPLIED'
left join customers_heldtier h on h.customer_id = l.customer_id and h.scheme = r.scheme
where l.customer_id = %s order by r.scheme, r.applied_at desc, r.id desc
"""
_HISTORY: Final = """
select r.definition_id, r.scheme, l.before, l.after, r.applied_at, r.decided_by, r.reason
from customers_ratedcustomer l join customers_rating r on r.id = l.rating_id and r.state = 'APPLIED'
where l.customer_id = %s and l.before <> l.after order by r.applied_at desc, r.id desc limit 50
"""
_ENTITLED: Final = (
    "select scheme, tier from customers_heldtier where customer_id = %s order by scheme"
)


class RatingUnknown(NotFound):
    """There is no such rating, or not in the asker's part of the organisation."""

    message = "没有找到这次评级，或不在您的查看范围内。"


@dataclass(frozen=True, slots=True)
class RatingRow:
    """One rating. `figures` is empty until it is drawn up."""

    id: int
    scheme: Scheme
    version: int
    unit_id: int
    key: str
    state: str
    as_of: datetime
    by: str
    figures: Mapping[str, Any]
    drawn_at: datetime | None
    decided_by: str
    decided_at: datetime | None
    reason: str
    applied_at: datetime | None

    @property
    def count(self) -> int:
        """Return how many customers were rated."""
        return int(self.figures.get("count", 0))

    @property
    def moves(self) -> list[tuple[str, str, int]]:
        """Return (tier before, tier after, how many)."""
        return [(before, after, n) for before, after, n in self.figures.get("moves", ())]

    @property
    def moved(self) -> int:
        """Return how many change their tier."""
        return sum(n for before, after, n in self.moves if before != after)


@dataclass(frozen=True, slots=True)
class RatedRow:
    """A customer in a rating; the name as this asker may see it."""

    customer_id: int
    name: str
    before: str
    after: str
    score: Decimal | None
    rank: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A customer's tier under a scheme, since when, and why. `tier` is empty where the rating gave none."""

    scheme: Scheme
    tier: str
    title: str
    since_at: datetime | None
    rated_at: datetime
    rating_id: int
    why: Explained | None


@dataclass(frozen=True, slots=True)
class Change:
    """A change of tier, by whom it was approved."""

    scheme: str
    before: str
    after: str
    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What a customer's tier entitles to under one scheme (SEG-15)."""

    scheme: str
    tier: str
    title: str
    service: str
    priority: int
    follow_up: tuple[int, str] | None
    rights: tuple[str, ...]


def rating_list(access: Access, *, after: str = "", before: str = "") -> Page[RatingRow]:
    """Return the ratings of the asker's org units, newest first."""
    page = keyset(_visible(access), order=("-id",), after=after, before=before, size=30)
    return page.map(_row)


def rating(access: Access, rating_id: int) -> RatingRow:
    """Return one rating, or refuse with RatingUnknown."""
    found = _visible(access).filter(pk=rating_id).first()
    if found is None:
        raise RatingUnknown
    return _row(found)


def rating_figures(rating_id: int) -> RatingRow:
    """Return one rating for commands and jobs; the caller answers for the right to know."""
    return _row(Rating.objects.select_related("definition").get(pk=rating_id))


def ratings_waiting(access: Access) -> int:
    """Return how many ratings wait for a decision where the asker sees them."""
    return _visible(access).filter(state=RatingState.PROPOSED).count()


def under_way(scheme: str) -> int | None:
    """Return the rating of a scheme that is not decided or not in force yet."""
    found = Rating.objects.filter(scheme=scheme, state__in=OPEN_RATINGS)
    return found.values_list("pk", flat=True).first()


@dataclass(frozen=True, slots=True)
class Move:
    """Which customers of a rating: those who were, those who are to be; None is any. `only_moved`: who changes."""

    before: str | None = None
    after: str | None = None
    only_moved: bool = False


def rated(access: Access, rating_id: int, move: Move, *, after: str = "") -> Page[RatedRow]:
    """Return the customers behind a figure of a report whom the asker may see, by number."""
    beyond = decode(after, width=1)[0] if after else 0
    rows = list(_lines(access, rating_id, move, int(beyond), SIZE + 1))
    cursor = encode([rows[SIZE - 1].customer_id]) if len(rows) > SIZE else ""
    return Page(rows[:SIZE], next_cursor=cursor)


def all_rated(access: Access, rating_id: int, *, size: int = 5000) -> Iterator[RatedRow]:
    """Yield every customer of a rating whom the asker may see, names masked; for a file."""
    beyond = 0
    while rows := list(_lines(access, rating_id, Move(), beyond, size)):
        yield from rows
        beyond = rows[-1].customer_id


def standings(customer_id: int) -> list[Standing]:
    """Return a customer's tiers with the reasons. The caller answers for the right to see the file."""
    rows = db.rows(_STANDING, (customer_id,))
    return [_standing(row) for row in rows]


def changes(customer_id: int) -> list[Change]:
    """Return a customer's changes of tier, newest first. The caller answers for the right to see the file."""
    found = []
    for definition_id, _code, before, after, at, by, reason in db.rows(_HISTORY, (customer_id,)):
        scheme = scheme_of(definition_id)
        pair = scheme.title_of(before), scheme.title_of(after)
        found.append(Change(scheme.title, *pair, at, by, reason))
    return found


def entitlements(customer_id: int) -> list[Entitlement]:
    """Return what a customer's tiers entitle to, by the schemes in force: limits, queues, follow-ups, rights."""
    known = {one.scheme.code: one.scheme for one in schemes()}
    found = []
    for code, held in db.rows(_ENTITLED, (customer_id,)):
        tier = known[code].tier(held) if code in known else None
        if tier is not None:
            follow = (tier.follow_up.times, tier.follow_up.every) if tier.follow_up else None
            found.append(
                Entitlement(
                    code, held, tier.title, tier.service, tier.priority, follow, tier.rights
                )
            )
    return found


def last_key(scheme: str) -> tuple[str, datetime] | None:
    """Return the key and the moment of a scheme's newest rating."""
    return Rating.objects.filter(scheme=scheme).order_by("-id").values_list("key", "as_of").first()


def _lines(
    access: Access, rating_id: int, move: Move, beyond: int, size: int
) -> Iterator[RatedRow]:
    seen, named = seen_by(access)
    values = {
        **named,
        "rating": rating_id,
        "before": move.before,
        "after": move.after,
        "moved": True if move.only_moved else None,
        "beyond": beyond,
        "size": size,
    }
    for customer_id, name, unit_id, before, after, score, rank in db.rows(
        _LINES.format(seen=seen), values
    ):
        shown = name if access.may("customer.see_phone", unit_id) else mask_text(name)
        yield RatedRow(customer_id, shown, before, after, score, rank)


def _standing(row: Sequence[Any]) -> Standing:
    rating_id, definition_id, figures, applied_at, since_at, tier = row[:6]
    score, other, rank, same, place, ahead, known = row[6:]
    scheme = scheme_of(definition_id)
    why = None
    if tier:
        placed = Placed(tier, score, other, rank, same, place, ahead)
        values = json.loads(known, parse_float=Decimal, parse_int=Decimal)
        read = dict(zip(scheme.readings, values, strict=True))
        why = explained(scheme, placed, read, json.loads(figures))
    title = scheme.title_of(tier)
    return Standing(scheme, tier, title, since_at, applied_at, rating_id, why)


def _visible(access: Access) -> "QuerySet[Rating]":
    """Ratings are seen where one may draw them up or approve them."""
    units = {
        *access.scope("customer.rate").unit_ids,
        *access.scope("customer.approve_tiers").unit_ids,
    }
    found = Rating.objects.select_related("definition")
    everywhere = any(
        access.scope(verb).everywhere for verb in ("customer.rate", "customer.approve_tiers")
    )
    return found if everywhere else found.filter(unit_id__in=units)


def _row(one: Rating) -> RatingRow:
    names = ("key", "state", "as_of", "by", "figures", "drawn_at")
    decided = ("decided_by", "decided_at", "reason", "applied_at")
    return RatingRow(
        id=one.pk,
        scheme=scheme_of(one.definition_id),
        version=one.definition.version,
        unit_id=one.unit_id,
        **{name: getattr(one, name) for name in (*names, *decided)},
    )
