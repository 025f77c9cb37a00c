"""Fires what falls due. Its cost follows what is due, not what is open.

One call is one transaction: lock a batch that no other dispatcher holds, write what became of the
clocks and the facts, then tell the owners. A dispatcher that dies in between has done nothing; two
never hold the same clock.

Of each root only the earliest moment is fired in one call. What an owner does about it (close a unit,
start another timer) may take away the next one, so that must be read again.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from bihuan.domain.clocks import queries, rules
from bihuan.domain.clocks.actions.rows import tell_followers, update_row
from bihuan.domain.clocks.ports import LOCKS, MOMENTS, ClockMoment
from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Fact
from bihuan.kit import db

log = logging.getLogger(__name__)

_DUE = (
    queries.SELECT_CLOCK
    + "where state = 'RUNNING' and next_moment_at <= %(at)s"
    + " and (retry_at is null or retry_at <= %(at)s)"
    + " order by next_moment_at, id for update skip locked limit %(limit)s"
)
_STALE = (
    queries.SELECT_CLOCK  # noqa: S608 - our own columns
    + "where id in (select clock.id from clocks_calendar"
    + " join clocks_clock as clock on clock.calendar = clocks_calendar.code"
    + " and clock.calendar_revision < clocks_calendar.revision and clock.state = 'RUNNING'"
    + " limit %s) and state = 'RUNNING' for update skip locked"
)
_FIRED = """
update clocks_clock set
    level = fired.level, overdue_at = fired.overdue_at, next_moment_at = fired.next_moment_at,
    state = fired.state, used_us = fired.used_us, since = fired.since,
    stopped_at = fired.stopped_at, failures = 0, retry_at = null
from unnest(%s::bigint[], %s::smallint[], %s::timestamptz[], %s::timestamptz[], %s::text[],
    %s::bigint[], %s::timestamptz[], %s::timestamptz[])
    as fired (id, level, overdue_at, next_moment_at, state, used_us, since, stopped_at)
where clocks_clock.id = fired.id
"""
_FIRED_COLUMNS = (
    "id", "level", "overdue_at", "next_moment_at", "state", "used_us", "since", "stopped_at",
)  # fmt: skip
_LATER = """
update clocks_clock set failures = least(failures + 1, 20), retry_at = %s + least(
    interval '1 hour', interval '5 seconds' * power(2, least(failures, 12))) where id = %s
"""
_WAIT_FOR_A_LOCK = "set local lock_timeout = '500ms'"


@transaction.atomic
def fire_due(at: datetime, *, limit: int = 500) -> int:
    """Fire up to `limit` moments that lie at or before `at`; return how many were fired.

    Call again until it returns 0. Each moment fires exactly once, also with several dispatchers. When
    an owner's handler fails, its clock is left as it was and tried again later: after 5 seconds,
    then twice as long each time, an hour at most.
    """
    db.run(_WAIT_FOR_A_LOCK)
    rows = [rules.row_from(values) for values in db.rows(_DUE, {"at": at, "limit": limit})]
    rows = _current(_of_locked_owners(_first_of_each_root(rows)), at)
    if not rows:
        return 0
    try:
        with transaction.atomic():
            return _fire(rows)
    except Exception as failure:
        if not connection.is_usable():
            raise
        log.info("%d clocks are fired one by one, because of %r", len(rows), failure)
        return sum(_fire_alone(row, at) for row in rows)


@transaction.atomic
def recompute_stale(*, limit: int = 500) -> int:
    """Count up to `limit` running clocks anew whose calendar has changed; return how many.

    Call again until it returns 0, and now and then later: a process that had not yet seen the change
    may start a clock by the old revision, which is found here by its revision.
    """
    rows = [rules.row_from(values) for values in db.rows(_STALE, (limit,))]
    for change in _with_changes(rows):
        _recompute(change)
    return len(rows)


def _current(rows: Sequence[rules.ClockRow], at: datetime) -> list[rules.ClockRow]:
    """Count the clocks of changed calendars anew first, and return those that are still due."""
    anew = {
        change.row.id: _recompute(change)
        for change in _with_changes(rows)
        if (change.row.next_moment_at or at) > change.at
    }
    found = [anew.get(row.id, row) for row in rows]
    return [row for row in found if row.next_moment_at is not None and row.next_moment_at <= at]


@dataclass(frozen=True, slots=True)
class _Change:
    """A clock that counts by an older revision, and since when the present one is in force."""

    row: rules.ClockRow
    revision: int
    at: datetime


def _with_changes(rows: Sequence[rules.ClockRow]) -> list[_Change]:
    known = queries.revisions({row.calendar for row in rows if row.calendar})
    changes = [_Change(row, *known[row.calendar]) for row in rows if row.calendar]
    return [change for change in changes if change.row.calendar_revision < change.revision]


def _recompute(change: _Change) -> rules.ClockRow:
    """Fire what lay before the change, then count anew from it."""
    row, changed_at = change.row, change.at
    calendar = queries.calendar_of(row.calendar, change.revision)
    moments = rules.moments_due(row, changed_at)
    new = rules.plan_recompute(row, calendar, changed_at)
    update_row(new)
    facts = [rules.fact_of(moment) for moment in moments]
    if new.due_at != row.due_at:
        data = {"clock": row.id, "due_at": new.due_at, "due_before": row.due_at}
        by = rules.DISPATCHER
        tell_followers(new)
        facts.append(Fact("clock.recomputed", row.owner, row.root, changed_at, by, data=data))
    ledger.record_many(facts)
    _tell(moments)
    return new


def _first_of_each_root(rows: Sequence[rules.ClockRow]) -> list[rules.ClockRow]:
    seen: dict[str, rules.ClockRow] = {}
    for row in rows:
        seen.setdefault(row.root or row.owner, row)
    return list(seen.values())


def _of_locked_owners(rows: Sequence[rules.ClockRow]) -> list[rules.ClockRow]:
    """Leave out clocks whose owner is busy: whoever works on it fires them or frees them soon."""
    kinds = {row.owner.partition(":")[0] for row in rows}
    got: set[str] = set()
    for kind in kinds:
        owners = [row.owner for row in rows if row.owner.startswith(f"{kind}:")]
        got |= LOCKS.get(kind)(owners) if kind in LOCKS else set(owners)
    return [row for row in rows if row.owner in got]


def _fire(rows: Sequence[rules.ClockRow]) -> int:
    moments: list[ClockMoment] = []
    fired = []
    for row in rows:
        reached = row.next_moment_at
        if reached is not None:
            moments += rules.moments_due(row, reached)
            fired.append(rules.plan_fired(row, reached))
    moments.sort(key=lambda moment: moment.at)
    db.run(_FIRED, [[getattr(row, column) for row in fired] for column in _FIRED_COLUMNS])
    ledger.record_many([rules.fact_of(moment) for moment in moments])
    _tell(moments)
    return len(moments)


def _tell(moments: Sequence[ClockMoment]) -> None:
    for moment in moments:
        if moment.owner_kind in MOMENTS:
            MOMENTS.get(moment.owner_kind)(moment)


def _fire_alone(row: rules.ClockRow, at: datetime) -> int:
    try:
        with transaction.atomic():
            return _fire([row])
    except Exception:
        if not connection.is_usable():
            raise
        log.exception("clock %d of %s failed and is tried again later", row.id, row.owner)
        db.run(_LATER, (at, row.id))
        return 0
