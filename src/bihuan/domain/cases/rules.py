"""Pure decisions about cases."""

from collections.abc import Iterable
from dataclasses import dataclass

from bihuan.domain.cases.choices import Grade
from bihuan.domain.ledger.events import Actor

_ORDER = [Grade.ROUTINE, Grade.IMPORTANT, Grade.MAJOR]


@dataclass(frozen=True, slots=True)
class Weight:
    """How much a case weighs, each from 1 (low) to 3 (high) (TKT-14)."""

    importance: int = 2
    urgency: int = 2
    scope: int = 2

    @property
    def total(self) -> int:
        return self.importance + self.urgency + self.scope


def grade_by_weight(weight: Weight, default: str) -> Grade:
    """Return the grade of a case whose class names no decision table, never below the class's own."""
    if weight.total >= 8:
        found = Grade.MAJOR
    elif max(weight.importance, weight.urgency, weight.scope) == 3:
        found = Grade.IMPORTANT
    else:
        found = Grade.ROUTINE
    return at_least(found, default)


def at_least(found: str, least: str) -> Grade:
    """Return the more serious of two grades."""
    return max(Grade(found), Grade(least), key=_ORDER.index)


def handled_it(by: Actor, handlers: Iterable[str]) -> bool:
    """Tell whether the person who asks the customer is one of those who handled the case.

    Whoever acts and whoever's work it is both count; the system itself never handles.
    """
    return not set(people_of(by)).isdisjoint(handlers)


def people_of(by: Actor) -> list[str]:
    """Return the refs of who acts and whose work it is, the system left out."""
    return [ref for ref in (by.ref, by.on_behalf_of) if ref and not ref.startswith("system:")]
