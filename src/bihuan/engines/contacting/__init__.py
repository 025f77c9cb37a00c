"""May somebody be contacted now? What they agreed to and when they are not to be disturbed decide. Pure."""

from bihuan.engines.contacting.quiet import Quiet, after_quiet, is_quiet, next_time
from bihuan.engines.contacting.terms import (
    FREE,
    Agreed,
    Clearance,
    Purpose,
    clearance,
    easiest,
    strictest,
)

__all__ = [
    "FREE",
    "Agreed",
    "Clearance",
    "Purpose",
    "Quiet",
    "after_quiet",
    "clearance",
    "easiest",
    "is_quiet",
    "next_time",
    "strictest",
]
