"""More time for a unit or its limit group, asked for by who works on it and granted by somebody else.

While a request is pending the clock goes on, warns and may be overdue. A grant counts from the limit's start: the
time used stays used, warnings lie anew, and a clock that was overdue and is not any more may be overdue again.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from bihuan.domain.clocks import queries as clocks
from bihuan.domain.clocks.rules import ClockRow
from bihuan.domain.ledger.events import Actor
from bihuan.domain.notifications.choices import Topic
from bihuan.domain.processes.actions import people, refusals, store
from bihuan.domain.processes.actions.beside import Beside, beside
from bihuan.domain.processes.actions.guard import engine_refusals
from bihuan.domain.processes.actions.step import Step
from bihuan.domain.processes.actions.telling import about, deciders, staff_of, tell
from bihuan.domain.processes.choices import ExtensionState, InstanceState
from bihuan.domain.processes.models import Extension, ProcessInstance
from bihuan.domain.processes.ports import InstanceChange
from bihuan.domain.processes.queries.blueprints import blueprint
from bihuan.domain.processes.queries.extensions import ExtensionMissing
from bihuan.engines.worktime import LimitUnreadable, extended, parse_limit
from bihuan.kit import db
from bihuan.kit.problems import NotAllowed

_LAPSE = """
update processes_extension e set state = 'LAPSED', decided_at = %s
from processes_token t
where e.clock_owner = %s and e.state = 'PENDING' and t.id = e.token_id
    and t.state not in ('OPEN', 'CLAIMED')
