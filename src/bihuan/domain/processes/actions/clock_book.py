"""The clocks one operation touches: read with a lock, planned by `clocks.rules`, written with the step.

Owners: `unit:<token>` for a unit's limit, `group:<instance>:<group>` for a limit group, `timer:<token>` for a
BPMN timer.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bihuan.domain.clocks import queries as calendars
from bihuan.domain.clocks.choices import MomentKind
from bihuan.domain.clocks.rules import (
    COLUMNS,
    CalendarEdit,
    ClockRow,
    fact_of,
    moments_due,
    plan_due,
    plan_extended,
    plan_fired,
    plan_limit,
    plan_pause,
    plan_resume,
    plan_spared,
    plan_start,
    plan_stop,
    plan_warns,
    recounted,
)
from bihuan.domain.ledger.events import Fact
from bihuan.domain.processes.actions.keeping import IDS_AT_ONCE, kept
from bihuan.engines.worktime import ALWAYS, Calendar, parse_limit, parse_warns
from bihuan.kit import db

RUNNING, PAUSED, STOPPED = "RUNNING", "PAUSED", "STOPPED"
TIMER = "TIMER"

# Several at once: a step that needs one usually needs more.
_NEXT_IDS = "select nextval('clocks_clock_id_seq') from generate_series(1, %s)"
AT_ONCE = 4

Plan = Callable[[ClockRow, Calendar, datetime], ClockRow]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a limit is: how long, on which calendar, warned when."""

    limit: str
    calendar: str
    warn: tuple[str, ...] = ()


