"""What can be asked of the ledger."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bihuan.domain.ledger.models import Fact
from bihuan.kit import db
from bihuan.kit.paging import MAX_SIZE, Page, decode, encode

_COLUMNS = [field.attname for field in Fact._meta.concrete_fields]
# Bounds that are never null: so months are left out also under a prepared plan.
_OF_ROOT = f"""
select {", ".join(_COLUMNS)} from ledger_fact
where root = %(root)s and id < %(below)s and recorded_at >= %(since)s and name ~ %(names)s
order by id desc limit %(size)s
"""  # noqa: S608 -- our own columns
# The literal conditions are those of the index.
_ABOUT_CUSTOMERS = f"""
select {", ".join(_COLUMNS)} from ledger_fact
where actor = %(actor)s and actor like 'staff:%%' and name like 'customer%%'
  and name = any(%(names)s) and id < %(below)s and at >= %(since)s
order by id desc limit %(size)s
"""  # noqa: S608 -- our own columns
_OF_ROOTS = f"""
select {", ".join(_COLUMNS)} from ledger_fact
where root = any(%(roots)s) and name = any(%(names)s) and id < %(below)s and at >= %(since)s
order by id desc limit %(size)s
"""  # noqa: S608 -- our own columns
_BEGINNING = datetime(1, 1, 2, tzinfo=UTC)
_LAST = 2**63 - 1


def facts_of(
    root: str,
    *,
    names: Sequence[str] = (),
    since: datetime | None = None,
    after: str = "",
    size: int = 50,
) -> Page[Fact]:
    """Return the facts of one root, newest first.

    `names` are prefixes (`unit.`) or whole names. `since`, when the root cannot be older, spares the
    database the months before it.
    """
    size = max(1, min(size, MAX_SIZE))
    params = {
        "root": root,
        "below": decode(after, width=1)[0] if after else _LAST,
        "since": since or _BEGINNING,
        "names": "^(" + "|".join(name.replace(".", "[.]") for name in names) + ")",
        "size": size + 1,
    }
    found = [_fact(row) for row in db.rows(_OF_ROOT, params)]
    more, found = len(found) > size, found[:size]
    first, last = (encode([found[0].pk]), encode([found[-1].pk])) if found else ("", "")
    return Page(found, next_cursor=last if more else "", prev_cursor=first if after else "")


def facts_about_customers(
    *,
    actor: str = "",
    roots: Sequence[str] = (),
    names: Sequence[str],
    since: datetime,
    after: str = "",
    size: int = 50,
) -> Page[Fact]:
    """Return what one person did about customers, or what was done about some, newest first."""
    params = {
        "actor": actor,
        "roots": list(roots),
        "names": list(names),
        "below": decode(after, width=1)[0] if after else _LAST,
        "since": since,
        "size": size + 1,
    }
    found = [_fact(row) for row in db.rows(_ABOUT_CUSTOMERS if actor else _OF_ROOTS, params)]
    more, found = len(found) > size, found[:size]
    last = encode([found[-1].pk]) if more else ""
    return Page(
        found, next_cursor=last, prev_cursor=encode([found[0].pk]) if after and found else ""
    )


def latest_of(roots: Sequence[str], name: str) -> list[Fact]:
    """Return, for each of these roots that has one, its newest fact of a name."""
    found = Fact.objects.filter(root__in=roots, name=name).order_by("root", "-id")
    return list(found.distinct("root"))


def facts_named(name: str, *, since: datetime, until: datetime) -> list[Fact]:
    """Return the facts with this name that happened in a half-open period, oldest first."""
    return list(Fact.objects.filter(name=name, at__gte=since, at__lt=until).order_by("at", "id"))


def _fact(row: tuple[Any, ...]) -> Fact:
    *values, data = row
    return Fact.from_db(None, _COLUMNS, [*values, json.loads(data)])
