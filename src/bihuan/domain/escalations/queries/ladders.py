"""The ladders in force, kept per process for a moment: every submit of every process asks for them."""

import time
from typing import Final

from bihuan.domain.escalations.events import Ladder
from bihuan.domain.escalations.ports import ESCALATION
from bihuan.domain.packs import queries as packs

TRUSTED_SECONDS: Final = 1.0
"""How long a process uses ladders without asking whether they changed."""

_kept: dict[str, tuple[tuple[Ladder, ...], float]] = {}


def ladders() -> tuple[Ladder, ...]:
    """Return all ladders in force."""
    known = _kept.get("")
    now = time.monotonic()
    if known is not None and now - known[1] < TRUSTED_SECONDS:
        return known[0]
    found = tuple(
        Ladder.from_json(one.key, one.pack_id, one.compiled)
        for one in packs.definitions(kind=ESCALATION)
    )
    _kept[""] = (found, now)
    return found


def forget() -> None:
    """Make the next question of this process ask the database."""
    _kept.clear()


def ladder(key: str) -> Ladder | None:
    """Return the ladder with this key, None when it is no longer in force."""
    return next((one for one in ladders() if one.key == key), None)


def watched() -> frozenset[str]:
    """Return the nodes whose limits any ladder watches."""
    return frozenset(node for one in ladders() for node in one.watch)


def level_name(pack: str, level: int) -> str:
    """Return what a pack calls a level: 一般, 较大, 重大; empty when it has no ladder."""
    named = (one.level_name(level) for one in ladders() if one.pack == pack)
    return next((name for name in named if name), "")
