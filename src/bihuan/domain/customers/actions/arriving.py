"""Records that arrive: known again, matched with the files that are there, or written down anew; many at once.

One portion is one transaction of a fixed number of statements, whatever its size. Within the portion and against the
database the same rules decide (`rules.matching`); doubtful pairs go to the queue for people.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from bihuan.domain.customers.actions import writing
from bihuan.domain.customers.actions.golden import keep_what_was_typed, refresh
from bihuan.domain.customers.ports import Facets, Key
from bihuan.domain.customers.queries import blocking
from bihuan.domain.customers.rules.arrivals import Arrival, keys_of
from bihuan.domain.customers.rules.matching import Likeness, Sameness, compare
from bihuan.kit import db

ACCOUNT_TAKEN = "这个户号已属于另一位客户"
KNOWN_KEYS = """
select key, id, customer_id, digest from customers_sourcerow
where source_id = %s and key = any(string_to_array(%s, chr(31)))
"""
_LOCK_STANDING = """
select from customers_customer where id = any(%s) and merged_into_id is null and erased_at is null
order by id for no key update
"""
_TURNS = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Where records arrive: from which source, in which org unit; `batch_id` where they came with a file.

    Only files in `unit_ids` are matched with: nobody's import reaches into a foreign part of the organisation.
    """

    source_id: int
    unit_id: int
    unit_ids: tuple[int, ...]
    batch_id: int | None = None


Refused = tuple[int, tuple[str, ...], Mapping[str, str]]


@dataclass(slots=True)
class Outcome:
    """How many records became what, and which could not be taken: line, cells, and what is wrong by field."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)

    def refuse_account(self, one: Arrival) -> None:
        """Keep a record out whose account is somebody else's."""
        self.refused.append((one.line, one.cells, {"account": ACCOUNT_TAKEN}))


class _Owners:
    """Whose account each number is, with what this portion brings."""

    def __init__(self, arrivals: Iterable[Arrival]) -> None:
        numbers = {number for one in arrivals for number in one.accounts}
        self._owners = blocking.account_owners(sorted(numbers))

    def leave_to(self, one: Arrival, customer_id: int) -> bool:
        """Give a record's accounts to its customer; False, and nothing given, where one is somebody else's."""
        if any(self._owners.get(number, customer_id) != customer_id for number in one.accounts):
            return False
        self._owners.update(dict.fromkeys(one.accounts, customer_id))
        return True


@dataclass(slots=True)
class _Known:
    """Candidates by the values records are found by; those of this portion join as they are placed."""

    facets: dict[int, Facets]
    by_value: dict[Key, list[int]]
    owners: _Owners
    among: int
    placed: dict[int, list[Arrival]] = field(default_factory=dict)

    def candidates(self, one: Arrival) -> list[int]:
        found: set[int] = set()
        for key in one.keys:
            if key in self.by_value:
                found.update(self.by_value[key])
        return sorted(found)

    def add(self, customer_id: int, one: Arrival) -> None:
        self.placed.setdefault(customer_id, []).append(one)
        for key in one.keys:
            self.by_value.setdefault(key, []).append(customer_id)

    def facets_of(self, customer_id: int) -> Facets:
        """Return what a customer is compared by, with all that has joined; most are never asked for."""
        for one in self.placed.pop(customer_id, ()):
            there = self.facets.get(customer_id)
            self.facets[customer_id] = there.joined(one.facets) if there else one.facets
        return self.facets[customer_id]


def take_in(arrivals: Sequence[Arrival], place: Place, *, at: datetime) -> Outcome:
    """Take records in: `created`, `matched` (joined to a file), `changed` or `unchanged` (known by their key)."""
    outcome, rows, touched = _placed(arrivals, place, at)
    for _turn in range(_TURNS):
        before = transaction.savepoint()
        if _stand(touched):
            break
        transaction.savepoint_rollback(before)  # nobody waits with what was locked in vain
        outcome, rows, touched = _placed(arrivals, place, at)
    keep_what_was_typed(touched, at=at)
    rows.write()
    refresh(touched, at=at, is_only_sources=True)
    return outcome


