"""Cases that may be about the same matter as a new request (TKT-18, TKT-19), found among millions.

PostgreSQL finds the cases that share the request's rare pairs of characters, and the person's own; the engine
then compares whole texts, account, address, class and time. What is rare comes from the planner's statistics
of the column, so it follows the texts by itself (decision 0240).
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from bihuan.domain.cases.choices import CaseState
from bihuan.domain.cases.models import Case
from bihuan.domain.cases.queries import wording
from bihuan.domain.cases.queries.listing import CaseRow, rows_of
from bihuan.domain.org.ports import Access, Scope
from bihuan.engines.duplicates import LIKELY, Evidence, Rarity, Reader, Request, grams, searched_by
from bihuan.kit import db

DAYS = 180
OWN = 100
ALIKE = 120
# How many cases a search by rare pairs may lead to.
MOST_FOUND = 3000.0
CHECKED_EVERY = 60.0
_LEARNED = """
select greatest(c.reltuples, 0), coalesce(greatest(s.last_analyze, s.last_autoanalyze)::text, '')
from pg_class c left join pg_stat_all_tables s on s.relid = c.oid
where c.oid = 'cases_fingerprint'::regclass
"""
_STATISTICS = """
select most_common_elems::text::int[], most_common_elem_freqs from pg_stats
where schemaname = current_schema() and tablename = 'cases_fingerprint' and attname = 'grams'
"""
COLUMNS = (
    "id", "title", "description", "contact_digits", "customer_id", "account_id", "cls_id", "opened_at",
)  # fmt: skip
# What is worth comparing: cases that share rare pairs, this person's and this account's newest. Each is then
# looked up by its key: a prepared plan does not know how few they are, and would otherwise read all cases of
# the org units one may see.
_WORTH = f"""
select {", ".join(f"c.{name}" for name in COLUMNS)} from (
    select case_id as id from (
        select case_id, icount(grams & %(whole)s::int[]) as shared from cases_fingerprint
        where grams && %(rare)s::int[] and opened_at >= %(since)s and opened_at <= %(at)s
        order by shared desc, case_id desc limit {ALIKE}) as alike
    union
    select id from (select id, opened_at from (
        select id, opened_at from cases_case where customer_id = %(customer)s::bigint
        union
        select id, opened_at from cases_case where account_id = %(account)s::bigint
        union
        select id, opened_at from cases_case
        where contact_digits = %(digits)s::text and contact_digits <> ''
        offset 0) as own
    where opened_at >= %(since)s and opened_at <= %(at)s order by opened_at desc limit {OWN}) as newest
) as found
join lateral (select * from cases_case where id = found.id offset 0) as c on true
where c.state <> '{CaseState.MERGED}' and c.pack = %(pack)s and c.id <> %(not_case)s
  and c.opened_at >= %(since)s and c.opened_at <= %(at)s
  and (%(everywhere)s or c.involved_unit_ids && %(units)s::bigint[])
"""  # noqa: S608 -- our own names
_ADDRESSES = (
    "select case_id, address from cases_fingerprint where case_id = any(%s) and address <> ''"
)


@dataclass(frozen=True, slots=True)
class Probe:
    """What is known of a request that may have come in before."""

    pack: str
    title: str
    description: str = ""
    address: str = ""
    class_id: int | None = None
    customer_id: int | None = None
    contact_phone: str = ""
    account_id: int | None = None
    not_case_id: int | None = None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A case that may be the same request: why, and how likely it is (0 to 1)."""

    row: CaseRow
    why: str
    likeness: float
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class Scored:
    """A case compared with a request, before anybody looks at it."""

    case_id: int
    score: float
    evidence: Evidence

    @property
    def is_proposed(self) -> bool:
        """Tell whether it is shown: likely the same, or the same person about the same class."""
        own = self.evidence.same_person and self.evidence.same_class
        return self.score >= LIKELY or own


@dataclass(frozen=True, slots=True)
class _Learned:
    rarity: Rarity
    known_by: tuple[float, str]
    checked: float


_kept: list[_Learned] = []


def find_duplicates(
    access: Access, probe: Probe, *, at: datetime, days: int = DAYS, size: int = 5
) -> list[Duplicate]:
    """Return recent cases that may be the same request, the likeliest first."""
    scored = compare(access.scope("case.view"), probe, at=at, days=days)
    found = [one for one in scored if one.is_proposed][:size]
    if not found:
        return []
    cases = Case.objects.select_related("standing").defer("description")
    by_id = cases.in_bulk([one.case_id for one in found])
    rows = rows_of(access, [by_id[one.case_id] for one in found])
    return [
        Duplicate(row, reasons(one.evidence), round(one.score, 2), one.evidence.same_person)
        for row, one in zip(rows, found, strict=True)
    ]


