"""The published conformance scripts once more, through the actions, the tables and the dispatcher.

What the database side does not do yet is named in `MISSING` and must be refused, not done wrongly.
"""

from collections import Counter
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from bihuan.domain.clocks import actions as clocks
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.processes import actions
from bihuan.domain.processes.actions import refusals
from bihuan.domain.processes.models import ProcessInstance, Token
from bihuan.engines.bpmn import parse
from bihuan.engines.bpmn.model import NodeKind
from bihuan.engines.bpmn.run_timers import duration
from tests.domain.processes import given
from tests.spec.test_bpmn_scripts import MORNING, SCRIPTS, cases

MISSING = {NodeKind.CALL_ACTIVITY}


@pytest.mark.skipif(
    not SCRIPTS.exists(), reason="the conformance scripts are not beside the checkout"
)
@pytest.mark.django_db
@pytest.mark.parametrize(("script", "case"), cases())
def test_script(script: dict[str, Any], case: dict[str, Any]):
    played = Played(script)
    try:
        played.carry_out(case)
    except refusals.ElementUnsupported:
        if played.uses(MISSING):
            pytest.xfail("call activities are refused")
        raise


class Played:
    """One script's processes in force, and the instance started last."""

    def __init__(self, script: dict[str, Any]) -> None:
        self.key = script["process"]
        self.unit_id = given.place()["hq"]
        self.at: datetime = MORNING
        self.instance_id = 0
        self.processes = [
            process
            for name in script["files"]
            for process in parse.read((SCRIPTS / "files" / name).read_bytes()).processes
        ]
        for process in self.processes:
            given.publish(process, process.key)

    def uses(self, kinds: set[NodeKind]) -> bool:
        return any(
            node.kind in kinds for process in self.processes for node in process.nodes.values()
        )

    def carry_out(self, case: dict[str, Any]) -> None:
        steps = case["steps"]
        if steps[0] == {"expect_error": "no_flow"}:
            with pytest.raises(refusals.NoFlowTaken):
                self.start(case["vars"])
            assert not ProcessInstance.objects.exists()
            return
        self.start(case["vars"])
        for number, (step, after) in enumerate(zip(steps, [*steps[1:], {}], strict=True), start=1):
            if "complete" in step and "expect_error" in after:
                with pytest.raises(refusals.NoFlowTaken):
                    self.complete(step)
            else:
                self.take(step, f"step {number} {step}")

    def start(self, variables: dict[str, Any]) -> None:
        with transaction.atomic():  # whoever opens a subject has a savepoint of their own
            self.instance_id = actions.start_process(
                definition_key=self.key,
                subject="thing:1",
                root="thing:1",
                org_unit_id=self.unit_id,
                variables=variables,
                by=SYSTEM,
                at=self.at,
            ).id

    def take(self, step: dict[str, Any], where: str) -> None:
        if "complete" in step:
            self.complete(step)
        elif "advance" in step:
            self.at += duration(step["advance"])
            while clocks.fire_due(at=self.at):
                pass
        elif "expect_open" in step:
            assert Counter(unit.node for unit in open_units()) == step["expect_open"], where
        elif "expect_ended" in step:
            ended = ProcessInstance.objects.get(pk=self.instance_id).ended_at is not None
            assert ended is step["expect_ended"], where

    def complete(self, step: dict[str, Any]) -> None:
        found = [unit for unit in open_units() if unit.node == step["complete"]]
        assert found, f"no unit of {step['complete']} is open"
        actions.submit(found[0].id, step.get("vars", {}), by=SYSTEM, at=self.at)


def open_units() -> list[Token]:
    found = Token.objects.filter(kind="USER", state__in=["OPEN", "CLAIMED"])
    return list(found.order_by("opened_at", "id"))