def _stand(files: Collection[int]) -> bool:
    """Lock files in the order everybody does; False where somebody we waited for merged or erased one (decision 0368)."""
    return db.run(_LOCK_STANDING, (sorted(files),)) == len(files) if files else True


def _placed(
    arrivals: Sequence[Arrival], place: Place, at: datetime
) -> tuple[Outcome, writing.Rows, set[int]]:
    """Decide where records belong; return what is to be written, and the files that were there and change."""
    outcome = Outcome()
    latest = {one.key: one for one in arrivals}
    outcome.counts["unchanged"] += len(arrivals) - len(latest)
    there = _there(place, list(latest))
    rows = writing.Rows(writing.Origin(place.source_id, place.batch_id, place.unit_id, at))
    owners = _Owners(latest.values())
    new, touched = [], set()
    for key, one in latest.items():
        row = there.get(key)
        if row is None:
            new.append(one)
        elif row[2] == one.digest:
            outcome.counts["unchanged"] += 1
        elif not owners.leave_to(one, row[1]):
            outcome.refuse_account(one)
        else:
            rows.change(row[0], one)
            rows.join(row[1], one)
            touched.add(row[1])
            outcome.counts["changed"] += 1
    touched |= _place_all(new, rows, _known(new, place, owners), outcome)
    return outcome, rows, touched - rows.made


def _there(place: Place, keys: list[str]) -> dict[str, tuple[int, int, str]]:
    return {
        key: (row, customer, content)
        for key, row, customer, content in db.rows(
            KNOWN_KEYS, (place.source_id, blocking.SEPARATOR.join(keys))
        )
    }


def _place_all(
    new: Sequence[Arrival], rows: writing.Rows, known: _Known, outcome: Outcome
) -> set[int]:
    """Give each new record its customer; return the customers that records joined."""
    ids = iter(writing.new_ids(len(new)))
    joined: set[int] = set()
    for one in new:
        found, doubts = _decide(one, known)
        customer_id = found or next(ids)
        if not known.owners.leave_to(one, customer_id):
            outcome.refuse_account(one)
            continue
        if found is None:
            rows.create(customer_id, one)
            outcome.counts["created"] += 1
        else:
            rows.join(customer_id, one)
            joined.add(customer_id)
            outcome.counts["matched"] += 1
        known.add(customer_id, one)
        rows.origin(customer_id, one)
        for other, likeness in doubts:
            rows.doubt(customer_id, other, likeness)
    return joined


def _known(new: Sequence[Arrival], place: Place, owners: _Owners) -> _Known:
    found = blocking.candidates({key for one in new for key in one.keys}, place.unit_ids)
    by_value: dict[Key, list[int]] = defaultdict(list)
    for customer_id, facets in found.items():
        for key in keys_of(facets):
            by_value[key].append(customer_id)
    return _Known(dict(found), dict(by_value), owners, blocking.customers_about())


def _decide(arrival: Arrival, known: _Known) -> tuple[int | None, list[tuple[int, Likeness]]]:
    """Return the customer that the record surely is, and the others it may be."""
    candidates = known.candidates(arrival)
    if not candidates:
        return None, []
    mine = arrival.facets
    judged = [
        (one, compare(mine, known.facets_of(one), among=known.among, is_explained=False))
        for one in candidates
    ]
    sure = [pair for pair in judged if pair[1].sameness is Sameness.SURE]
    doubts = [pair for pair in judged if pair[1].sameness is Sameness.DOUBT]
    if not sure:
        return None, doubts[: blocking.MOST_DOUBTS]
    best = max(sure, key=lambda pair: (pair[1].score, -pair[0]))
    rest = [pair for pair in sure if pair is not best] + doubts
    return best[0], rest[: blocking.MOST_DOUBTS]
