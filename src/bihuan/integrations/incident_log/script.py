"""Say an incident in the product's words: for every row of the log, the steps that state what it says.

The reading, row by row (decision 0081):

- the first row takes the case in at the moment the log says the incident was opened;
- a change of state into `Awaiting …` suspends the process, out of it resumes it;
- a rise of `reassignment_count` transfers the open unit; a change of `assigned_to` alone assigns it;
- `Resolved` submits the open unit as resolved; from there back to work is the user's refusal;
- `Closed` is the user's consent; back to work from there reopens the case;
- `Closed` without `Resolved` ends the case as closed elsewhere, which is counted apart;
- attributes that changed are a fact that names them; a row that changes nothing is a fact that the
  record was saved.

A row that the product cannot express is named with a reason. What it would have changed is not lost:
the next row is compared with the last one expressed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bihuan.integrations.incident_log.log import Event, Incident

NEW, ACTIVE, RESOLVED, CLOSED = "New", "Active", "Resolved", "Closed"
KNOWN = {NEW, ACTIVE, RESOLVED, CLOSED}
WAITING = "Awaiting "


class Do(StrEnum):
    """What a step does."""

    OPEN = "open"
    ASSIGN = "assign"
    TRANSFER = "transfer"
    SUSPEND = "suspend"
    RESUME = "resume"
    RESOLVE = "resolve"
    REFUSE = "refuse"
    AGREE = "agree"
    REOPEN = "reopen"
    END = "end"
    UPDATE = "update"
    TOUCH = "touch"


class Why(StrEnum):
    """Why a row cannot be expressed."""

    UNKNOWN_STATE = "日志状态不在流程里"
    BACK_IN_TIME = "时间早于前一行"


@dataclass(frozen=True, slots=True)
class Step:
    """One action: `group` and `person` as in the log, `by` the log's name of who did it."""

    do: Do
    at: datetime
    by: str
    group: str = ""
    person: str = ""
    reason: str = ""
    data: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Script:
    """An incident as steps. `applied` and the counts of `left` add up to its rows."""

    incident: Incident
    steps: tuple[Step, ...]
    applied: int
    left: dict[Why, list[int]] = field(hash=False)


def script_of(incident: Incident) -> Script:
    """Return the steps of an incident and the rows that no step expresses."""
    steps: list[Step] = []
    left: dict[Why, list[int]] = {}
    applied = 0
    before: Event | None = None
    for event in incident.events:
        why = _cannot(before, event)
        if why is not None:
            left.setdefault(why, []).append(event.line)
            continue
        steps.extend(_first(incident, event) if before is None else _next(before, event))
        applied += 1
        before = event
    return Script(incident, tuple(steps), applied, left)


def _cannot(before: Event | None, event: Event) -> Why | None:
    if event.state not in KNOWN and not event.state.startswith(WAITING):
        return Why.UNKNOWN_STATE
    if before is not None and event.at < before.at:
        return Why.BACK_IN_TIME
    return None


def _first(incident: Incident, event: Event) -> Iterator[Step]:
    opened_at = min(incident.opened_at, event.at)
    yield Step(Do.OPEN, opened_at, event.by, group=event.group, data=event.attributes)
    if event.person:
        yield Step(Do.ASSIGN, event.at, event.by, person=event.person)
    yield from _state(NEW, event)
    if event.state in (NEW, ACTIVE) and not event.person:
        yield Step(Do.UPDATE, event.at, event.by, data={"incident_state": event.state})


def _next(before: Event, event: Event) -> Iterator[Step]:
    steps = list(_moves(before, event))
    changed = {
        key: value
        for key, value in event.attributes.items()
        if before.attributes.get(key, "") != value
    }
    if RESOLVED in (before.state, event.state) and before.person != event.person:
        changed["assigned_to"] = event.person
    if before.state == event.state == CLOSED and before.group != event.group:
        changed["assignment_group"] = event.group
    if before.state != event.state and not any(step.do in _SAYS_STATE for step in steps):
        changed["incident_state"] = event.state
    if changed:
        steps.append(Step(Do.UPDATE, event.at, event.by, data=changed))
    if not steps:
        steps.append(Step(Do.TOUCH, event.at, event.by, data={"mod_count": event.mod_count}))
    return iter(steps)


_SAYS_STATE = {Do.SUSPEND, Do.RESUME, Do.RESOLVE, Do.REFUSE, Do.AGREE, Do.REOPEN, Do.END}


def _moves(before: Event, event: Event) -> Iterator[Step]:
    """Yield what moves the case: first back to work, then to whom, then on."""
    if before.state == CLOSED and event.state != CLOSED:
        yield Step(Do.REOPEN, event.at, event.by, reason="日志：关闭后重新打开")
    elif before.state == RESOLVED and event.state not in (RESOLVED, CLOSED):
        yield Step(Do.REFUSE, event.at, event.by, reason="日志：解决后重新打开")
    elif _waits(before) and before.state != event.state:
        yield Step(Do.RESUME, event.at, event.by, reason=before.state)
    if before.state != CLOSED or event.state != CLOSED:
        yield from _hands(before, event)
    if before.state != event.state:
        yield from _state(before.state, event)


def _hands(before: Event, event: Event) -> Iterator[Step]:
    # Who resolved an incident must not be the one who asks its caller: the log's assignee of a resolved
    # incident is a changed attribute, not the asker.
    asking = before.state == RESOLVED and event.state in (RESOLVED, CLOSED)
    if asking and event.reassignments > before.reassignments:
        yield Step(Do.TRANSFER, event.at, event.by, group=event.group)
    if asking:
        return
    if event.reassignments > before.reassignments:
        yield Step(Do.TRANSFER, event.at, event.by, group=event.group, person=event.person)
    elif event.person and event.person != before.person:
        yield Step(Do.ASSIGN, event.at, event.by, person=event.person)


def _state(before: str, event: Event) -> Iterator[Step]:
    at, by = event.at, event.by
    if event.state.startswith(WAITING):
        yield Step(Do.SUSPEND, at, by, reason=event.state)
    elif event.state == RESOLVED:
        yield Step(Do.RESOLVE, at, event.resolver, person=event.person)
    elif event.state == CLOSED:
        yield Step(
            Do.AGREE if before == RESOLVED else Do.END, at, by, reason="日志：未经解决而关闭"
        )


def _waits(event: Event) -> bool:
    return event.state.startswith(WAITING)
