"""Record facts, pass them on, and keep their months ready."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from typing import Any

from django.db import transaction

from bihuan.domain.ledger.events import Fact
from bihuan.kit import db
from bihuan.kit.json_text import to_json

# One statement writes any number of facts with their outbox rows. Other packages put these parts
# into statements of their own; `fact_params` gives the parameters, or `fact_rows` for `facts` as rows and
# `announcing` for `announced` where the statement's author writes the JSON.
FACT_CTES = """
written_facts as (
    insert into ledger_fact
        (name, subject, root, actor, on_behalf_of, unit_id, at, reason, data)
    select name, subject, root, actor, on_behalf_of, unit_id, at, reason, data
    from json_to_recordset(%(facts)s::json) as fact (name text, subject text, root text, actor text,
        on_behalf_of text, unit_id bigint, at timestamptz, reason text, data jsonb)
    returning id, name, subject, root, unit_id
), passed_on as (
    insert into ledger_outbox (fact_id, name, subject, root, unit_id)
    select id, name, subject, root, unit_id from written_facts where %(announced)s
)
"""
_RECORD = "with " + FACT_CTES + " select 1"

_WORDED = """
select id, recorded_at, reason, data::json from ledger_fact where root = any(%(roots)s)
or name = 'customer.searched' and data::text ~* %(searches)s
order by id for no key update
"""
_REDACT = """
update ledger_fact set reason = %s, data = %s::jsonb where id = %s and recorded_at = %s
"""

_RELAY = """
with taken as (
    -- array(): picked once; as a join the planner may pick again for each row, beyond the limit
    delete from ledger_outbox where id = any(array(
        select id from ledger_outbox order by id limit %s for update skip locked))
    returning id, fact_id, name, subject, root, unit_id
), told as (
    select pg_notify('facts', json_build_object(
        'id', fact_id, 'name', name, 'subject', subject, 'root', root, 'unit', unit_id)::text)
    from (select * from taken order by id) as ordered
)
select count(*) from told
"""


_announced: ContextVar[bool] = ContextVar("facts are announced", default=True)


@contextmanager
def unannounced() -> Iterator[None]:
    """Record the facts inside without passing them on: nobody watches history while it is replayed.

    They are facts like all others; only live pages are not told of them.
    """
    token = _announced.set(False)
    try:
        yield
    finally:
        _announced.reset(token)


def announcing() -> bool:
    """Return whether facts recorded now are passed on to live pages."""
    return _announced.get()


def fact_params(facts: Iterable[Fact]) -> dict[str, object]:
    """Return the parameters that `FACT_CTES` needs to write these facts."""
    written = [
        {
            "name": fact.name,
            "subject": fact.subject,
            "root": fact.root,
            "actor": fact.by.ref,
            "on_behalf_of": fact.by.on_behalf_of,
            "unit_id": fact.by.unit_id,
            "at": fact.at.isoformat(),
            "reason": fact.reason,
            "data": dict(fact.data),
        }
        for fact in facts
    ]
    return {
        "facts": to_json(written),
        "announced": announcing(),
    }


def fact_rows(facts: Iterable[Fact]) -> list[dict[str, object]]:
    """Return facts as the rows that `FACT_CTES` reads; dates are left to the JSON writer."""
    return [
        {
            "name": fact.name,
            "subject": fact.subject,
            "root": fact.root,
            "actor": fact.by.ref,
            "on_behalf_of": fact.by.on_behalf_of,
            "unit_id": fact.by.unit_id,
            "at": fact.at,
            "reason": fact.reason,
            "data": dict(fact.data),
        }
        for fact in facts
    ]


def record(fact: Fact) -> None:
    """Write one fact and its outbox row, in the caller's transaction."""
    record_many([fact])


def record_many(facts: Iterable[Fact]) -> None:
    """Write facts in the order given, in one statement, in the caller's transaction."""
    facts = list(facts)
    if facts:
        db.run(_RECORD, fact_params(facts))


@transaction.atomic
def redact(
    roots: Collection[str],
    hide: Callable[[Any], Any],
    *,
    searches: str,
) -> int:
    """Take words out of the reasons and data of what happened under these roots, and of searches that fit a regular expression.

    The one change a fact allows, for somebody who is to be forgotten: who did what, when and to what stays as it was
    (decision 0367). `hide` puts `***` for a word; the database refuses any other change (decision 0376). Who redacts
    the same fact waits and hides more. Returns how many changed.
    """
    found = db.rows(_WORDED, {"roots": list(roots), "searches": searches})
    changed = []
    for key, recorded_at, reason, data in found:
        after = hide(reason), hide(data)
        if after != (reason, data):
            changed.append((after[0], to_json(after[1]), key, recorded_at))
    db.run("select set_config('bihuan.redacting', 'on', true)")
    for one in changed:
        db.run(_REDACT, one)
    db.run("select set_config('bihuan.redacting', '', true)")
    return len(changed)


@transaction.atomic
def relay_outbox(*, limit: int = 500) -> int:
    """Announce up to `limit` new facts on the channel `facts`; return how many.

    Safe with several relays. A fact is announced after the transaction that wrote it has committed;
    a relay that dies before its own commit leaves its rows to the next.
    """
    row = db.one(_RELAY, (limit,))
    return int(row[0]) if row else 0


def ensure_partitions(*, at: datetime, months: int = 3) -> list[str]:
    """Make the partitions of the month of `at` and the next ones; return the months made.

    Partitions are made ahead: a month whose facts already fell into the default partition cannot be
    attached any more and stays there.
    """
    made = []
    first = date(at.year, at.month, 1)
    for step in range(months):
        year, month = divmod(first.month - 1 + step, 12)
        day = date(first.year + year, month + 1, 1)
        row = db.one(
            "select ledger_make_month(%(day)s) where not exists (select 1 from ledger_fact_default"
            " where recorded_at >= %(day)s::timestamp at time zone 'UTC' and recorded_at <"
            " (%(day)s::date + interval '1 month')::timestamp at time zone 'UTC')",
            {"day": day},
        )
        if row and row[0]:
            made.append(f"{day:%Y-%m}")
    return made
