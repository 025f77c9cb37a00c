"""Segments: who fits a condition, counted and listed among those the asker may see (SEG-08)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from bihuan.domain.customers.choices import CustomerKind
from bihuan.domain.customers.models import Segment
from bihuan.domain.customers.ports import CHOICE, DAY, MONEY, NUMBER, Reading
from bihuan.domain.customers.queries.readings import Statement, catalogue
from bihuan.domain.customers.queries.seeing import seen_by
from bihuan.domain.org.ports import Access
from bihuan.engines import segments
from bihuan.engines.segments import AllOf, AnyOf, Condition, Field, NoneOf, Test
from bihuan.engines.segments.telling import bound
from bihuan.kit import db
from bihuan.kit.masking import mask_text
from bihuan.kit.notation import name_norm
from bihuan.kit.paging import Page, decode, encode, keyset
from bihuan.kit.problems import Invalid, NotFound, Refused

SIZE: Final = 50
LONGEST: Final = "8s"
_CUSTOMER: Final = "select c.id, c.name, c.kind, c.tier, c.unit_id from customers_customer c"


class SegmentUnknown(NotFound):
    """There is no such segment, or it is somebody else's own."""

    message = "没有找到这个分群，或它没有共享给您。"


class SegmentWrong(Invalid):
    """The condition cannot be understood."""

    message = "条件还没写完。"


class CountTakesTooLong(Refused):
    """The database was stopped after some seconds."""

    message = "这样的条件数得太久，请先加上类别、机构或等级这类条件。"


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A kept segment; `told` is its condition in words, empty when a field of it is gone."""

    id: int
    title: str
    owner_id: int
    is_shared: bool
    condition: Mapping[str, Any]
    told: str
    count: int
    counted_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Member:
    """A customer of a segment; the name as this asker may see it."""

    id: int
    name: str
    kind: str
    tier: str
    unit_id: int


def fields() -> dict[str, Field]:
    """Return everything customers can be chosen by."""
    return {
        key: Field(key, one.title, one.type, one.unit, tuple(one.choices))
        for key, one in catalogue().items()
    }


def understood(condition: Mapping[str, Any]) -> Condition:
    """Return a condition that was typed or kept, or refuse with SegmentWrong."""
    try:
        return segments.read(condition, fields())
    except segments.ConditionWrong as wrong:
        raise SegmentWrong(
            wrong.message, fields={".".join(map(str, wrong.where)) or "condition": wrong.message}
        ) from None


def count(access: Access, condition: Mapping[str, Any], *, at: datetime) -> int:
    """Return how many customers fit whom the asker may see; refuses with CountTakesTooLong after some seconds."""
    made, where = _where(access, understood(condition), at)
    sql = f"select count(*) from customers_customer c {' '.join(made.joins)} where {where}"  # noqa: S608 -- our own parts; values are parameters
    row = bounded(lambda: db.one(sql, made.params))
    return int(row[0]) if row else 0


def members(
    access: Access,
    condition: Mapping[str, Any],
    *,
    at: datetime,
    after: str = "",
    size: int = SIZE,
) -> Page[Member]:
    """Return those who fit and whom the asker may see, the older file first, a page at a time."""
    made, where = _where(access, understood(condition), at)
    beyond = made.bind(int(decode(after, width=1)[0]) if after else 0)
    sql = f"{_CUSTOMER} {' '.join(made.joins)} where {where} and c.id > {beyond} order by c.id limit {size + 1}"
    rows = bounded(lambda: db.rows(sql, made.params))
    cursor = encode([rows[size - 1][0]]) if len(rows) > size else ""
    return Page([_member(row, access) for row in rows[:size]], next_cursor=cursor)


def all_members(
    access: Access, condition: Mapping[str, Any], *, at: datetime, size: int = 5000
) -> Iterator[Member]:
    """Yield everybody who fits and whom the asker may see, for a file or a campaign."""
    after = ""
    while True:
        page = members(access, condition, at=at, after=after, size=size)
        yield from page.rows
        after = page.next_cursor
        if not after:
            return


def fitting(
    access: Access, condition: Mapping[str, Any], *, at: datetime
) -> tuple[str, Mapping[str, Any]]:
    """Return a select of the ids of those who fit and whom the asker may see, with its parameters."""
    made, where = _where(access, understood(condition), at)
    sql = f"select c.id from customers_customer c {' '.join(made.joins)} where {where}"  # noqa: S608 -- our own parts; values are parameters
    return sql, made.params


def segment_list(access: Access, *, after: str = "", before: str = "") -> Page[SegmentRow]:
    """Return the asker's own segments and those shared with everybody, newest first."""
    page = keyset(_visible(access), order=("-id",), after=after, before=before, size=30)
    return page.map(_row)


