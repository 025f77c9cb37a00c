"""Rows of a file made ready to be taken in: understood, put into the form they are written in, with what they are found by.

Pure and heavy: this is what another process does ahead while the portion before is written. What it hands over is
text, ready for COPY (`rules.lines`), and as few objects as can be: each costs both processes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import orjson

from bihuan.domain.customers.choices import ContactKind
from bihuan.domain.customers.ports import (
    BY_ACCOUNT,
    BY_CONTACT,
    BY_NAME,
    BY_NUMBER,
    Facets,
    Key,
)
from bihuan.domain.customers.rules import lines
from bihuan.domain.customers.rules.records import Reader, Record, digest_of
from bihuan.engines.tables import Row

_PHONE, _EMAIL, _ADDRESS = (
    ContactKind.PHONE.value,
    ContactKind.EMAIL.value,
    ContactKind.ADDRESS.value,
)


TORN: Final[Mapping[str, str]] = {"line": "有一个引号没有配对，请核对这一行"}
"""What is wrong with a line whose cells do not end where they should."""


class Compared(NamedTuple):
    """What is compared of a record, as plain values; see `ports.Facets`."""

    kind: str
    name: str
    pinyin: str
    identifiers: tuple[tuple[str, str], ...]
    phones: tuple[str, ...]
    mails: tuple[str, ...]
    homes: tuple[str, ...]
    accounts: tuple[str, ...]
    birth: str
    match_key: str


class Arrival(NamedTuple):
    """One record, the line it stands on, and its rows; `digest` names what it says.

    Rows are text for COPY, with a mark where the customer belongs: `file` is the customer's own row, `origin` what its
    source row keeps. `key` names the row in its source; where the source gives no number, its content does.
    `knows` is the customer's kind and what is known: kinds of contacts and numbers, names of attributes. `cells` are
    kept only where the record may still be refused: an account can be somebody else's.
    """

    line: int
    key: str
    digest: str
    knows: tuple[str, str, str]
    file: str
    contacts: str
    identifiers: str
    accounts: tuple[str, ...]
    origin: str
    keys: tuple[Key, ...]
    compared: tuple[object, ...]
    cells: tuple[str, ...]

    @property
    def facets(self) -> Facets:
        """Return what is compared of it."""
        said = Compared._make(self.compared)
        return Facets(
            kind=said.kind,
            name=said.name,
            pinyin=said.pinyin,
            identifiers=dict(said.identifiers),
            phones=frozenset(said.phones),
            mails=frozenset(said.mails),
            homes=frozenset(said.homes),
            accounts=frozenset(said.accounts),
            birth=said.birth,
            match_key=said.match_key,
        )


@dataclass(frozen=True, slots=True)
class Understood:
    """A portion of `rows` rows of a file: the records, and as lines of text those `wrong` ones that stay out."""

    rows: int
    arrivals: Sequence[Arrival]
    wrong: int
    rejected: str


def arrival(line: int, record: Record, cells: Sequence[str] = ()) -> Arrival:
    """Make a record ready to be taken in."""
    said = orjson.dumps(record.said(), option=orjson.OPT_SORT_KEYS)
    digest = digest_of(said)
    key = record.key or f"#{digest}"
    compared = _compared(record)
    return Arrival(
        line,
        key,
        digest,
        _knows(record),
        _file(record),
        _contacts(record),
        lines.marked(record.identifiers),
        record.accounts,
        lines.marked([(lines.cell(key), digest, str(line), lines.json_cell(said.decode()))]),
        _keys(compared),
        tuple(compared),
        tuple(cells) if record.accounts else (),
    )


def understand(
    heading: Sequence[str], columns: Mapping[str, str], rows: Iterable[Row]
) -> Understood:
    """Understand some rows of a file with this heading."""
    reader = Reader(heading, columns)
    arrivals, rejected, count = [], [], 0
    for row in rows:
        count += 1
        record, wrong = (None, TORN) if row.is_torn else reader.read(row.cells)
        if record is None:
            rejected.append(lines.rejected(row.line, row.cells, wrong))
        else:
            arrivals.append(arrival(row.line, record, row.cells))
    return Understood(count, arrivals, len(rejected), "".join(rejected))


def keys_of(facets: Facets) -> Iterator[Key]:
    """Yield what a customer is found by, as its records are."""
    yield from (f"{BY_NUMBER}{value}" for value in facets.identifiers.values())
    yield from (f"{BY_CONTACT}{value}" for value in facets.phones)
    yield from (f"{BY_CONTACT}{value}" for value in facets.mails)
    yield from (f"{BY_ACCOUNT}{value}" for value in facets.accounts)
    if facets.match_key:
        yield f"{BY_NAME}{facets.match_key}"


def _keys(said: Compared) -> tuple[Key, ...]:
    found = [f"{BY_NUMBER}{value}" for _kind, value in said.identifiers]
    found += [f"{BY_CONTACT}{value}" for value in said.phones]
    found += [f"{BY_CONTACT}{value}" for value in said.mails]
    found += [f"{BY_ACCOUNT}{value}" for value in said.accounts]
    if said.match_key:
        found.append(f"{BY_NAME}{said.match_key}")
    return tuple(found)


def _compared(record: Record) -> Compared:
    points = record.points
    return Compared(
        record.kind,
        record.name_norm,
        record.pinyin,
        record.identifiers,
        tuple([one.norm for one in points if one.kind == _PHONE]),
        tuple([one.norm for one in points if one.kind == _EMAIL]),
        tuple([one.parts.get("home") or one.norm for one in points if one.kind == _ADDRESS]),
        record.accounts,
        record.attributes.get("birth_date", ""),
        record.match_key,
    )


def _knows(record: Record) -> tuple[str, str, str]:
    kinds = [one.kind for one in record.points] + [kind for kind, _ in record.identifiers]
    if record.accounts:
        kinds.append("ACCOUNT")
    return record.kind, ",".join(sorted({*kinds})), ",".join(sorted(record.attributes))


def _file(record: Record) -> str:
    names = (record.name, record.name_norm, record.pinyin, record.initials, record.match_key)
    texts = [lines.cell(text) for text in (*names, record.note)]
    return lines.marked([(record.kind, *texts, lines.packed(record.attributes))])


def _contacts(record: Record) -> str:
    """Return the rows of its contacts; the first of each kind says that it is."""
    seen: set[str] = set()
    rows = []
    for one in record.points:
        is_first = "f" if one.kind in seen else "t"
        seen.add(one.kind)
        parts = lines.packed(one.parts) if one.parts else "{}"
        rows.append(
            (one.kind, lines.cell(one.value), lines.cell(one.norm), one.last4, parts, is_first)
        )
    return lines.marked(rows)
