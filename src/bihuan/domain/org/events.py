"""The names of the facts of duty, and the values its verbs pass around."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SHIFT_BEGUN = "duty.shift_begun"
HANDED_OVER = "duty.handed_over"
TAKEN_OVER = "duty.taken_over"
ITEM_NOTED = "duty.item_noted"
ITEM_SETTLED = "duty.item_settled"
LOGGED = "duty.logged"
SHEET_SIGNED = "duty.sheet_signed"
SHEET_READ = "duty.sheet_read"
PLAN_STARTED = "plan.started"
PLAN_STEP_DONE = "plan.step_done"
PLAN_ENDED = "plan.ended"


def duty_ref(unit_id: int) -> str:
    """Return `duty:5`, the root of an org unit's duty facts."""
    return f"duty:{unit_id}"


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One line of a plan's checklist; `within` is a limit of elapsed time such as `PT10M`, or empty."""

    text: str
    who: str = ""
    within: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A contingency plan as a pack defines it."""

    key: str
    pack: str
    title: str
    when: str
    tell: tuple[str, ...]
    lines: tuple[PlanLine, ...]

    @classmethod
    def from_json(cls, key: str, pack: str, data: Mapping[str, Any]) -> "Plan":
        """Return a plan from what the pack part compiled."""
        lines = tuple(PlanLine(**one) for one in data["steps"])
        return cls(key, pack, data["title"], data["when"], tuple(data["tell"]), lines)


@dataclass(frozen=True, slots=True)
class EmergencyContact:
    """Whom to call (OUT-08): 消防 119."""

    name: str
    phone: str
    note: str = ""
