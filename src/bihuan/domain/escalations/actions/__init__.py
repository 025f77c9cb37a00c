"""The verbs of escalations: follow a process, fire steps, acknowledge."""

from bihuan.domain.escalations.actions.answering import (
    AlreadyAcknowledged,
    EscalationMissing,
    acknowledge,
    repeat_due,
)
from bihuan.domain.escalations.actions.climbing import follow, lock_climbs, share_used
from bihuan.domain.escalations.actions.firing import graded, lock_escalations, reworked

__all__ = [
    "AlreadyAcknowledged",
    "EscalationMissing",
    "acknowledge",
    "follow",
    "graded",
    "lock_climbs",
    "lock_escalations",
    "repeat_due",
    "reworked",
    "share_used",
]
