"""Follow the limits of watched units with clocks of our own, and fire steps when a share is used.

The process has locked its instance whenever it says that something changed; the dispatcher asks for the
same instance without waiting. So neither waits for the other in a ring.
"""

from collections.abc import Mapping, Sequence

from bihuan.domain.clocks import actions as clocks, queries as clock_queries
from bihuan.domain.clocks.choices import ClockState, MomentKind
from bihuan.domain.clocks.ports import ClockMoment, Locked
from bihuan.domain.escalations import queries, rules
from bihuan.domain.escalations.actions import firing
from bihuan.domain.escalations.choices import Cause
from bihuan.domain.escalations.events import Ladder, Occasion
from bihuan.domain.escalations.models import Climb
from bihuan.domain.escalations.ports import MATTERS
from bihuan.domain.ledger.events import Actor
from bihuan.domain.processes.ports import InstanceChange, UnitState
from bihuan.kit import db

BY = Actor("system:escalations")
_LOCK = """
select c.id from escalations_climb c join processes_processinstance i on i.id = c.instance_id
where c.id = any(%s) and c.ended_at is null order by i.id for update of i skip locked
"""
_LIVE = "select id from escalations_climb where id = any(%s) and ended_at is null"
_ASSIGNEE = "select assignee_id from processes_token where id = %s"


def follow(*changes: InstanceChange) -> None:
    """Watch the units that a transaction opened, leave those it closed, rest and go on with the rest."""
    watched = queries.watched()
    if not watched:
        return
    climbs = _climbs(changes)
    for change in changes:
        _follow(change, climbs.get(change.instance_id, ()), watched)


def _follow(change: InstanceChange, climbs: Sequence[Climb], watched: frozenset[str]) -> None:
    still, seen = {unit.id for unit in change.units}, set()
    for climb in climbs:
        seen.add(climb.token_id)
        if climb.token_id in still:
            _keep_pace(climb, change)
        else:
            _end(climb, change)
    for unit in change.opened:
        if unit.node in watched and unit.id in still and unit.id not in seen:
            _begin(unit, change)


def _climbs(changes: Sequence[InstanceChange]) -> Mapping[int, Sequence[Climb]]:
    """Return the ladders being climbed by instance; for one that has just begun nobody needs to ask."""
    asked = [change.instance_id for change in changes if change.opening is None]
    found: dict[int, list[Climb]] = {}
    if asked:
        live = Climb.objects.filter(instance_id__in=asked, ended_at__isnull=True)
        for climb in live.order_by("id"):
            found.setdefault(climb.instance_id, []).append(climb)
    return found


def _begin(unit: UnitState, change: InstanceChange) -> None:
    clock = clock_queries.live_clock(f"unit:{unit.id}")
    kind = change.subject.partition(":")[0]
    matter = MATTERS.get(kind).matter(change.subject) if kind in MATTERS else None
    if clock is None or matter is None:
        return
    for ladder in queries.ladders():
        if unit.node not in ladder.watch or not rules.applies(ladder, matter):
            continue
        climb = Climb.objects.create(
            ladder=ladder.key,
            subject=change.subject,
            instance_id=change.instance_id,
            token_id=unit.id,
            node=unit.node,
            org_unit_id=unit.unit_id,
            started_at=change.at,
        )
        terms = clocks.ClockTerms(clock.limit_text, clock.calendar or "", rules.shares(ladder))
        clocks.start_clock(climb.owner, climb.owner, terms, by=BY, at=clock.started_at or change.at)
        if clock.state == ClockState.PAUSED:
            clocks.pause_clock(climb.owner, by=BY, at=change.at)


def _keep_pace(climb: Climb, change: InstanceChange) -> None:
    """Let a climb's clock rest, go on and be extended as the unit's own clock was."""
    unit, own = (clock_queries.live_clock(one) for one in (f"unit:{climb.token_id}", climb.owner))
    if unit is None or own is None:
        return
    if unit.limit_text != own.limit_text:
        clocks.change_limit(
            climb.owner, unit.limit_text, by=BY, at=change.at, reason="环节时限变更"
        )
    if unit.state == ClockState.PAUSED and own.state == ClockState.RUNNING:
        clocks.pause_clock(climb.owner, by=BY, at=change.at)
    if unit.state == ClockState.RUNNING and own.state == ClockState.PAUSED:
        clocks.resume_clock(climb.owner, by=BY, at=change.at)


def _end(climb: Climb, change: InstanceChange) -> None:
    """Fire what was reached before the unit ended, then leave it."""
    if clock_queries.live_clock(climb.owner) is not None:
        clocks.stop_clock(climb.owner, by=BY, at=change.at)
    Climb.objects.filter(pk=climb.pk).update(ended_at=change.at)


def share_used(moment: ClockMoment) -> None:
    """Fire the steps of a ladder that wait for this share of the limit."""
    climb = Climb.objects.filter(pk=_key(moment.owner), ended_at__isnull=True).first()
    ladder = queries.ladder(climb.ladder) if climb is not None else None
    if climb is None or ladder is None or moment.kind is not MomentKind.WARNED:
        return
    row = db.one(_ASSIGNEE, (climb.token_id,))
    occasion = Occasion(
        cause=Cause.USED,
        key=f"unit:{climb.token_id}",
        at=moment.at,
        unit_id=climb.org_unit_id,
        assignee_id=row[0] if row else None,
        node=climb.node,
    )
    _fire(ladder, climb.subject, moment.warn, occasion)


def _fire(ladder: Ladder, subject: str, share: str, occasion: Occasion) -> None:
    for step in rules.steps_at_share(ladder, share):
        firing.fire(ladder, step, subject, occasion, by=BY)


def lock_climbs(owners: Sequence[str]) -> Locked:
    """Lock the instances of these climbs without waiting; gone are the climbs that have ended."""
    key_of = {owner: _key(owner) for owner in owners}
    wanted = list(key_of.values())
    got = {row[0] for row in db.rows(_LOCK, (wanted,))}
    live = {row[0] for row in db.rows(_LIVE, (wanted,))}
    return Locked(
        frozenset(owner for owner, key in key_of.items() if key in got),
        frozenset(owner for owner, key in key_of.items() if key not in live),
    )


def _key(owner: str) -> int:
    key = owner.partition(":")[2]
    return int(key) if key.isdigit() else 0
