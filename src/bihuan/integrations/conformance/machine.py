"""The product as a machine for scripts: every step is an action, time passes by the dispatcher."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import transaction

from bihuan.domain.clocks import actions as clocks
from bihuan.domain.clocks.models import Clock
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.ledger.models import Fact
from bihuan.domain.processes import actions
from bihuan.domain.processes.models import ProcessInstance, Token
from bihuan.engines.bpmn.verify.runner import StepRefused
from bihuan.kit.problems import Refused

MORNING: Final = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


class InDatabase:
    """A `Machine` on the actions; `root` tells this run's instances from others."""

    def __init__(self, org_unit_id: int, *, root: str) -> None:
        self.org_unit_id, self.root, self.at = org_unit_id, root, MORNING
        self.instance_id = 0

    def start(self, process: str, variables: Mapping[str, Any]) -> None:
        """Start the process; a refused start leaves no instance."""
        with _told():
            self.instance_id = actions.start_process(
                definition_key=process,
                subject=self.root,
                root=self.root,
                org_unit_id=self.org_unit_id,
                variables=variables,
                by=SYSTEM,
                at=self.at,
            ).id

    def complete(self, node: str, variables: Mapping[str, Any]) -> None:
        """Claim and submit the oldest open unit of a node."""
        found = [unit for unit in self.units() if unit.node == node]
        if not found:
            raise StepRefused("not_open", node)
        with _told():
            actions.submit(found[0].id, dict(variables), by=SYSTEM, at=self.at)

    def advance(self, by: timedelta) -> None:
        """Move the clock and let the dispatcher do what fell due."""
        self.at += by
        with _told():
            clocks.fire_all_due(self.at)

    def units(self) -> list[Token]:
        """Return the open units of this run, oldest first."""
        found = Token.objects.filter(
            instance__root=self.root, kind="USER", state__in=["OPEN", "CLAIMED"]
        )
        return list(found.order_by("opened_at", "id"))

    def open(self) -> Mapping[str, int]:
        """Count the open units by BPMN id."""
        return Counter(unit.node for unit in self.units())

    def ended(self) -> bool:
        """Whether the started instance has ended."""
        return ProcessInstance.objects.get(pk=self.instance_id).ended_at is not None

    def state(self) -> object:
        """Return every row of this run: instances, tokens, clocks, and how many facts there are."""
        return (
            list(ProcessInstance.objects.filter(root=self.root).order_by("id").values()),
            list(Token.objects.filter(instance__root=self.root).order_by("id").values()),
            list(Clock.objects.filter(root=self.root).order_by("id").values()),
            Fact.objects.filter(root=self.root).count(),
        )


@contextmanager
def _told() -> Iterator[None]:
    """Keep nothing of what is refused: the savepoint is what a page's own transaction would be."""
    try:
        with transaction.atomic():
            yield
    except Refused as refused:
        raise StepRefused(refused.code, refused.message) from refused
