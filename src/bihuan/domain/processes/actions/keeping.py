"""What a batch keeps in memory until it is written; outside a batch there is nothing here."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bihuan.domain.ledger.events import Fact

if TYPE_CHECKING:
    from bihuan.domain.processes.actions.calls import Forest
    from bihuan.domain.processes.actions.step import Step, When

IDS_AT_ONCE = 64


@dataclass(slots=True)
class Kept:
    """The steps of a batch by instance, ids taken ahead, and what subjects' owners remember."""

    steps: "dict[int, tuple[Step, When]]" = field(default_factory=dict)
    forest: "Forest | None" = None
    roots: dict[str, list[int]] = field(default_factory=dict)
    instance_ids: list[int] = field(default_factory=list)
    clock_ids: list[int] = field(default_factory=list)
    org_revision: int = 0
    memory: dict[Any, Any] = field(default_factory=dict)

    def of(self, root: str) -> "list[Step]":
        """Return the kept steps of the instances of a root, oldest first."""
        return [self.steps[one][0] for one in self.roots.get(root, ()) if one in self.steps]

    def keep(self, step: "Step", when: "When") -> None:
        """Keep a step under its instance."""
        if step.instance.id not in self.steps:
            self.roots.setdefault(step.instance.root, []).append(step.instance.id)
        self.steps[step.instance.id] = (step, when)

    def forget(self) -> "list[tuple[Step, When]]":
        """Return the kept steps, which are written now and read anew by later operations."""
        found = list(self.steps.values())
        self.steps.clear()
        self.forest = None
        return found


_kept: ContextVar[Kept | None] = ContextVar("kept steps", default=None)


@contextmanager
def keeping() -> Iterator[Kept]:
    """Keep steps in memory instead of writing them."""
    token = _kept.set(kept := Kept())
    try:
        yield kept
    finally:
        _kept.reset(token)


def kept() -> Kept | None:
    """Return what the batch under way keeps, None outside a batch."""
    return _kept.get()


def batch_memory() -> dict[Any, Any] | None:
    """Return what may be remembered until the batch under way ends, None outside a batch.

    A batch is one transaction: what it wrote or locked itself nobody else changes meanwhile.
    """
    kept = _kept.get()
    return None if kept is None else kept.memory


def is_kept(root: str) -> bool:
    """Return whether the batch under way keeps an instance of this root."""
    kept = _kept.get()
    return kept is not None and bool(kept.of(root))


def tell_kept(root: str, facts: Iterable[Fact], *, first: bool = False) -> bool:
    """Let facts about a root be written with its kept instance; False when none is kept.

    They keep their place among the instance's own facts; with `first` they come before them.
    """
    kept = _kept.get()
    steps = kept.of(root) if kept is not None else []
    if not steps:
        return False
    if first:
        steps[-1].facts[:0] = facts
    else:
        steps[-1].facts.extend(facts)
    return True
