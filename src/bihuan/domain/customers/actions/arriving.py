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
from bihuan.domain.customers.ports import Facets
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


@dataclass(slots=True)
class Outcome:
    """How many records became what, and which could not be taken, by line."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: dict[int, dict[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class _Known:
    """Candidates by the values records are found by; those of this portion join as they are placed."""

    facets: dict[int, Facets]
    by_value: dict[tuple[str, str], list[int]]
    owners: Mapping[str, int]
    among: int

    def candidates(self, one: Arrival) -> list[int]:
        return sorted({found for key in one.keys for found in self.by_value.get(key, ())})

    def add(self, customer_id: int, one: Arrival) -> None:
        there = self.facets.get(customer_id)
        self.facets[customer_id] = there.joined(one.facets) if there else one.facets
        for key in one.keys:
            self.by_value.setdefault(key, []).append(customer_id)


def take_in(arrivals: Sequence[Arrival], place: Place, *, at: datetime) -> Outcome:
    """Take records in: `created`, `matched` (joined to a file), `changed` or `unchanged` (known by their key)."""
    outcome = Outcome()
    latest = {one.key: one for one in arrivals}
    outcome.counts["unchanged"] += len(arrivals) - len(latest)
    there = _there(place, list(latest))
    rows = writing.Rows(place.batch_id, place.source_id, place.unit_id, at)
    new, touched = [], set()
    for key, one in latest.items():
        row = there.get(key)
        if row is None:
            new.append((key, one))
        elif row[2] == one.digest:
            outcome.counts["unchanged"] += 1
        else:
            rows.change(row[0], one)
            rows.add_children(row[1], one.record)
            touched.add(row[1])
            outcome.counts["changed"] += 1
    touched |= _place_all(new, rows, place, outcome)
    keep_what_was_typed([one for one in touched if one not in rows.made], at=at)
    writing.write(rows)
    refresh(touched, at=at)
    return outcome


def _there(place: Place, keys: list[str]) -> dict[str, tuple[int, int, str]]:
    return {
        key: (row, customer, content)
        for key, row, customer, content in db.rows(
            KNOWN_KEYS, (place.source_id, blocking.SEPARATOR.join(keys))
        )
    }


def _place_all(
    new: Sequence[tuple[str, Arrival]],
    rows: "writing.Rows",
    place: Place,
    outcome: Outcome,
) -> set[int]:
    """Give each new record its customer; return the customers that were there and changed."""
    known = _known([one for _key, one in new], place)
    ids = iter(writing.new_ids(len(new)))
    joined: set[int] = set()
    for key, one in new:
        found, doubts = _decide(one, known)
        if _takes_foreign_account(one.facets, known, found):
            outcome.refused[one.line] = {"account": ACCOUNT_TAKEN}
            continue
        if found is None:
            found = next(ids)
            rows.create(found, one.record)
            outcome.counts["created"] += 1
        else:
            rows.add_children(found, one.record)
            joined.add(found)
            outcome.counts["matched"] += 1
        known.add(found, one)
        rows.origin(key, found, one)
        for other, likeness in doubts:
            rows.doubt(found, other, likeness)
    return joined


def _known(new: Sequence[Arrival], place: Place) -> _Known:
    found = blocking.candidates({key for one in new for key in one.keys}, place.unit_ids)
    by_value: dict[tuple[str, str], list[int]] = defaultdict(list)
    for customer_id, facets in found.items():
        for key in keys_of(facets):
            by_value[key].append(customer_id)
    accounts = sorted({number for one in new for number in one.facets.accounts})
    return _Known(
        dict(found), dict(by_value), blocking.account_owners(accounts), blocking.customers_about()
    )


def _decide(arrival: Arrival, known: _Known) -> tuple[int | None, list[tuple[int, Likeness]]]:
    """Return the customer that the record surely is, and the others it may be."""
    candidates = known.candidates(arrival)
    judged = [
        (one, compare(arrival.facets, known.facets[one], among=known.among)) for one in candidates
    ]
    sure = [pair for pair in judged if pair[1].verdict is Verdict.SURE]
    doubts = [pair for pair in judged if pair[1].verdict is Verdict.DOUBT]
    if not sure:
        return None, doubts[: blocking.MOST_DOUBTS]
    best = max(sure, key=lambda pair: (pair[1].score, -pair[0]))
    rest = [pair for pair in sure if pair is not best] + doubts
    return best[0], rest[: blocking.MOST_DOUBTS]


def _takes_foreign_account(facets: Facets, known: _Known, found: int | None) -> bool:
    owners = {known.owners[number] for number in facets.accounts if number in known.owners}
    return bool(owners - {found})
