"""Records that arrive: known again, matched with the files that are there, or written down anew; many at once.

One portion is one transaction of a fixed number of statements, whatever its size. Within the portion and against the
database the same rules decide (`rules.matching`); doubtful pairs go to the queue for people.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

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
select key, id, customer_id, digest, batch_id from customers_sourcerow
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
    """How many records became what, and which could not be taken: line, cells, and what is wrong by field.

    `repeated` of those that changed something say it of a key that stood in the same file before.
    """

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)
    repeated: int = 0

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


class _There(NamedTuple):
    """A source row that is there: whose it is, what it says, and the file it came with."""

    id: int
    customer_id: int
    digest: str
    batch_id: int | None


@dataclass(frozen=True, slots=True)
class _Work:
    """What becomes of a portion: what is to be written, whose accounts are whose, and the counts."""

    rows: writing.Rows
    owners: _Owners
    outcome: Outcome

    def follow(self, several: Iterable[Arrival], customer_id: int, digest: str) -> list[Arrival]:
        """Join what records say whose key is known, in their order; return those that say something else.

        The last of them stands for the source from now on (decision 0386).
        """
        followed = []
        for one in several:
            if one.digest == digest:
                self.outcome.counts["unchanged"] += 1
            elif self.owners.leave_to(one, customer_id):
                self.rows.join(customer_id, one)
                self.outcome.counts["changed"] += 1
                followed.append(one)
                digest = one.digest
            else:
                self.outcome.refuse_account(one)
        return followed


def take_in(arrivals: Sequence[Arrival], place: Place, *, at: datetime) -> Outcome:
    """Take records in: `created`, `matched` (joined to a file), `changed` or `unchanged` (known by their key).

    Of several with one key each is taken in, in their order, as if each were a portion by itself.
    """
    outcome, rows, touched = _placed(arrivals, place, at)
    for _turn in range(_TURNS):
        before = transaction.savepoint()
        if _stand(touched - rows.made):
            transaction.savepoint_commit(before)
            break
        transaction.savepoint_rollback(before)  # nobody waits with what was locked in vain
        outcome, rows, touched = _placed(arrivals, place, at)
    keep_what_was_typed(touched - rows.made, at=at)
    rows.write()
    refresh(touched, at=at, is_only_sources=True)
    return outcome


def _stand(files: Collection[int]) -> bool:
    """Lock files in the order everybody does; False where somebody we waited for merged or erased one (decision 0368)."""
    return db.run(_LOCK_STANDING, (sorted(files),)) == len(files) if files else True


def _placed(
    arrivals: Sequence[Arrival], place: Place, at: datetime
) -> tuple[Outcome, writing.Rows, set[int]]:
    """Decide where records belong; return what is to be written, and the files to be worked out anew."""
    by_key: dict[str, list[Arrival]] = {}
    for one in arrivals:
        by_key.setdefault(one.key, []).append(one)
    there = _there(place, list(by_key))
    rows = writing.Rows(writing.Origin(place.source_id, place.batch_id, place.unit_id, at))
    work = _Work(rows, _Owners(arrivals), Outcome())
    new, touched = [], set()
    for key, several in by_key.items():
        row = there.get(key)
        if row is None:
            new.append(several)
            continue
        if followed := work.follow(several, row.customer_id, row.digest):
            rows.change(row.id, followed[-1])
            touched.add(row.customer_id)
            is_first = followed[0] is several[0] and place.batch_id != row.batch_id
            work.outcome.repeated += len(followed) - is_first
    touched |= _place_all(
        new, work, _known([one for each in new for one in each], place, work.owners)
    )
    return work.outcome, rows, touched


def _there(place: Place, keys: list[str]) -> dict[str, _There]:
    values = (place.source_id, blocking.SEPARATOR.join(keys))
    return {key: _There(*rest) for key, *rest in db.rows(KNOWN_KEYS, values)}


def _place_all(new: Sequence[list[Arrival]], work: _Work, known: _Known) -> set[int]:
    """Give the records of each new key their customer; return the customers that are to be worked out anew."""
    ids = iter(writing.new_ids(sum(map(len, new))))
    touched: set[int] = set()
    for several in new:
        waiting = iter(several)
        for one in waiting:
            customer_id = _place(one, work, known, ids)
            if customer_id is not None:
                followed = work.follow(waiting, customer_id, one.digest)
                work.outcome.repeated += len(followed)
                work.rows.origin(customer_id, [one, *followed][-1])
                for further in followed:
                    known.add(customer_id, further)
                if followed or customer_id not in work.rows.made:
                    touched.add(customer_id)
    return touched


def _place(one: Arrival, work: _Work, known: _Known, ids: Iterator[int]) -> int | None:
    """Give a record its customer; None where an account of its is somebody else's."""
    found, doubts = _decide(one, known)
    customer_id = found or next(ids)
    if not work.owners.leave_to(one, customer_id):
        work.outcome.refuse_account(one)
        return None
    if found is None:
        work.rows.create(customer_id, one)
        work.outcome.counts["created"] += 1
    else:
        work.rows.join(customer_id, one)
        work.outcome.counts["matched"] += 1
    known.add(customer_id, one)
    for other, likeness in doubts:
        work.rows.doubt(customer_id, other, likeness)
    return customer_id


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
