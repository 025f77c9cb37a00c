"""What can be asked of escalations: the ladders in force, and what has been escalated."""

from bihuan.domain.escalations.queries.escalated import (
    EscalationRow,
    escalations_of,
    unanswered_for,
)
from bihuan.domain.escalations.queries.ladders import (
    forget,
    ladder,
    ladders,
    level_name,
    watched,
)

__all__ = [
    "EscalationRow",
    "escalations_of",
    "forget",
    "ladder",
    "ladders",
    "level_name",
    "unanswered_for",
    "watched",
]
