"""Skip a unit (跳过): the flow goes on without it, and that is counted against who had it."""

from datetime import datetime

from django.db import transaction

from bihuan.domain.ledger.events import Actor
from bihuan.domain.processes.actions import people, store
from bihuan.domain.processes.actions.interventions import need, running
from bihuan.domain.processes.ports import InstanceChange


@transaction.atomic
def skip_unit(unit_id: int, *, reason: str, by: Actor, at: datetime) -> InstanceChange:
    """Go on behind an open unit nobody has done. Needs the verb `unit.skip` there, and a reason.

    Its clock stops. `bh:submitIf` is not asked; where the flow goes must be clear without the unit's form.
    """
    step, when = running(store.instance_of(unit_id), by, at)
    _, extra = step.unit(unit_id)
    people.require(step, "unit.skip", extra.unit_id, when)
    need(reason)
    step.skip(unit_id, when, "manual", reason)
    return store.save(step, when)
