"""Start a process for a subject."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from bihuan.domain.ledger.events import Actor
from bihuan.domain.packs import queries as packs
from bihuan.domain.processes.actions import store
from bihuan.domain.processes.actions.calls import tree_of
from bihuan.domain.processes.actions.guard import engine_refusals
from bihuan.domain.processes.actions.ids import next_instance
from bihuan.domain.processes.actions.step import Step, When
from bihuan.domain.processes.choices import InstanceState
from bihuan.domain.processes.ports import InstanceChange, Opening
from bihuan.domain.processes.queries.blueprints import blueprint
from bihuan.domain.processes.queries.rows import Instance


def start_process(  # noqa: PLR0913 -- what a process is started with, each said by name
    *,
    definition_key: str,
    subject: str,
    root: str,
    org_unit_id: int,
    variables: Mapping[str, Any],
    priority: int = 0,
    by: Actor,
    at: datetime,
    opening: Opening | None = None,
) -> InstanceChange:
    """Start the published process of this key for a subject; return what is open now.

    `priority`, 0 to 100, is what its units have whose diagram says none. A subject that is not written yet is given as `opening`; not inside a batch. Refuses with `DefinitionMissing`, or with whatever its first steps are refused with.
    """
    with transaction.atomic(
        savepoint=False
    ):  # whoever opens a subject has a savepoint of their own
        definition = packs.published("process", definition_key)
        instance_id, org_revision = next_instance() if opening is None else opening.instance
        instance = Instance(
            id=instance_id,
            definition_id=definition.id,
            subject=subject,
            root=root,
            unit_id=org_unit_id,
            calendar=blueprint(definition.id).calendar,
            initiator=by.ref,
            parent_token=None,
            state=InstanceState.RUNNING,
            variables=dict(variables),
            rev=0,
            next_seq=1,
            priority=priority,
            started_at=at,
            last_at=at,
            org_revision=org_revision,
            top=instance_id,
            is_new=True,
        )
        tree = tree_of(instance)
        tree.opening = opening
        step = Step(instance, [], tree)
        when = When(by, at)
        step.fact("process.started", instance.ref, when, {"definition": definition_key})
        with engine_refusals():
            step.run.start()
            step.go(when)
        return store.save(step, when)
