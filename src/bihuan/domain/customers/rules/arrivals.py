"""Rows of a file made ready to be taken in: understood, put into the form they are kept in, with what they are found by.

Pure and heavy: this is what another process can do ahead while the portion before is written.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson

from bihuan.domain.customers.ports import Facets, Key
from bihuan.domain.customers.rules.matching import facets_of
from bihuan.domain.customers.rules.records import Reader, Record, digest_of

Cells = tuple[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Arrival:
    """One record and the line it stands on; `said` is the JSON its source row keeps, `digest` of that."""

    line: int
    record: Record
    said: str
    digest: str
    facets: Facets
    keys: tuple[Key, ...]

    @property
    def key(self) -> str:
        """Return what names the row in its source; where the source gives no number, its content does."""
        return self.record.key or f"#{self.digest}"


@dataclass(frozen=True, slots=True)
class Understood:
    """A portion of rows: the records, and by line what is wrong with the others."""

    arrivals: Sequence[Arrival]
    wrong: Mapping[int, dict[str, str]]


def arrival(line: int, record: Record) -> Arrival:
    """Make a record ready to be taken in."""
    packed = orjson.dumps(record.said(), option=orjson.OPT_SORT_KEYS)
    facets = facets_of(record)
    keys = tuple(keys_of(facets))
    return Arrival(line, record, packed.decode(), digest_of(packed), facets, keys)


def understand(
    heading: Sequence[str], columns: Mapping[str, str], rows: Sequence[Cells]
) -> Understood:
    """Understand a portion of rows (line, cells) of a file with this heading."""
    reader = Reader(heading, columns)
    arrivals, rejected = [], {}
    for line, cells in rows:
        record, wrong = reader.read(cells)
        if record is None:
            rejected[line] = wrong
        else:
            arrivals.append(arrival(line, record))
    return Understood(arrivals, rejected)


def keys_of(facets: Facets) -> Iterator[Key]:
    """Yield the values that two records of one customer may share."""
    yield from (("number", value) for value in facets.identifiers.values())
    yield from (("contact", value) for value in facets.phones)
    yield from (("contact", value) for value in facets.mails)
    yield from (("account", value) for value in facets.accounts)
    if facets.match_key:
        yield "name", facets.match_key
