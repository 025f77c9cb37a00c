"""What happens when the dispatcher reaches a moment of a clock that belongs to a process.

The dispatcher holds clocks and asks for the instances without waiting; everybody else locks the instance
first, then its clocks. So neither waits for the other in a ring.
"""

from collections.abc import Sequence
from datetime import datetime

from bihuan.domain.clocks.choices import MomentKind
from bihuan.domain.clocks.ports import ClockMoment
from bihuan.domain.processes.actions import store
from bihuan.domain.processes.actions.step import ENGINE, When
from bihuan.domain.processes.choices import FAR, InstanceState
from bihuan.kit import db

_LOCK = (
    "select id from processes_processinstance where id = any(%s) order by id for update skip locked"
)

_MOVED = (
    "update processes_token set due_at = %(due)s, warn_at = %(warn)s, rank_at = %(rank)s"
    " where id = %(id)s and state in ('OPEN', 'CLAIMED')"
)


def timer_fired(moment: ClockMoment) -> None:
    """Let a BPMN timer fire at its moment."""
    if moment.kind is not MomentKind.FIRED:
        return
    token_id = _key(moment.owner)
    step = store.open_step(store.instance_of(token_id))
    step.catch_up(moment.at, before=token_id)
    token = step.tokens.get(token_id)
    if token is None or not token.live or step.instance.state is not InstanceState.RUNNING:
        return
    step.fire(token_id, moment.at)
    store.save(step, When(ENGINE, moment.at))


def suspension_over(moment: ClockMoment) -> None:
    """Resume an instance whose suspension was to last until now."""
    step = store.open_step(_key(moment.owner))
    if step.instance.state is not InstanceState.SUSPENDED:
        return
    step.catch_up(moment.at)
    store.save(step, When(ENGINE, moment.at))


def due_moved(owner: str, due_at: datetime | None, warn_at: datetime | None) -> None:
    """Repeat in a unit's row when its clock is due, after its calendar or limit changed."""
    moments = {"id": _key(owner), "due": due_at, "warn": warn_at, "rank": due_at or FAR}
    db.run(_MOVED, moments)


def lock_instances(owners: Sequence[str]) -> set[str]:
    """Lock the instances of these clock owners without waiting; return the owners got."""
    instance_of = {owner: _instance(owner) for owner in owners}
    got = {row[0] for row in db.rows(_LOCK, (list(instance_of.values()),))}
    return {owner for owner, instance_id in instance_of.items() if instance_id in got}


def _instance(owner: str) -> int:
    kind = owner.partition(":")[0]
    key = _key(owner)
    return store.instance_of(key) if kind in {"unit", "timer"} else key


def _key(owner: str) -> int:
    return int(owner.split(":")[1])
