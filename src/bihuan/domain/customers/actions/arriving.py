"""Records that arrive: known again, matched with the files that are there, or written down anew; many at once.

One portion is one transaction of a fixed number of statements, whatever its size. Within the portion and against the
database the same rules decide (`rules.matching`); doubtful pairs go to the queue for people.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bihuan.domain.customers.actions import writing
from bihuan.domain.customers.actions.golden import keep_what_was_typed, refresh
from bihuan.domain.customers.ports import Facets, Key
from bihuan.domain.customers.queries import blocking
from bihuan.domain.customers.rules.arrivals import Arrival, keys_of
from bihuan.domain.customers.rules.matching import Likeness, Verdict, compare
from bihuan.kit import db

ACCOUNT_TAKEN = "这个户号已属于另一位客户"
KNOWN_KEYS = """
select key, id, customer_id, digest from customers_sourcerow
where source_id = %s and key = any(string_to_array(%s, chr(31)))
"""


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


@dataclass(slots=True)
class _Known:
    """Candidates by the values records are found by; those of this portion join as they are placed."""

    facets: dict[int, Facets]
    by_value: dict[Key, list[int]]
    owners: Mapping[str, int]
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
    outcome = Outcome()
    latest = {one.key: one for one in arrivals}
    outcome.counts["unchanged"] += len(arrivals) - len(latest)
    there = _there(place, list(latest))
    rows = writing.Rows(writing.Origin(place.source_id, place.batch_id, place.unit_id, at))
    new, touched = [], set()
    for key, one in latest.items():
        row = there.get(key)
        if row is None:
            new.append(one)
        elif row[2] == one.digest:
            outcome.counts["unchanged"] += 1
        else:
            rows.change(row[0], one)
            rows.join(row[1], one)
            touched.add(row[1])
            outcome.counts["changed"] += 1
    touched |= _place_all(new, rows, place, outcome)
    keep_what_was_typed([one for one in touched if one not in rows.made], at=at)
    rows.write()
    refresh(touched, at=at, is_only_sources=True)
    return outcome


def _there(place: Place, keys: list[str]) -> dict[str, tuple[int, int, str]]:
    return {
        key: (row, customer, content)
        for key, row, customer, content in db.rows(
            KNOWN_KEYS, (place.source_id, blocking.SEPARATOR.join(keys))
        )
    }


def _place_all(
    new: Sequence[Arrival], rows: writing.Rows, place: Place, outcome: Outcome
) -> set[int]:
    """Give each new record its customer; return the customers that were there and changed."""
    if not new:
        return set()
    known = _known(new, place)
    ids = iter(writing.new_ids(len(new)))
    joined: set[int] = set()
    for one in new:
        found, doubts = _decide(one, known)
        if one.accounts and _takes_foreign_account(one.accounts, known, found):
            outcome.refused.append((one.line, one.cells, {"account": ACCOUNT_TAKEN}))
            continue
        if found is None:
            found = next(ids)
            rows.create(found, one)
            outcome.counts["created"] += 1
        else:
            rows.join(found, one)
            joined.add(found)
            outcome.counts["matched"] += 1
        known.add(found, one)
        rows.origin(found, one)
        for other, likeness in doubts:
            rows.doubt(found, other, likeness)
    return joined


def _known(new: Sequence[Arrival], place: Place) -> _Known:
    found = blocking.candidates({key for one in new for key in one.keys}, place.unit_ids)
    by_value: dict[Key, list[int]] = defaultdict(list)
    for customer_id, facets in found.items():
        for key in keys_of(facets):
            by_value[key].append(customer_id)
    accounts = sorted({number for one in new for number in one.accounts})
    return _Known(
        dict(found), dict(by_value), blocking.account_owners(accounts), blocking.customers_about()
    )


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
    sure = [pair for pair in judged if pair[1].verdict is Verdict.SURE]
    doubts = [pair for pair in judged if pair[1].verdict is Verdict.DOUBT]
    if not sure:
        return None, doubts[: blocking.MOST_DOUBTS]
    best = max(sure, key=lambda pair: (pair[1].score, -pair[0]))
    rest = [pair for pair in sure if pair is not best] + doubts
    return best[0], rest[: blocking.MOST_DOUBTS]


def _takes_foreign_account(accounts: Sequence[str], known: _Known, found: int | None) -> bool:
    owners = {known.owners[number] for number in accounts if number in known.owners}
    return bool(owners - {found})
