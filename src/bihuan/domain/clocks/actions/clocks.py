"""Start, pause, resume and stop single clocks. The process engine does the same inside its own
statements, with the same plans."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bihuan.domain.clocks import queries, rules
from bihuan.domain.clocks.actions.rows import insert_row, locked, tell_followers, update_row
from bihuan.domain.clocks.ports import MOMENTS
from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.engines import worktime
from bihuan.kit.problems import Invalid, NotFound, Refused


class ClockMissing(NotFound):
    """The owner has no running or paused clock."""

    message = "没有正在计时的时限。"


class ClockAlreadyRunning(Refused):
    """The owner's clock runs or is paused already."""

    message = "时限已经在计时。"


class ClockNotRunning(Refused):
    """Only a running clock can be paused."""

    message = "时限已经停表。"


class ClockNotPaused(Refused):
    """Only a paused clock can go on."""

    message = "时限正在走表，不需要恢复。"


class LimitRefused(Invalid):
    """The limit or a warning cannot be read."""

    message = "时限写法有误，请写成 30m、2h、1wd、1wd4h 或 P7D，预警写成 80% 或 30m。"


@dataclass(frozen=True, slots=True)
class ClockTerms:
    """How long a clock allows: a limit, on a calendar, with warnings like `80%,30m`."""

    limit: str
    calendar: str = ""
    warn: str = ""
    kind: str = rules.LIMIT


@transaction.atomic
def start_clock(
    owner: str, root: str, terms: ClockTerms, *, by: Actor, at: datetime
) -> rules.ClockRow:
    """Start a clock for an owner that has none running. Refuses `ClockAlreadyRunning`, `LimitRefused`."""
    if locked(owner) is not None:
        raise ClockAlreadyRunning
    limit, warn = _read(terms)
    calendar = queries.calendar(terms.calendar)
    row = rules.plan_start(calendar, limit, warn, at, kind=terms.kind)
    row = insert_row(row._replace(owner=owner, root=root))
    _record("clock.started", row, by=by, at=at)
    return row


@transaction.atomic
def pause_clock(owner: str, *, by: Actor, at: datetime, reason: str = "") -> rules.ClockRow:
    """Stop the time of a running clock for a while. Refuses `ClockNotRunning`."""
    row = _passed(owner, at)
    if row.state != rules.RUNNING:
        raise ClockNotRunning
    return _change("clock.paused", row, rules.plan_pause, by=by, at=at, reason=reason)


@transaction.atomic
def resume_clock(owner: str, *, by: Actor, at: datetime, reason: str = "") -> rules.ClockRow:
    """Let a paused clock go on with the time it has left. Refuses `ClockNotPaused`."""
    row = _passed(owner, at)
    if row.state != rules.PAUSED:
        raise ClockNotPaused
    return _change("clock.resumed", row, rules.plan_resume, by=by, at=at, reason=reason)


@transaction.atomic
def stop_clock(owner: str, *, by: Actor, at: datetime, reason: str = "") -> rules.ClockRow:
    """End a clock. Refuses `ClockMissing`."""
    row = _passed(owner, at)
    return _change("clock.stopped", row, rules.plan_stop, by=by, at=at, reason=reason)


@transaction.atomic
def change_limit(
    owner: str, limit: str, *, by: Actor, at: datetime, reason: str, warn: str | None = None
) -> rules.ClockRow:
    """Give a clock another limit; time used counts against it. Warnings stay unless given anew."""
    row = _passed(owner, at)
    warnings = ",".join(row.warn_texts) if warn is None else warn
    allowed, warns = _read(ClockTerms(limit, row.calendar or "", warnings))

    def plan(row: rules.ClockRow, calendar: worktime.Calendar, at: datetime) -> rules.ClockRow:
        return rules.plan_limit(row, calendar, allowed, warns, at)

    return _change("clock.limit_changed", row, plan, by=by, at=at, reason=reason)


def _read(terms: ClockTerms) -> tuple[worktime.Limit, tuple[worktime.Warn, ...]]:
    try:
        return worktime.parse_limit(terms.limit), worktime.parse_warns(terms.warn)
    except worktime.LimitUnreadable as mistake:
        raise LimitRefused from mistake


def _passed(owner: str, at: datetime) -> rules.ClockRow:
    """Lock the owner's clock and fire the moments up to `at`, each by itself, as a dispatcher would."""
    row = locked(owner)
    while row is not None and row.next_moment_at is not None and row.next_moment_at <= at:
        moments = rules.moments_due(row, row.next_moment_at)
        update_row(rules.plan_fired(row, row.next_moment_at))
        ledger.record_many([rules.fact_of(moment) for moment in moments])
        for moment in moments:
            if moment.owner_kind in MOMENTS:
                MOMENTS.get(moment.owner_kind)(moment)
        row = locked(owner)
    if row is None:
        raise ClockMissing
    return row


def _change(
    name: str,
    row: rules.ClockRow,
    plan: Callable[[rules.ClockRow, worktime.Calendar, datetime], rules.ClockRow],
    *,
    by: Actor,
    at: datetime,
    reason: str,
) -> rules.ClockRow:
    row = plan(row, queries.calendar(row.calendar), at)
    update_row(row)
    tell_followers(row)
    _record(name, row, by=by, at=at, reason=reason)
    return row


def _record(name: str, row: rules.ClockRow, *, by: Actor, at: datetime, reason: str = "") -> None:
    data = {
        "clock": row.id,
        "limit": row.limit_text,
        "used_us": row.used_us,
        "due_at": row.due_at.isoformat() if row.due_at else None,
    }
    ledger.record(Fact(name, row.owner, row.root, at, by, reason, data=data))
