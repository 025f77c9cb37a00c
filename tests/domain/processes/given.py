"""A small organisation with a process, and short names for what is done with it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from bihuan.domain.clocks import actions as clocks
from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.ledger.models import Fact
from bihuan.domain.packs.models import Definition, InstalledPack
from bihuan.domain.processes import actions
from bihuan.domain.processes.models import ProcessInstance, Token
from bihuan.domain.processes.ports import InstanceChange
from bihuan.engines.bpmn.model import Process
from bihuan.engines.worktime import read_slots
from tests.domain.org.given import START, organisation, person

__all__ = ["START", "SYSTEM", "person"]
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
# Wednesday 18 November 2026, 09:00 in Shanghai: half an hour after the office opened.
NINE = datetime(2026, 11, 18, 1, 0, tzinfo=UTC)


def place() -> dict[str, int]:
    """Make the organisation of the org tests and an office calendar; return unit ids by code."""
    units = organisation()
    week = (read_slots(["08:30-12:00", "13:30-17:30"]),) * 5 + ((), ())
    spec = clocks.CalendarSpec("office", "工时", "Asia/Shanghai", week)
    clocks.put_calendar(spec, by=SYSTEM, at=START)
    return units


def publish(process: Process, key: str = "test.work", **compiled: Any) -> Definition:
    """Put a process in force without a pack around it."""
    InstalledPack.objects.get_or_create(
        key="test",
        defaults={
            "version": "1", "names": {}, "manifest": "", "installed_at": START,
            "installed_by": "system:test",
        },
    )  # fmt: skip
    return _definition(process, key, 1, **compiled)


def publish_version(process: Process, key: str, version: int, at: datetime) -> Definition:
    """Put another version of a process in force; the one before must be retired."""
    return _definition(process, key, version, at)


def _definition(
    process: Process, key: str, version: int, at: datetime = START, **compiled: Any
) -> Definition:
    return Definition.objects.create(
        kind="process",
        key=key,
        version=version,
        status="PUBLISHED",
        pack=InstalledPack.objects.get(key="test"),
        path=f"processes/{key}.bpmn",
        title=process.name,
        source="",
        compiled={"process": process.to_json(), "calendar": "office", **compiled},
        checksum="",
        published_at=at,
    )


def started(unit_id: int, at: datetime = NINE, **variables: Any) -> InstanceChange:
    """Start the process put in force."""
    return actions.start_process(
        definition_key="test.work",
        subject="thing:1",
        root="thing:1",
        org_unit_id=unit_id,
        variables=variables,
        by=SYSTEM,
        at=at,
    )


def staff(staff_id: int) -> Actor:
    """Return a person as an actor."""
    return Actor(f"staff:{staff_id}")


def unit(instance_id: int, node: str) -> Token:
    """Return the newest token at a node."""
    return Token.objects.filter(instance_id=instance_id, node=node).order_by("-id")[0]


def submit(
    instance_id: int, node: str, at: datetime = NINE, by: Actor = SYSTEM, **values: Any
) -> InstanceChange:
    """Submit the oldest open unit of a node."""
    found = Token.objects.filter(
        instance_id=instance_id, node=node, kind="USER", state__in=["OPEN", "CLAIMED"]
    ).order_by("id")[0]
    return actions.submit(found.pk, values, by=by, at=at)


def open_nodes(instance_id: int) -> list[str]:
    """Return the nodes of the open units, oldest first."""
    found = Token.objects.filter(
        instance_id=instance_id, kind="USER", state__in=["OPEN", "CLAIMED"]
    ).order_by("id")
    return [token.node for token in found]


def state(instance_id: int) -> str:
    """Return an instance's state."""
    return str(ProcessInstance.objects.get(pk=instance_id).state)


def facts(*prefixes: str) -> list[str]:
    """Return the names of the facts so far, oldest first."""
    keep: Callable[[str], bool] = lambda name: not prefixes or name.startswith(prefixes)  # noqa: E731
    return [
        name for name in Fact.objects.order_by("id").values_list("name", flat=True) if keep(name)
    ]
