"""Keyset paging: a page costs the same however deep it lies, and rows never shift under a reader."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

from bihuan.kit.problems import Invalid

T = TypeVar("T")
U = TypeVar("U")
M = TypeVar("M", bound=Model)

MAX_SIZE = 200


class CursorNotOurs(Invalid):
    """A paging cursor was altered, or belongs to another list."""

    message = "翻页位置无效，请回到第一页。"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a longer list, and where to go on. An empty cursor means there is no more."""

    rows: Sequence[T]
    next_cursor: str = ""
    prev_cursor: str = ""

    def map(self, each: Callable[[T], U]) -> "Page[U]":
        """Return the same page with every row turned into something else."""
        return Page([each(row) for row in self.rows], self.next_cursor, self.prev_cursor)


@dataclass(frozen=True, slots=True)
class Place:
    """Which page of a list is wanted: what comes after or before a cursor, and how much of it."""

    after: str = ""
    before: str = ""
    size: int = 50


def encode(values: Sequence[Any]) -> str:
    """Return an opaque, URL-safe cursor for the sort values of one row."""
    text = json.dumps([_tagged(value) for value in values], ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, *, width: int) -> list[Any]:
    """Return the sort values in a cursor; refuse one that has not `width` of them."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        values = [_untagged(tag, value) for tag, value in json.loads(text)]
    except (ValueError, TypeError, KeyError, binascii.Error):
        raise CursorNotOurs from None
    if len(values) != width:
        raise CursorNotOurs
    return values


def keyset(
    queryset: QuerySet[M],
    *,
    order: Sequence[str],
    after: str = "",
    before: str = "",
    size: int = 50,
) -> Page[M]:
    """Return one page of `queryset` sorted by `order` (field names, `-` for descending).

    The last field must be unique and none may be null. `after` and `before` are cursors of a page
    returned earlier.
    """
    size = max(1, min(size, MAX_SIZE))
    back = bool(before) and not after
    wanted = [_flipped(name) for name in order] if back else list(order)
    cursor = before if back else after
    found = queryset.order_by(*wanted)
    if cursor:
        found = found.filter(_beyond(wanted, decode(cursor, width=len(order))))
    rows = list(found[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if back:
        rows.reverse()
    first = _cursor(rows[0], order) if rows else ""
    last = _cursor(rows[-1], order) if rows else ""
    if back:
        return Page(rows, next_cursor=last, prev_cursor=first if more else "")
    return Page(rows, next_cursor=last if more else "", prev_cursor=first if cursor else "")


def _beyond(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Return the condition "sorts after these values", written so that an index can serve it."""
    condition = Q()
    for position, name in enumerate(order):
        equal = Q(**{n.lstrip("-"): v for n, v in zip(order[:position], values, strict=False)})
        operator = "lt" if name.startswith("-") else "gt"
        condition |= equal & Q(**{f"{name.lstrip('-')}__{operator}": values[position]})
    outer = order[0].lstrip("-")
    bound = "lte" if order[0].startswith("-") else "gte"
    return Q(**{f"{outer}__{bound}": values[0]}) & condition


def _cursor(row: Model, order: Sequence[str]) -> str:
    return encode([_value(row, name.lstrip("-")) for name in order])


def _value(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name)
    return row


def _flipped(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _tagged(value: Any) -> list[Any]:
    if isinstance(value, datetime):
        return ["at", value.isoformat()]
    if isinstance(value, date):
        return ["day", value.isoformat()]
    if isinstance(value, Decimal):
        return ["decimal", str(value)]
    return ["", value]


def _untagged(tag: str, value: Any) -> Any:
    readers: dict[str, Callable[[Any], Any]] = {
        "at": datetime.fromisoformat,
        "day": date.fromisoformat,
        "decimal": Decimal,
        "": lambda plain: plain,
    }
    return readers[tag](value)