"""


@dataclass(frozen=True, slots=True)
class MoreTime:
    """How much more: a span as limits are written, or a moment; for a limit group if one is named."""

    more: str = ""
    until: datetime | None = None
    group: str = ""


@transaction.atomic
def request_extension(
    unit_id: int, *, wanted: MoreTime, reason: str, by: Actor, at: datetime
) -> int:
    """Ask for more time and return the request's id. Whoever works on the unit may.

    Who decides nearest to the unit, upwards, is told of it.
    """
    unit = beside(unit_id, by=by, at=at)
    if not unit.standing.may_work:
        raise NotAllowed
    who = unit.worker_or("")
    if not reason.strip():
        raise refusals.ReasonMissing
    if not unit.is_open:
        raise refusals.UnitNotOpen
    clock = _clock(unit, wanted.group)
    _check(clock, wanted, at)
    db.run(_LAPSE, (at, clock.owner))
    pending = Extension.objects.filter(clock_owner=clock.owner, state=ExtensionState.PENDING)
    if pending.exists():
        raise refusals.ExtensionPending
    made = Extension.objects.create(
        token_id=unit_id,
        root=unit.row.root,
        clock_owner=clock.owner,
        more=wanted.more.strip(),
        until=wanted.until,
        reason=reason.strip(),
        requested_by=who.ref,
        on_behalf_of=who.on_behalf_of,
        requested_at=at,
    )
    data = {"extension": made.pk, "clock": clock.owner, **_said(made)}
    unit.tell("unit.extension_requested", who, reason=reason.strip(), **data)
    _tell_deciders(made, unit)
    return int(made.pk)


@transaction.atomic
def withdraw_extension(extension_id: int, *, by: Actor, at: datetime) -> None:
    """Take a pending request back. Only who made it may, or on whose behalf it was made."""
    request, unit = _pending(extension_id, by, at)
    if unit.access is not None and by.ref not in _askers(request):
        raise NotAllowed
    _decided(request, ExtensionState.WITHDRAWN, by, at)
    unit.tell("unit.extension_withdrawn", by, extension=request.pk)


@transaction.atomic
def refuse_extension(extension_id: int, *, reason: str, by: Actor, at: datetime) -> None:
    """Refuse a pending request. Needs the verb `unit.extend`; no clock is touched."""
    request, unit = _pending(extension_id, by, at)
    if not unit.may("unit.extend"):
        raise NotAllowed
    if by.ref in _askers(request):
        raise refusals.OwnExtension
    if not reason.strip():
        raise refusals.ReasonMissing
    _decided(request, ExtensionState.REFUSED, by, at, decision=reason.strip())
    unit.tell("unit.extension_refused", by, reason=reason.strip(), extension=request.pk)
    _tell_asker(request, f"延期未批准：{unit.row.title}", by, at)


@transaction.atomic
def approve_extension(
    extension_id: int, *, reason: str = "", by: Actor, at: datetime
) -> InstanceChange:
    """Grant a pending request and let its clock count by the new limit.

    Needs the verb `unit.extend` where the unit is or its process was started; never who asked for it.
    """
    asked = _request(extension_id)
    step = store.open_step(store.instance_of(asked.token_id))
    when = step.begin(by, at)
    request = _request(extension_id, lock=True)
    token, extra = step.unit(request.token_id)
    found = people.access(step, when)
    places = (extra.unit_id, step.instance.unit_id)
    if found is not None and not found.may_in_any("unit.extend", *places):
        raise NotAllowed
    if by.ref in _askers(request):
        raise refusals.OwnExtension
    if step.instance.state not in {InstanceState.RUNNING, InstanceState.SUSPENDED}:
        raise refusals.ProcessNotRunning
    _extend(step, request, when.at)
    _decided(request, ExtensionState.APPROVED, by, when.at, decision=reason.strip())
    data = {"extension": request.pk, "clock": request.clock_owner, "asked_by": request.requested_by}
    data |= {"due_before": request.due_before, "due_at": request.due_at, **_said(request)}
    step.unit_fact("unit.extended", token, when, reason.strip(), **data)
    _tell_asker(request, f"延期已批准：{extra.title}", by, when.at)
    return store.save(step, when)


def _tell_deciders(request: Extension, unit: Beside) -> None:
    askers = [one for one in map(staff_of, _askers(request)) if one is not None]
    where = unit.row.unit_id or unit.instance_unit
    people = deciders("unit.extend", where, unit.at, but=askers)
    title, key = f"申请延期，请审批：{unit.row.title}", f"extension:{request.pk}:asked"
    notice = about(Topic.WARNING, title, request.root, key, request.reason)
    tell(notice, people, by=unit.by, at=unit.at)


def _tell_asker(request: Extension, title: str, by: Actor, at: datetime) -> None:
    key = f"extension:{request.pk}:{request.state}"
    notice = about(Topic.WARNING, title, request.root, key, request.decision)
    tell(notice, [staff_of(ref) for ref in sorted(_askers(request))], by=by, at=at)


def _extend(step: Step, request: Extension, at: datetime) -> None:
    before = step.clocks.rows.get(request.clock_owner)
    if before is None:
        raise refusals.NoLimitToExtend
    _check(before, MoreTime(request.more, request.until), at)
    with engine_refusals():
        step.clocks.extend(request.clock_owner, request.more, request.until, at)
    after = step.clocks.rows[request.clock_owner]
    request.due_before, request.due_at = before.due_at, after.due_at
    if after.due_at is not None and (after.due_at <= at or _no_later(before, after)):
        raise refusals.ExtensionNotLater


def _no_later(before: ClockRow, after: ClockRow) -> bool:
    return bool(before.due_at and after.due_at and after.due_at <= before.due_at)


def _clock(unit: Beside, group: str) -> ClockRow:
    owner = f"unit:{unit.row.id}"
    if group:
        instance = ProcessInstance.objects.only("definition_id").get(pk=unit.row.instance_id)
        groups = blueprint(instance.definition_id).graph.process.limit_groups
        if not any(one.id == group and unit.row.node in one.units for one in groups):
            raise refusals.NoLimitToExtend
        owner = f"group:{unit.row.instance_id}:{group}"
    clock = clocks.live_clock(owner)
    if clock is None:
        raise refusals.NoLimitToExtend
    return clock


def _check(clock: ClockRow, wanted: MoreTime, at: datetime) -> None:
    """Refuse what can be seen to be no extension before anybody is asked."""
    if (wanted.until is None) == (not wanted.more.strip()):
        raise refusals.ExtensionUnreadable
    if wanted.until is not None:
        if wanted.until <= max(at, clock.due_at or at):
            raise refusals.ExtensionNotLater
        return
    try:
        extended(parse_limit(clock.limit_text), parse_limit(wanted.more))
    except LimitUnreadable as unreadable:
        raise refusals.ExtensionUnreadable from unreadable


def _pending(extension_id: int, by: Actor, at: datetime) -> tuple[Extension, Beside]:
    unit = beside(_request(extension_id).token_id, by=by, at=at)
    return _request(extension_id, lock=True), unit


def _request(extension_id: int, *, lock: bool = False) -> Extension:
    """Return a request; with `lock`, one that is still pending."""
    found = Extension.objects.filter(pk=extension_id)
    request = (found.select_for_update() if lock else found).first()
    if request is None:
        raise ExtensionMissing
    if lock and request.state != ExtensionState.PENDING:
        raise refusals.ExtensionDecided
    return request


def _askers(request: Extension) -> set[str]:
    return {request.requested_by, request.on_behalf_of} - {""}


def _decided(
    request: Extension, state: ExtensionState, by: Actor, at: datetime, *, decision: str = ""
) -> None:
    request.state, request.decided_by, request.decided_at = state, by.ref, at
    request.decision = decision
    request.save()


def _said(request: Extension) -> dict[str, Any]:
    if request.until is not None:
        return {"until": request.until.isoformat()}
    return {"more": request.more}