def compare(seen: Scope, probe: Probe, *, at: datetime, days: int = DAYS) -> list[Scored]:
    """Return the cases of some org units that are worth comparing with a request, the likeliest first."""
    known = rarity()
    rows = _worth_comparing(seen, probe, known, (at - timedelta(days=days), at))
    addresses = dict(db.rows(_ADDRESSES, ([row[0] for row in rows],))) if probe.address else {}
    asked = Reader(_request_of(probe, at), known)
    scored = [_scored(asked, row, addresses.get(row[0], ""), known) for row in rows]
    return sorted(scored, key=lambda one: (-one.score, -one.case_id))


def rarity() -> Rarity:
    """Return how rare pairs of characters are among the cases, as the database last found out."""
    now = time.monotonic()
    if _kept and now - _kept[0].checked < CHECKED_EVERY:
        return _kept[0].rarity
    row = db.one(_LEARNED)
    known_by = (float(row[0]), str(row[1])) if row else (0.0, "")
    if _kept and _kept[0].known_by == known_by:
        found = _kept[0].rarity
    else:
        found = _read_statistics(known_by[0])
    _kept[:] = [_Learned(found, known_by, now)]
    return found


def forget_rarity() -> None:
    """Ask the database again next time: somebody has just had it count."""
    _kept.clear()


def reasons(evidence: Evidence) -> str:
    """Return in a few words what two requests have in common."""
    said = (
        ("同一客户", evidence.same_person),
        ("同一户号", evidence.same_account),
        ("同一分类", evidence.same_class),
        ("地点相近", evidence.addresses >= 0.5),
        ("内容相近", evidence.title_in_text >= 0.3 or evidence.texts >= 0.3),
    )
    return "、".join(word for word, is_so in said if is_so) or "部分内容相近"


def persons(customer_id: int | None, digits: str) -> set[str]:
    """Return what a person is known by."""
    found = {f"customer:{customer_id}"} if customer_id else set()
    return found | {f"phone:{digits}"} if digits else found


def request_of(row: Sequence[object], address: str = "") -> Request:
    """Return a case as the engine compares it, from the columns of `COLUMNS`."""
    _id, title, text, digits, customer_id, account_id, cls_id, opened_at = row
    assert isinstance(opened_at, datetime)  # noqa: S101 -- for the type checker
    return Request(
        title=str(title),
        body=str(text),
        person=persons(customer_id if isinstance(customer_id, int) else None, str(digits)),
        account=str(account_id or ""),
        address=address,
        class_code=str(cls_id or ""),
        days=opened_at.timestamp() / 86400,
    )


def _scored(asked: Reader, row: Sequence[object], address: str, known: Rarity) -> Scored:
    evidence = asked.evidence(Reader(request_of(row, address), known))
    case_id = row[0]
    return Scored(int(str(case_id)), evidence.score(), evidence)


def _request_of(probe: Probe, at: datetime) -> Request:
    return Request(
        title=probe.title,
        body=probe.description,
        person=persons(probe.customer_id, wording.digits_of(probe.contact_phone)),
        account=str(probe.account_id or ""),
        address=probe.address,
        class_code=str(probe.class_id or ""),
        days=at.timestamp() / 86400,
    )


def _worth_comparing(
    seen: Scope, probe: Probe, known: Rarity, within: tuple[datetime, datetime]
) -> list[tuple[Any, ...]]:
    """Return what `COLUMNS` names of the cases to compare: few, each looked up by its key."""
    whole = grams(f"{probe.title}。{probe.address}") or grams(probe.description[:60])
    params = {
        "whole": whole,
        "rare": searched_by(whole, known, most=MOST_FOUND),
        "customer": probe.customer_id,
        "account": probe.account_id,
        "digits": wording.digits_of(probe.contact_phone),
        "since": within[0],
        "at": within[1],
        "pack": probe.pack,
        "not_case": probe.not_case_id or 0,
        "everywhere": seen.everywhere,
        "units": list(seen.unit_ids),
    }
    return db.rows(_WORTH, params)


def _read_statistics(texts: float) -> Rarity:
    row = db.one(_STATISTICS)
    if row is None or not row[0] or not texts:
        return Rarity(texts=texts)
    elements, frequencies = row
    # After the frequencies of the elements come the least, the greatest and that of nulls.
    shares = dict(zip(elements, frequencies, strict=False))
    floor = min(float(frequencies[len(elements)]), *shares.values())
    return Rarity(MappingProxyType(shares), floor, texts)
