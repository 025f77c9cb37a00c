"""What a random move does, by name: an action of processes, or two that belong together."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.processes import actions
from bihuan.domain.processes.actions import version_refusals
from bihuan.domain.processes.choices import MigrationState
from bihuan.domain.processes.models import MigratedInstance
from bihuan.engines.bpmn.fuzz.lives import Nothing


def named(verb: str) -> Callable[..., Any]:
    """Return what a verb does to an instance or a unit, its first argument."""
    return _OWN.get(verb) or getattr(actions, verb)


@transaction.atomic
def _extend(unit_id: int, *, wanted: actions.MoreTime, asker: Actor, at: datetime) -> None:
    """Ask for more time and have it granted."""
    asked = actions.request_extension(unit_id, wanted=wanted, reason="缺", by=asker, at=at)
    actions.approve_extension(asked, by=SYSTEM, at=at)


def _set_lead(_instance_id: int, staff_id: int, lead: str, *, at: datetime) -> None:
    """Let a person be warned earlier or later, whatever instance their units are of."""
    actions.set_warning_lead(staff_id=staff_id, lead=lead, by=SYSTEM, at=at)


def _message(instance_id: int, name: str, *, at: datetime) -> None:
    """Let a message from outside reach whoever of an instance and what it called waits for it."""
    actions.correlate_message(name, actions.Addressee(instance_id=instance_id), by=SYSTEM, at=at)


def _migrate(
    instance_id: int, before: int, after: int, nodes: Mapping[str, str], *, at: datetime
) -> None:
    """Move one instance to another version; refused when it stays."""
    plan = actions.MigrationPlan(before, after, "改版", nodes, frozenset({instance_id}))
    _must_move(actions.migrate_instances(plan, by=SYSTEM, at=at))


def _migrate_back(instance_id: int, *, at: datetime) -> None:
    """Take the latest migration of an instance back."""
    moved = MigratedInstance.objects.filter(
        instance_id=instance_id, state=MigrationState.MIGRATED, migration__reverses=None
    )
    latest = moved.order_by("-id").first()
    if latest is None:
        raise Nothing
    batch_id = int(latest.migration_id)
    _must_move(actions.reverse_migration(batch_id, reason="退回旧版", by=SYSTEM, at=at))


def _must_move(report: actions.MigrationReport) -> None:
    if report.refused:
        raise version_refusals.CannotMigrate(report.refused[0].message)
    if not report.results:
        raise version_refusals.NotOfThisVersion


BESIDE: Final = frozenset({"extend", "urge", "carbon_copy"})
"""These stand beside the flow and do not bring it up to the moment: their unit must have been opened by then."""
_OWN: Final[dict[str, Callable[..., Any]]] = {
    "extend": _extend,
    "set_lead": _set_lead,
    "message": _message,
    "migrate": _migrate,
    "migrate_back": _migrate_back,
}
