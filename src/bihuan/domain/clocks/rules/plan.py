"""Plans what becomes of a clock. Pure: values in, the changed row out.

Every plan first passes the moments that lie at or before `at`: the row returned has them marked as
fired, and the caller records them with `moments_due(row, at)` of the row *before*. So a history comes out
the same whether or not a dispatcher ran meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bihuan.domain.clocks.choices import MomentKind
from bihuan.domain.clocks.models.row import (
    LIMIT,
    PAUSED,
    RUNNING,
    STOPPED,
    TIMER,
    ClockRow,
)
from bihuan.domain.clocks.ports import ClockMoment
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.engines.worktime import (
    Calendar,
    Limit,
    Measure,
    Warn,
    extended,
    parse_limit,
    parse_warn,
    written,
)
from bihuan.engines.worktime.measure import run_of, warn_micros, working_micros
from bihuan.engines.worktime.timeline import to_micros, to_moment

DISPATCHER = Actor("system:dispatcher")


def plan_start(
    calendar: Calendar, limit: Limit, warn: Sequence[Warn], at: datetime, *, kind: str = LIMIT
) -> ClockRow:
    """Return a new running clock. The caller adds `id`, `owner` and `root`."""
    row = ClockRow(
        kind=kind,
        calendar=calendar.code or None,
        calendar_revision=calendar.revision,
        limit_text=limit.text,
        started_at=at,
    )
    return _running(row, calendar, warn, since=at, at=at)


def plan_pause(row: ClockRow, calendar: Calendar, at: datetime) -> ClockRow:
    """Return the clock stopped for a while, its used time added up. Only a running clock changes."""
    row = plan_fired(row, at)
    if row.state != RUNNING:
        return row
    used = used_micros(row, calendar, at)
    return row._replace(state=PAUSED, used_us=used, since=None, due_at=None, next_moment_at=None)


def plan_resume(row: ClockRow, calendar: Calendar, at: datetime) -> ClockRow:
    """Return the clock going on with the time it has left: paused, or stopped and taken up again."""
    row = plan_fired(row, at)
    if row.state == RUNNING:
        return row
    return _running(row, calendar, _warns(row), since=at, at=at)


def plan_stop(row: ClockRow, calendar: Calendar, at: datetime) -> ClockRow:
    """Return the clock at its end, its used time added up. A stopped clock stays as it is."""
    row = plan_fired(row, at)
    if row.state == STOPPED:
        return row
    used = used_micros(row, calendar, at)
    return row._replace(state=STOPPED, used_us=used, since=None, next_moment_at=None, stopped_at=at)


def plan_recompute(row: ClockRow, calendar: Calendar, at: datetime) -> ClockRow:
    """Return the clock under a calendar changed at `at`: the run since its last start is counted anew.

    Time used in earlier runs stays as it was counted then. A limit that was passed and lies ahead
    again will be passed again.
    """
    row = plan_fired(row, at)
    if row.state != RUNNING or row.since is None:
        return row._replace(calendar_revision=calendar.revision)
    return _running(row, calendar, _warns(row), since=row.since, at=max(at, row.since))


def plan_limit(
    row: ClockRow, calendar: Calendar, limit: Limit, warn: Sequence[Warn], at: datetime
) -> ClockRow:
    """Return the clock with another limit; the time used so far counts against it."""
    row = plan_fired(row, at)._replace(limit_text=limit.text, calendar_revision=calendar.revision)
    if row.state == RUNNING and row.since is not None:
        since = row.since
        moved = _running(row._replace(level=0), calendar, warn, since=since, at=max(at, since))
        passed = sum(moment <= at for moment in moved.warn_at)
        level = max(moved.level, min(row.level, passed))
        due_ahead = moved.due_at if moved.enforced and moved.overdue_at is None else None
        following = _next_of(moved.warn_at[level:], due_ahead)
        following = max(following, at, since) if following else None
        return moved._replace(level=level, next_moment_at=following)
    ordered = _running(row._replace(level=0), calendar, warn, since=at, at=at)
    return row._replace(
        warn_texts=ordered.warn_texts,
        warn_at=ordered.warn_at,
        budget_us=ordered.budget_us,
        level=0,
    )


def plan_due(row: ClockRow, calendar: Calendar, until: datetime, at: datetime) -> ClockRow:
    """Return the clock with the limit that makes it due at `until`, seen from `at`.

    Counted in working time it is due at the last working moment up to `until`.
    """
    row = plan_fired(row, at)
    measure = parse_limit(row.limit_text).measure
    left = to_micros(until) - to_micros(at)
    if measure is Measure.WORKING:
        left = working_micros(calendar, to_micros(at), to_micros(until))
    limit = written(measure, used_micros(row, calendar, at) + max(left, 0))
    return plan_limit(row, calendar, limit, _warns(row), at)


def plan_extended(row: ClockRow, calendar: Calendar, more: Limit, at: datetime) -> ClockRow:
    """Return the clock with so much more of the time it counts."""
    limit = extended(parse_limit(row.limit_text), more)
    return plan_limit(row, calendar, limit, _warns(row), at)


def plan_warns(row: ClockRow, calendar: Calendar, warn: Sequence[Warn], at: datetime) -> ClockRow:
    """Return the clock with other warnings and the same limit.

    Warnings given stay given, and a new one that lies behind already is not given any more. Nothing changes
    for a clock that has stopped or is not enforced.
    """
    row = plan_fired(row, at)
    wanted = {one.text: one for one in warn}
    if row.state == STOPPED or not row.enforced or set(wanted) == set(row.warn_texts):
        return row
    limit = parse_limit(row.limit_text)
    run = run_of(calendar, to_micros(row.since or at), limit, row.used_us)
    planned = {text: warn_micros(calendar, limit, run, one) for text, one in wanted.items()}
    given = [text for text in row.warn_texts[: row.level] if text in wanted]
    texts = given + sorted(set(wanted) - set(given), key=lambda text: (planned[text], text))
    warn_at, latest = [], to_micros(row.started_at or at)
    for text in texts:
        latest = max(latest, planned[text])
        warn_at.append(to_moment(latest))
    enforce_from = calendar.enforce_from or at
    level = max(len(given), sum(one <= at or one < enforce_from for one in warn_at))
    due_ahead = row.due_at if row.overdue_at is None else None
    following = _next_of(warn_at[level:], due_ahead) if row.state == RUNNING else None
    return row._replace(
        warn_texts=tuple(texts),
        warn_at=tuple(warn_at),
        level=level,
        next_moment_at=max(following, at) if following else None,
    )


def plan_fired(row: ClockRow, at: datetime) -> ClockRow:
    """Return the clock with all moments at or before `at` marked as fired."""
    moments = moments_due(row, at)
    if not moments:
        return row
    level, overdue_at = row.level, row.overdue_at
    for moment in moments:
        if moment.kind is MomentKind.WARNED:
            level += 1
        else:
            overdue_at = moment.at
    if row.kind == TIMER and overdue_at is not None:
        return row._replace(
            level=level,
            overdue_at=overdue_at,
            used_us=max(row.used_us, row.budget_us),
            since=None,
            next_moment_at=None,
            state=STOPPED,
            stopped_at=overdue_at,
        )
    due_ahead = row.due_at if row.enforced and overdue_at is None else None
    following = _next_of(row.warn_at[level:], due_ahead)
    return row._replace(level=level, overdue_at=overdue_at, next_moment_at=following)


def plan_spared(row: ClockRow, before: datetime) -> ClockRow:
    """Return a running clock whose moments before `before` never come, as under `enforce_from`."""
    level = row.level
    while level < len(row.warn_at) and row.warn_at[level] < before:
        level += 1
    enforced = row.due_at is not None and row.due_at >= before
    due_ahead = row.due_at if enforced and row.overdue_at is None else None
    following = _next_of(row.warn_at[level:], due_ahead)
    return row._replace(level=level, enforced=enforced, next_moment_at=following)


def moments_due(row: ClockRow, at: datetime) -> list[ClockMoment]:
    """Return the moments at or before `at` that have not fired, in order, each at its own time."""
    floor = row.next_moment_at
    if floor is None or floor > at or row.due_at is None or row.state != RUNNING:
        return []
    found = [
        _moment(row, MomentKind.WARNED, max(row.warn_at[i], floor), level=i + 1)
        for i in range(row.level, len(row.warn_at))
        if row.warn_at[i] <= at
    ]
    if row.enforced and row.overdue_at is None and row.due_at <= at:
        kind = MomentKind.FIRED if row.kind == TIMER else MomentKind.OVERDUE
        earlier = [moment for moment in found if moment.at <= max(row.due_at, floor)]
        due = _moment(row, kind, max(row.due_at, floor), level=row.level + len(earlier))
        found = [*earlier, due, *([] if row.kind == TIMER else found[len(earlier) :])]
    return found


@dataclass(frozen=True, slots=True)
class CalendarEdit:
    """A calendar's present revision, and since when it is in force."""

    calendar: str
    revision: int
    at: datetime


