"""May somebody be contacted now? What they agreed to and when they are not to be disturbed decide. Pure."""

from bihuan.engines.contacting.quiet import Quiet, after_quiet, is_quiet, next_time
from bihuan.engines.contacting.terms import (
    FREE,
    Agreed,
    Purpose,
    Verdict,
    easiest,
    strictest,
    verdict,
)

__all__ = [
    "FREE",
    "Agreed",
    "Purpose",
    "Quiet",
    "Verdict",
    "after_quiet",
    "easiest",
    "is_quiet",
    "next_time",
    "strictest",
    "verdict",
]
