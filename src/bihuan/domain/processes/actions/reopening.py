"""Open an instance again that had ended (重开)."""

from datetime import datetime

from django.db import transaction

from bihuan.domain.ledger.events import Actor
from bihuan.domain.processes.actions import people, refusals, store
from bihuan.domain.processes.actions.guard import engine_refusals
from bihuan.domain.processes.actions.interventions import need
from bihuan.domain.processes.choices import ENDED, InstanceState
from bihuan.domain.processes.ports import InstanceChange
from bihuan.engines.bpmn import run_routes


@transaction.atomic
def reopen_instance(
    instance_id: int,
    to_node: str,
    *,
    reason: str,
    verb: str = "process.reopen",
    by: Actor,
    at: datetime,
) -> InstanceChange:
    """Let an ended or terminated instance go on at a unit. Needs `verb` at its org unit, and a reason.

    Variables stay as they were. What was done stays done: nothing can be returned to from before. Every
    clock begins anew, those of limit groups with their whole budget: the time between counts for nobody.
    """
    step = store.open_step(instance_id)
    when = step.begin(by, at)
    people.require(step, verb, step.instance.unit_id, when)
    need(reason)
    instance = step.instance
    if instance.state not in ENDED:
        raise refusals.ProcessNotEnded
    node = step.graph.nodes.get(to_node)
    if node is None or node.unit is None or instance.parent_token is not None:
        raise refusals.ReopenNotPossible
    instance.state, instance.ended_at = InstanceState.RUNNING, None
    with engine_refusals():
        opened = run_routes.reopen(step.run.work, to_node)
        data = {"to": to_node, "new": f"unit:{opened.id}"}
        step.fact("process.reopened", instance.ref, when, data, reason)
        step.go(when)
    return store.save(step, when)