class ClockBook:
    """The clocks of one instance by owner, as they are after what was planned so far."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.rows: dict[str, ClockRow] = {}
        self.facts: list[Fact] = []
        self._new: set[str] = set()
        self._changed: set[str] = set()
        self._calendars: dict[str, Calendar] = {}
        batch = kept()
        self._ids: list[int] = [] if batch is None else batch.clock_ids
        self._edits: list[CalendarEdit] = []

    def load(self, rows: Iterable[ClockRow], edits: Iterable[CalendarEdit] = ()) -> None:
        """Know these clocks, read with a lock, and which of their calendars were changed meanwhile."""
        self.rows.update((row.owner, row) for row in rows)
        self._edits.extend(edits)

    # ------------------------------------------------------------ asking
    @property
    def acted(self) -> bool:
        """Whether a clock was started or changed."""
        return bool(self._changed or self.facts)

    def shown(self, owner: str) -> tuple[datetime | None, datetime | None]:
        """Return when an owner's running clock is due and when it first warns."""
        row = self.rows.get(owner)
        if row is None or row.state != RUNNING or not row.enforced:
            return None, None
        return row.due_at, row.warn_at[0] if row.warn_at else None

    def next_timer(self, at: datetime) -> tuple[datetime, int] | None:
        """Return the moment and token of the first timer that falls due up to `at`."""
        due = [
            (row.due_at, int(owner.partition(":")[2]))
            for owner, row in self.rows.items()
            if owner.startswith("timer:")
            and row.state == RUNNING
            and row.due_at
            and row.due_at <= at
        ]
        return min(due, default=None)

    def overdue_at(self, owner: str, at: datetime) -> datetime | None:
        """Return when an owner's running limit was passed, up to `at`; None when it was not."""
        row = self.rows.get(owner)
        if row is None or row.state != RUNNING:
            return None
        ahead = (one.at for one in moments_due(row, at) if one.kind is MomentKind.OVERDUE)
        return row.overdue_at or next(ahead, None)

    def next_return(self, at: datetime) -> tuple[datetime, int] | None:
        """Return the moment and unit of the first delegation that ends up to `at`."""
        due = [
            (row.due_at, int(owner.partition(":")[2]))
            for owner, row in self.rows.items()
            if owner.startswith("delegation:")
            and row.state == RUNNING
            and row.due_at
            and row.due_at <= at
        ]
        return min(due, default=None)

    def earliest_due(self) -> datetime | None:
        """Return when the first running limit is due; timers do not count."""
        due = [
            row.due_at
            for row in self.rows.values()
            if row.state == RUNNING and row.kind != TIMER and row.enforced and row.due_at
        ]
        return min(due, default=None)

    # ------------------------------------------------------------ planning
    def start(
        self, owner: str, limit: str, *, calendar: str, warn: Iterable[str], at: datetime
    ) -> None:
        """Start a limit."""
        compiled = self._calendar(calendar)
        row = plan_start(compiled, parse_limit(limit), parse_warns(warn), at)
        self._put(owner, row)

    def start_timer(self, owner: str, due_at: datetime, at: datetime) -> None:
        """Start a timer; it runs day and night."""
        micros = max(due_at - at, timedelta()) // timedelta(microseconds=1)
        seconds = f"{micros // 1_000_000}.{micros % 1_000_000:06d}".rstrip("0").rstrip(".")
        limit = parse_limit(f"PT{seconds}S")
        self._put(owner, plan_start(ALWAYS, limit, (), at, kind=TIMER))

    def stop(self, owner: str, at: datetime) -> None:
        """Stop an owner's clock for good, if it has one."""
        self._plan(owner, at, plan_stop)

    def pause(self, owner: str, at: datetime) -> None:
        """Pause an owner's clock, if it runs."""
        if owner in self.rows and self.rows[owner].state == RUNNING:
            self._plan(owner, at, plan_pause)

    def resume(self, owner: str, at: datetime) -> None:
        """Let an owner's clock go on, if it is paused."""
        if owner in self.rows and self.rows[owner].state == PAUSED:
            self._plan(owner, at, plan_resume)

    def warn(self, owner: str, warns: Iterable[str], at: datetime) -> None:
        """Give an owner's clock other warnings."""
        texts = tuple(warns)
        row = self.rows.get(owner)
        if row is not None and set(texts) != set(row.warn_texts):
            warn = parse_warns(texts)
            self._plan(owner, at, lambda row, calendar, at: plan_warns(row, calendar, warn, at))

    def extend(self, owner: str, more: str, until: datetime | None, at: datetime) -> None:
        """Give an owner's clock so much more time, or the time until a moment."""

        def plan(row: ClockRow, calendar: Calendar, at: datetime) -> ClockRow:
            if until is not None:
                return plan_due(row, calendar, until, at)
            return plan_extended(row, calendar, parse_limit(more), at)

        self._plan(owner, at, plan)

    def relimit(self, owner: str, terms: Terms, at: datetime) -> None:
        """Put a limit under other terms; the time used so far counts against it.

        Without a clock one starts now; with the same terms nothing changes.
        """
        row = self.rows.get(owner)
        if row is None or row.state == STOPPED:
            self.start(owner, terms.limit, calendar=terms.calendar, warn=terms.warn, at=at)
            return
        calendar, limit = self._calendar(terms.calendar), parse_limit(terms.limit)
        warns = parse_warns(terms.warn)
        same_warns = sorted(row.warn_texts) == sorted(one.text for one in warns)
        same_calendar = (row.calendar or "") == (calendar.code or "")
        if row.limit_text == limit.text and same_calendar and same_warns:
            return
        was_running = row.state == RUNNING
        self.pause(owner, at)
        row = self.rows[owner]._replace(calendar=calendar.code or None)
        self._set(owner, plan_limit(row, calendar, limit, warns, at))
        if was_running:
            self.resume(owner, at)

    def fire(self, at: datetime, timer: str = "") -> None:
        """Pass every moment up to `at` of every clock, each a fact at its own time.

        Of the BPMN timers and the ends of delegations only the one named fires: others have their own turn.
        """
        for owner, row in list(self.rows.items()):
            waits = owner.startswith(("timer:", "delegation:")) and owner != timer
            if not waits and row.next_moment_at is not None and row.next_moment_at <= at:
                self._pass_moments(owner, at)
                self._set(owner, plan_fired(self.rows[owner], at))

    def edits(self, at: datetime) -> list[tuple[datetime, CalendarEdit]]:
        """Return the changes of calendars under running clocks, each with its moment, `at` at the latest."""
        found = [(min(edit.at, at), edit) for edit in self._edits]
        self._edits.clear()
        return sorted(found, key=lambda one: one[0])

    def recount(self, edit: CalendarEdit, at: datetime) -> None:
        """Count the running clocks of a changed calendar anew, as the dispatcher does."""
        calendar = calendars.calendar_of(edit.calendar, edit.revision)
        self._calendars[edit.calendar] = calendar
        for owner, row in list(self.rows.items()):
            stale = row.calendar_revision < edit.revision and row.state == RUNNING
            if row.calendar == edit.calendar and stale:
                changed, told = recounted(row, calendar, at)
                self._set(owner, changed)
                self.facts.extend(told)

    def spare(self, before: datetime) -> None:
        """Let no running clock warn or be overdue for a moment before `before`."""
        for owner, row in list(self.rows.items()):
            if row.state == RUNNING and row.kind != TIMER:
                self._set(owner, plan_spared(row, before))

    # ------------------------------------------------------------ writing
    def params(self) -> dict[str, Any]:
        """Return the parameters of the statement's clock parts."""
        written = [(owner in self._new, self.rows[owner]) for owner in sorted(self._changed)]
        return {
            "new_clocks": [_json(row) for is_new, row in written if is_new],
            "old_clocks": [_json(row) for is_new, row in written if not is_new],
        }

    # ------------------------------------------------------------ inside
    def _plan(self, owner: str, at: datetime, plan: Plan) -> None:
        row = self.rows.get(owner)
        if row is None or row.state == STOPPED:
            return
        if not owner.startswith("timer:"):  # a timer that is stopped before its turn has not fired
            self._pass_moments(owner, at)
            row = self.rows[owner]
        self._set(owner, plan(row, self._calendar_of(row), at))

    def _pass_moments(self, owner: str, at: datetime) -> None:
        row = self.rows[owner]
        due = moments_due(row, at)
        if due and not row.id:
            # A clock started and due within one step: its facts must name it before it is written.
            self.rows[owner] = row = row._replace(id=self._next_id())
            due = moments_due(row, at)
        self.facts.extend(fact_of(moment) for moment in due)

    def _next_id(self) -> int:
        if not self._ids:
            count = AT_ONCE if kept() is None else IDS_AT_ONCE
            self._ids.extend(found[0] for found in db.rows(_NEXT_IDS, (count,)))
        return int(self._ids.pop(0))

    def _put(self, owner: str, row: ClockRow) -> None:
        before = self.rows.get(owner)
        if before is None:
            self._new.add(owner)
        # A cycle's next round goes on in the row of the round before.
        known = before.id if before is not None else 0
        self._set(owner, row._replace(id=known, owner=owner, root=self.root))

    def _set(self, owner: str, row: ClockRow) -> None:
        self.rows[owner] = row
        self._changed.add(owner)

    def _calendar_of(self, row: ClockRow) -> Calendar:
        return self._calendar(row.calendar or "")

    def _calendar(self, code: str) -> Calendar:
        if code not in self._calendars:
            self._calendars[code] = calendars.calendar(code)
        return self._calendars[code]