def segment(access: Access, segment_id: int) -> SegmentRow:
    """Return one segment, or refuse with SegmentUnknown."""
    found = _visible(access).filter(pk=segment_id).first()
    if found is None:
        raise SegmentUnknown
    return _row(found)


def _visible(access: Access) -> "QuerySet[Segment]":
    return Segment.objects.filter(Q(owner_id=access.staff_id) | Q(is_shared=True))


def _row(one: Segment) -> SegmentRow:
    try:
        told = segments.told(understood(one.condition))
    except SegmentWrong:
        told = ""
    return SegmentRow(
        one.pk,
        one.title,
        one.owner_id,
        one.is_shared,
        one.condition,
        told,
        one.count,
        one.counted_at,
        one.updated_at,
    )


def _member(row: tuple[Any, ...], access: Access) -> Member:
    customer_id, name, kind, tier, unit_id = row
    shown = name if access.may("customer.see_phone", unit_id) else mask_text(name)
    return Member(customer_id, shown, CustomerKind(kind).label, tier, unit_id)


def bounded(ask: Callable[[], Any]) -> Any:
    """Ask the database, but not for ever."""
    try:
        with transaction.atomic():
            db.run(f"set local statement_timeout = '{LONGEST}'")
            db.run("set local work_mem = '64MB'")
            found = ask()
            db.run("set local statement_timeout to default")
            return found
    except OperationalError as stopped:
        if "statement timeout" in str(stopped):
            raise CountTakesTooLong from None
        raise


def _where(access: Access, condition: Condition, at: datetime) -> tuple[Statement, str]:
    seen, values = seen_by(access)
    today = timezone.localdate(at)
    made = Statement({**values, "at": at, "day": today, "zone": settings.TIME_ZONE})
    maker = _Maker(made, catalogue(), today)
    return made, f"c.merged_into_id is null and {seen} and {maker.sql(condition)}"


class _Maker:
    """Makes the tests of a condition, each true or false, never unknown, so that NOT is its opposite."""

    def __init__(self, made: Statement, readings: Mapping[str, Reading], today: Any) -> None:
        self.made, self.readings, self.today = made, readings, today

    def sql(self, condition: Condition) -> str:
        if isinstance(condition, NoneOf):
            return f"not ({self.sql(condition.part)})"
        if isinstance(condition, AllOf | AnyOf):
            word = " and " if isinstance(condition, AllOf) else " or "
            return f"({word.join(self.sql(part) for part in condition.parts)})"
        return self._test(condition)

    def _test(self, test: Test) -> str:
        value = self.made.value(self.readings[test.field.key])
        if test.op in {"known", "unknown"}:
            return f"({value}) is {'not ' if test.op == 'known' else ''}null"
        if test.field.type == CHOICE:
            sign = "=" if test.op == "eq" else "<>"
            return f"coalesce(({value})::text, '') {sign} {self.made.bind(test.value)}"
        if test.field.type in {NUMBER, MONEY}:
            sign = {"ge": ">=", "le": "<=", "eq": "="}[test.op]
            return f"coalesce({value} {sign} {self.made.bind(test.value)}::numeric, false)"
        return f"coalesce({self._text(test, value)}, false)"

    def _text(self, test: Test, value: str) -> str:
        wanted = bound(test, self.today)
        if test.field.key == "name":
            wanted = name_norm(wanted)
        bind = f"{self.made.bind(wanted)}::text"
        if test.field.type == DAY:
            sign = {"since": ">=", "within": ">=", "until": "<=", "older": "<"}[test.op]
            return f'({value}) collate "C" {sign} {bind}'
        if test.op == "has":
            return f"strpos({value}, {bind}) > 0"
        return f"starts_with({value}, {bind})" if test.op == "starts" else f"{value} = {bind}"
