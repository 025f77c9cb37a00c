"""May somebody be contacted now? What they agreed to and when they are not to be disturbed decide. Pure."""

from bihuan.engines.contacting.quiet import Quiet, after_quiet, is_quiet, next_time
from bihuan.engines.contacting.terms import (
    FREE,
    NO_TIME,
    NOT_AGREED,
    OWN_ACCORD,
    Agreed,
    Clearance,
    House,
    Purpose,
    clearance,
    easiest,
    strictest,
)

__all__ = [
    "FREE",
    "NOT_AGREED",
    "NO_TIME",
    "OWN_ACCORD",
    "Agreed",
    "Clearance",
    "House",
    "Purpose",
    "Quiet",
    "after_quiet",
    "clearance",
    "easiest",
    "is_quiet",
    "next_time",
    "strictest",
]
