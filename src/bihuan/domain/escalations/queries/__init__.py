"""What can be asked of escalations: the ladders in force, and what has been escalated."""

from bihuan.domain.escalations.queries.escalated import (
    EscalationRow,
    ask_unanswered_count,
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
from bihuan.domain.escalations.queries.rungs import Rung, rungs_of

__all__ = [
    "EscalationRow",
    "Rung",
    "ask_unanswered_count",
    "escalations_of",
    "forget",
    "ladder",
    "ladders",
    "level_name",
    "rungs_of",
    "unanswered_for",
    "watched",
]
