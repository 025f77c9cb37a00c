"""Conformance scripts played through the product: actions, tables, clocks and the dispatcher.

Everything belongs in a scratch database or a transaction that is rolled back: processes are put in force here
without a pack around them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from django.db import transaction

from bihuan.engines.bpmn.model import Process
from bihuan.engines.bpmn.verify.prepare import for_scripts
from bihuan.integrations.conformance.machine import InDatabase
from bihuan.integrations.conformance.stage import Stage

__all__ = ["InDatabase", "Stage", "machine"]

_runs = count(1)


@contextmanager
def machine(processes: list[Process]) -> Iterator[InDatabase]:
    """Deploy processes for one case; nothing of it stays."""
    with transaction.atomic():
        stage = Stage()
        for process in processes:
            stage.publish(for_scripts(process))
        yield InDatabase(stage.org_unit_id, root=f"script:{next(_runs)}")
        transaction.set_rollback(True)
