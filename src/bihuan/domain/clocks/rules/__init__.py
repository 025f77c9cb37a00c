"""What becomes of a clock and how it is shown: pure decisions over frozen rows."""

from bihuan.domain.clocks.models.row import (
    COLUMNS,
    LIMIT,
    PAUSED,
    RUNNING,
    STOPPED,
    TIMER,
    ClockRow,
    row_from,
)
from bihuan.domain.clocks.rules.chip import Chip, chip
from bihuan.domain.clocks.rules.plan import (
    DISPATCHER,
    fact_of,
    moments_due,
    plan_fired,
    plan_limit,
    plan_pause,
    plan_recompute,
    plan_resume,
    plan_spared,
    plan_start,
    plan_stop,
    used_micros,
)

__all__ = [
    "COLUMNS",
    "DISPATCHER",
    "LIMIT",
    "PAUSED",
    "RUNNING",
    "STOPPED",
    "TIMER",
    "Chip",
    "ClockRow",
    "chip",
    "fact_of",
    "moments_due",
    "plan_fired",
    "plan_limit",
    "plan_pause",
    "plan_recompute",
    "plan_resume",
    "plan_spared",
    "plan_start",
    "plan_stop",
    "row_from",
    "used_micros",
]
