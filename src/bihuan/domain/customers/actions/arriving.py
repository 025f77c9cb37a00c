"""Records that arrive: known again, matched with the files that are there, or written down anew; many at once.

One portion is one transaction of a fixed number of statements, whatever its size. Within the portion and against the
database the same rules decide (`rules.matching`); doubtful pairs go to the queue for people.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bihuan.domain.customers.actions import writing
from bihuan.domain.customers.actions.golden import keep_what_was_typed, refresh
from bihuan.domain.customers.ports import Facets
from bihuan.domain.customers.queries import blocking
from bihuan.domain.customers.rules.matching import Likeness, Verdict, compare, facets_of
from bihuan.domain.customers.rules.records import Record, digest
from bihuan.kit import db

ACCOUNT_TAKEN = "这个户号已属于另一位客户"
KNOWN_KEYS = "select key, id, customer_id, digest from customers_sourcerow where source_id = %s and key = any(%s)"


@dataclass(frozen=True, slots=True)
class Place:
    """Where records arrive: from which source, in which org unit; `batch_id` where they came with a file.

    Only files in `unit_ids` are matched with: nobody's import reaches into a foreign part of the organisation.
    """

    source_id: int
    unit_id: int
    unit_ids: tuple[int, ...]
    batch_id: int | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """One record and the line it stands on."""

    line: int
    record: Record


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

    def candidates(self, facets: Facets) -> list[int]:
        keys = blocking.keys_of(facets)
        return sorted({one for key in keys for one in self.by_value.get(key, ())})

    def add(self, customer_id: int, facets: Facets) -> None:
        there = self.facets.get(customer_id)
        self.facets[customer_id] = there.joined(facets) if there else facets
        for key in blocking.keys_of(facets):
            self.by_value.setdefault(key, []).append(customer_id)


def take_in(arrivals: Sequence[Arrival], place: Place, *, at: datetime) -> Outcome:
    """Take records in: `created`, `matched` (joined to a file), `changed` or `unchanged` (known by their key)."""
    outcome = Outcome()
    said = {one.line: one.record.said() for one in arrivals}
    sums = {line: digest(content) for line, content in said.items()}
    latest = {_key(one, sums): one for one in arrivals}
    outcome.counts["unchanged"] += len(arrivals) - len(latest)
    there = _there(place, list(latest))
    rows = writing.Rows(place.batch_id, place.source_id, place.unit_id, at)
    new, changed = [], []
    for key, one in latest.items():
        row = there.get(key)
        if row is None:
            new.append((key, one))
        elif row[2] == sums[one.line]:
            outcome.counts["unchanged"] += 1
        else:
            changed.append(one)
            rows.change(row[0], said[one.line], sums[one.line], one.line)
            rows.add_children(row[1], one.record)
            outcome.counts["changed"] += 1
    touched = {there[_key(one, sums)][1] for one in changed}
    content = {one.line: (said[one.line], sums[one.line]) for _, one in new}
    touched |= _place_all(new, content, rows, place, outcome)
    keep_what_was_typed([one for one in touched if one not in rows.made], at=at)
    writing.write(rows)
    refresh(touched, at=at)
    return outcome


def _key(one: Arrival, sums: Mapping[int, str]) -> str:
    """Return what names a row of its source; where the source gives no number, its content does."""
    return one.record.key or f"#{sums[one.line]}"


def _there(place: Place, keys: list[str]) -> dict[str, tuple[int, int, str]]:
    return {
        key: (row, customer, content)
        for key, row, customer, content in db.rows(KNOWN_KEYS, (place.source_id, keys))
    }


def _place_all(
    new: Iterable[tuple[str, Arrival]],
    content: Mapping[int, tuple[dict[str, Any], str]],
    rows: "writing.Rows",
    place: Place,
    outcome: Outcome,
) -> set[int]:
    """Give each new record its customer; return the customers that were there and changed."""
    listed = [(key, one, facets_of(one.record)) for key, one in new]
    known = _known([facets for _key, _one, facets in listed], place)
    ids = iter(writing.new_ids(len(listed)))
    joined: set[int] = set()
    for key, one, facets in listed:
        found, doubts = _decide(facets, known)
        if _takes_foreign_account(facets, known, found):
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
        known.add(found, facets)
        rows.origin(key, found, content[one.line], one.line)
        for other, likeness in doubts:
            rows.doubt(found, other, likeness)
    return joined


def _known(facets: Sequence[Facets], place: Place) -> _Known:
    wanted = {key for one in facets for key in blocking.keys_of(one)}
    found = blocking.candidates(wanted, place.unit_ids)
    by_value: dict[tuple[str, str], list[int]] = defaultdict(list)
    for customer_id, one in found.items():
        for key in blocking.keys_of(one):
            by_value[key].append(customer_id)
    accounts = sorted({number for one in facets for number in one.accounts})
    return _Known(dict(found), dict(by_value), blocking.account_owners(accounts))


def _decide(facets: Facets, known: _Known) -> tuple[int | None, list[tuple[int, Likeness]]]:
    """Return the customer that the record surely is, and the others it may be."""
    judged = [(one, compare(facets, known.facets[one])) for one in known.candidates(facets)]
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
