"""Confirmations with a reason (DESIGN.md §4.9); rendered by the template all surfaces share."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bihuan.kit.problems import Refused

LEAST = 4


@dataclass(frozen=True, slots=True)
class Errors:
    """What is wrong in a dialog."""

    choice: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Dialog:
    """One confirmation: title and button are verb and object; the reason is in one's own words."""

    address: str
    sign: str
    title: str
    verb: str
    consequence: str
    reasons: Sequence[str] = ()
    least: int = LEAST
    fields: Sequence[object] = ()
    choice: str = ""
    reason: str = ""
    refusal: str = ""
    errors: Errors = Errors()
    lines: Sequence[str] = ()
    kept: Sequence[tuple[str, str]] = ()
    key: str = ""

    def typed(self, reason: str) -> "Dialog":
        """Return the dialog with what was typed, and what is still missing."""
        lacking = self.least - len(reason.strip())
        error = f"还差 {lacking} 字，写清为什么" if lacking > 0 else ""
        return replace(self, reason=reason.strip(), errors=Errors(reason=error))

    def refused(self, refusal: Refused) -> "Dialog":
        """Return the dialog with the refusal of an action."""
        return replace(self, refusal=refusal.message)