def _json(row: ClockRow) -> dict[str, Any]:
    values = dict(zip(COLUMNS, row, strict=True))
    values["id"] = row.id or None
    return values


_TYPES = {
    "id": "bigint",
    "calendar_revision": "int",
    "warn_texts": "text[]",
    "budget_us": "bigint",
    "used_us": "bigint",
    "since": "timestamptz",
    "due_at": "timestamptz",
    "warn_at": "timestamptz[]",
    "next_moment_at": "timestamptz",
    "level": "int",
    "overdue_at": "timestamptz",
    "enforced": "boolean",
    "started_at": "timestamptz",
    "stopped_at": "timestamptz",
}
_FIXED = ("id", "owner", "root", "kind")
_MOVING = tuple(name for name in COLUMNS if name not in _FIXED)


def _shape(names: Iterable[str]) -> str:
    return ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in names)


_REST = ", ".join(name for name in COLUMNS if name != "id")
# Every name put in is one of our own columns.
START_CLOCKS = f"""started_clocks as (
    insert into clocks_clock (id, {_REST})
    select coalesce(id, nextval('clocks_clock_id_seq')), {_REST}
    from json_to_recordset(%(new_clocks)s::json) as x({_shape(COLUMNS)})
)"""  # noqa: S608
CHANGE_CLOCKS = f"""changed_clocks as (
    update clocks_clock c set {", ".join(f"{name} = x.{name}" for name in _MOVING)}
    from json_to_recordset(%(old_clocks)s::json) as x(id bigint, {_shape(_MOVING)})
    where c.id = x.id
)"""  # noqa: S608
