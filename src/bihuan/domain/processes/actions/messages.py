"""Messages from outside: another system, a letter, a customer's reply (BPMN message events)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from bihuan.domain.ledger.events import Actor
from bihuan.domain.processes.actions import people, refusals, store
from bihuan.domain.processes.actions.guard import engine_refusals
from bihuan.domain.processes.choices import InstanceState
from bihuan.domain.processes.ports import InstanceChange
from bihuan.domain.processes.queries.statements import SQL
from bihuan.kit import db


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a message is for: every instance of a root, or one instance and what it has called."""

    root: str = ""
    instance_id: int = 0


@transaction.atomic
def correlate_message(
    name: str, to: Addressee, values: Mapping[str, Any] | None = None, *, by: Actor, at: datetime
) -> InstanceChange:
    """Give a message to who has waited for it longest; its values become variables of that instance.

    Needs the verb `process.message` at the instance's org unit. The clocks of what it ends stop, those of
    what it opens start. Refuses `MessageNotAwaited`; a message is never kept for later.
    """
    found = db.one(SQL["addressee"], {"root": to.root, "instance": to.instance_id, "name": name})
    if found is None:
        raise refusals.MessageNotAwaited
    step = store.open_step(store.instance_of(found[0]))
    when = step.begin(by, at)
    people.require(step, "process.message", step.instance.unit_id, when)
    if step.instance.state is not InstanceState.RUNNING:
        raise refusals.ProcessNotRunning
    waiting = step.run.waiting(name)  # what was due before may have changed who waits
    if not waiting:
        raise refusals.MessageNotAwaited
    token = waiting[0]
    data = {"name": name, "node": token.node, "values": dict(values or {})}
    step.fact("process.message_received", step.instance.ref, when, data)
    with engine_refusals():
        step.run.deliver(token.id, dict(values or {}))
        step.go(when)
    return store.save(step, when)