def recounted(row: ClockRow, calendar: Calendar, at: datetime) -> tuple[ClockRow, list[Fact]]:
    """Return a clock counted by a calendar changed at `at`, and the facts this leaves."""
    facts = [fact_of(moment) for moment in moments_due(row, at)]
    new = plan_recompute(row, calendar, at)
    if new.due_at != row.due_at:
        data = {"clock": row.id, "due_at": new.due_at, "due_before": row.due_at}
        facts.append(Fact("clock.recomputed", row.owner, row.root, at, DISPATCHER, data=data))
    return new, facts


def fact_of(moment: ClockMoment, by: Actor = DISPATCHER) -> Fact:
    """Return the fact that a moment was reached."""
    data: dict[str, object] = {"clock": moment.clock_id, "due_at": moment.due_at.isoformat()}
    if moment.kind is MomentKind.WARNED:
        data |= {"level": moment.level, "warn": moment.warn}
    return Fact(moment.kind.value, moment.owner, moment.root, moment.at, by, data=data)


def used_micros(row: ClockRow, calendar: Calendar, at: datetime) -> int:
    """Return the time used up to `at`, the present run included. Time never runs backwards."""
    if row.since is None or at <= row.since:
        return row.used_us
    since, until = to_micros(row.since), to_micros(at)
    if parse_limit(row.limit_text).elapsed:
        return row.used_us + until - since
    return row.used_us + working_micros(calendar, since, until)


