"""What a random move does, by name: an action of processes, or two that belong together."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.processes import actions


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


BESIDE: Final = frozenset({"extend", "urge", "carbon_copy"})
"""These stand beside the flow and do not bring it up to the moment: their unit must have been opened by then."""
_OWN: Final[dict[str, Callable[..., Any]]] = {"extend": _extend, "set_lead": _set_lead}
