"""Fires what falls due. Its cost follows what is due, not what is open.

One call is one transaction: lock a batch that no other dispatcher holds, write what became of the
clocks and the facts, then tell the owners. A dispatcher that dies in between has done nothing; two
never hold the same clock.

Of each root only the earliest moment is fired in one call. What an owner does about it (close a unit,
start another timer) may take away the next one, so that must be read again.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from bihuan.domain.clocks import queries, rules
from bihuan.domain.clocks.actions.rows import tell_followers, update_row
from bihuan.domain.clocks.ports import LOCKS, MOMENTS, ClockMoment, Locked
from bihuan.domain.ledger import actions as ledger
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
    + " and clock.failures = 0"
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
_FAILED = "update clocks_clock set failures = 1 where id = %s"
_GONE = """
update clocks_clock set state = 'STOPPED', since = null, next_moment_at = null, stopped_at = %s
where id = any(%s)
"""
_WAIT_FOR_A_LOCK = "set local lock_timeout = '500ms'"


@transaction.atomic
def fire_due(at: datetime, *, limit: int = 500) -> int:
    """Fire up to `limit` moments that lie at or before `at`; return how many were fired.

    Call again until it returns 0. Each moment fires exactly once, also with several dispatchers. When
    an owner's handler fails, its clock is left as it was and tried again later: after 5 seconds,
    then twice as long each time, an hour at most. Clocks whose owner is gone are stopped.
    """
    db.run(_WAIT_FOR_A_LOCK)
    rows = [rules.row_from(values) for values in db.rows(_DUE, {"at": at, "limit": limit})]
    kept = _of_locked_owners(_first_of_each_root(rows), at)
    if not kept.rows:
        return fire_due(at, limit=limit) if kept.stopped else 0

    def fire(some: Sequence[rules.ClockRow]) -> int:
        return _fire(_current(some, at))

    return _one_by_one_if_need_be(kept.rows, fire, lambda row: db.run(_LATER, (at, row.id)))


def fire_all_due(at: datetime) -> int:
    """Fire every moment at or before `at`, each batch in a transaction of its own; return how many."""
    fired = 0
    while found := fire_due(at):
        fired += found
    return fired


@transaction.atomic
def recompute_stale(*, limit: int = 500) -> int:
    """Count up to `limit` running clocks anew whose calendar has changed; return how many.

    Call again until it returns 0, and now and then later: a process that had not yet seen the change
    may start a clock by the old revision, which is found here by its revision. A clock that cannot be
    counted is left until it is due.
    """
    db.run(_WAIT_FOR_A_LOCK)
    rows = [rules.row_from(values) for values in db.rows(_STALE, (limit,))]
    edits = _edits(rows)

    def count(some: Sequence[rules.ClockRow]) -> int:
        return len(_recount([(row, edits[row.calendar or ""]) for row in some]))

    return _one_by_one_if_need_be(rows, count, lambda row: db.run(_FAILED, (row.id,)))


@dataclass(frozen=True, slots=True)
class _Kept:
    """The clocks whose owners are locked, and how many were stopped because theirs are gone."""

    rows: list[rules.ClockRow]
    stopped: int


def _one_by_one_if_need_be(
    rows: Sequence[rules.ClockRow],
    work: Callable[[Sequence[rules.ClockRow]], int],
    failed: Callable[[rules.ClockRow], object],
) -> int:
    """Do the work for all clocks at once; when one spoils it, for each alone, and note those that fail."""
    try:
        with transaction.atomic():
            return work(rows)
    except Exception as failure:
        if not connection.is_usable():
            raise
        log.info("%d clocks are worked off one by one, because of %r", len(rows), failure)
        return sum(_alone(row, work, failed) for row in rows)


def _alone(
    row: rules.ClockRow,
    work: Callable[[Sequence[rules.ClockRow]], int],
    failed: Callable[[rules.ClockRow], object],
) -> int:
    try:
        with transaction.atomic():
            return work([row])
    except Exception:
        if not connection.is_usable():
            raise
        log.exception("clock %d of %s failed and is tried again later", row.id, row.owner)
        failed(row)
        return 0


def _current(rows: Sequence[rules.ClockRow], at: datetime) -> list[rules.ClockRow]:
    """Count the clocks of changed calendars anew first, and return those that are still due."""
    edits = _edits(rows)
    anew = _recount(
        [
            (row, edit)
            for row in rows
            if (edit := edits.get(row.calendar or "")) is not None
            and row.calendar_revision < edit.revision
            and (row.next_moment_at or at) > edit.at
        ]
    )
    found = [anew.get(row.id, row) for row in rows]
    return [row for row in found if row.next_moment_at is not None and row.next_moment_at <= at]


def _edits(rows: Sequence[rules.ClockRow]) -> dict[str, rules.CalendarEdit]:
    known = queries.revisions({row.calendar for row in rows if row.calendar})
    return {code: rules.CalendarEdit(code, *found) for code, found in known.items()}


def _recount(
    changes: Sequence[tuple[rules.ClockRow, rules.CalendarEdit]],
) -> dict[int, rules.ClockRow]:
    """Fire what lay before the changes, then count anew from them."""
    anew: dict[int, rules.ClockRow] = {}
    for row, edit in changes:
        calendar = queries.calendar_of(row.calendar, edit.revision)
        new, facts = rules.recounted(row, calendar, edit.at)
        update_row(new)
        ledger.record_many(facts)
        _tell(rules.moments_due(row, edit.at))
        anew[row.id] = new
        if new.due_at != row.due_at:
            tell_followers(new)
    return anew


def _kind(row: rules.ClockRow) -> str:
    return row.owner.partition(":")[0]


def _first_of_each_root(rows: Sequence[rules.ClockRow]) -> list[rules.ClockRow]:
    seen: dict[str, rules.ClockRow] = {}
    for row in rows:
        seen.setdefault(row.root or row.owner, row)
    return list(seen.values())


def _of_locked_owners(rows: Sequence[rules.ClockRow], at: datetime) -> _Kept:
    """Leave out clocks whose owner is busy: whoever works on it fires them or frees them soon.

    Clocks whose owner is gone would stay due for ever and crowd out others: they are stopped.
    """
    got: set[str] = set()
    gone: set[str] = set()
    for kind in {_kind(row) for row in rows}:
        owners = [row.owner for row in rows if _kind(row) == kind]
        locked = LOCKS.get(kind)(owners) if kind in LOCKS else Locked(frozenset(owners))
        got |= locked.got
        gone |= locked.gone
    orphans = [row.id for row in rows if row.owner in gone]
    if orphans:
        log.warning("%d clocks have lost their owners and are stopped: %s", len(orphans), gone)
        db.run(_GONE, (at, orphans))
    return _Kept([row for row in rows if row.owner in got - gone], len(orphans))


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