def _moment(row: ClockRow, kind: MomentKind, at: datetime, level: int) -> ClockMoment:
    warn = row.warn_texts[level - 1] if kind is MomentKind.WARNED else ""
    due_at = row.due_at or at
    return ClockMoment(row.id, row.owner, row.root, kind, at, due_at, level, warn)


def _warns(row: ClockRow) -> list[Warn]:
    return [parse_warn(text) for text in row.warn_texts]


def _running(
    row: ClockRow, calendar: Calendar, warns: Sequence[Warn], *, since: datetime, at: datetime
) -> ClockRow:
    """Lay out the moments of a run that began at `since`, as known at `at`.

    A moment that a change has put into the past is due at once, not in the past.

    The first layout puts the warnings in order of time; later ones keep that order, so that `level`
    always says which of them have been given.
    """
    limit = parse_limit(row.limit_text)
    run = run_of(calendar, to_micros(since), limit, row.used_us)
    planned = [(warn_micros(calendar, limit, run, warn), warn.text) for warn in warns]
    if not row.level:
        planned.sort()
    warn_at, latest = [], to_micros(row.started_at or since)
    for instant, _ in planned:
        latest = max(latest, instant)
        warn_at.append(to_moment(latest))
    due_at = to_moment(run.due)
    enforce_from = calendar.enforce_from if row.kind == LIMIT else None
    level = row.level
    while enforce_from and level < len(warn_at) and warn_at[level] < enforce_from:
        level += 1
    ahead_again = row.overdue_at is not None and due_at > at
    overdue_at = None if ahead_again else row.overdue_at
    enforced = enforce_from is None or due_at >= enforce_from
    following = _next_of(warn_at[level:], due_at if enforced and overdue_at is None else None)
    return row._replace(
        state=RUNNING,
        calendar_revision=calendar.revision,
        since=since,
        due_at=due_at,
        budget_us=run.budget,
        warn_texts=tuple(text for _, text in planned),
        warn_at=tuple(warn_at),
        next_moment_at=max(following, at) if following else None,
        level=level,
        overdue_at=overdue_at,
        enforced=enforced,
        stopped_at=None,
    )


def _next_of(warnings: Sequence[datetime], due_at: datetime | None) -> datetime | None:
    if not warnings:
        return due_at
    return warnings[0] if due_at is None else min(warnings[0], due_at)
