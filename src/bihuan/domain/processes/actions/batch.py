"""Several operations in one transaction, each at its own moment: instances read once and written once.

For imports and replays. Inside `with batch() as work:` every operation runs as always, on instances kept
in memory; they are locked from their first use, and written, followed by their subjects, when the block
ends or at `flush`: all of them in one statement. Facts, clocks and tokens come out as if each operation had been written by itself.

Call the verbs of `Batch` rather than those of `actions`: they save the savepoint that an operation
inside another transaction would make.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from bihuan.domain.ledger.actions import record_many
from bihuan.domain.ledger.events import Fact
from bihuan.domain.processes.actions import interventions, store, work
from bihuan.domain.processes.actions.keeping import Kept, keeping
from bihuan.domain.processes.ports import InstanceChange, UnitState
from bihuan.kit import db

Verb = TypeVar("Verb", bound=Callable[..., Any])


def _bare(verb: Verb) -> Verb:
    """Return an operation without its own transaction; the batch has one around it."""
    bare: Verb = verb.__wrapped__  # type: ignore[attr-defined]  # set by functools.wraps
    return bare


class Batch:
    """The operations of a batch; arguments as in `actions`."""

    assign = staticmethod(_bare(work.assign))
    submit = staticmethod(_bare(work.submit))
    transfer = staticmethod(_bare(work.transfer))
    suspend = staticmethod(_bare(interventions.suspend))
    resume = staticmethod(_bare(interventions.resume))
    terminate = staticmethod(_bare(interventions.terminate))

    def __init__(self, kept: Kept) -> None:
        self._steps = kept.steps

    def current(self, instance_id: int) -> InstanceChange:
        """Return how an instance of this batch stands now."""
        return store.kept_change(instance_id)

    def units(self, instance_id: int) -> tuple[UnitState, ...]:
        """Return the open units of an instance of this batch."""
        return self.current(instance_id).units

    def spare(self, before: datetime) -> None:
        """Let no clock that still runs warn or be overdue for a moment before `before`.

        What is imported open was due before anybody here could know of it (`enforce_from`).
        """
        for step, _ in self._steps.values():
            step.clocks.spare(before)

    def tell(self, instance_id: int, facts: Iterable[Fact]) -> None:
        """Record facts of others about an instance's subject, together with its own."""
        facts = list(facts)
        step = self._steps.get(instance_id)
        if step is None:
            record_many(facts)
        else:
            step[0].facts.extend(facts)

    def flush(self) -> None:
        """Write everything now; later operations read it anew."""
        store.write_kept()


@contextmanager
def batch() -> Iterator[Batch]:
    """Keep instances in memory until the block ends. Belongs inside `transaction.atomic()`.

    Nothing inside makes a savepoint: a refusal ends the transaction around the batch.
    """
    with keeping() as kept, db.joined():
        yield Batch(kept)
        store.write_kept()
