"""Pure decisions: whether a ladder applies, and which steps an occasion reaches."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from bihuan.domain.escalations.events import Ladder, LadderStep
from bihuan.domain.escalations.ports import Matter


def applies(ladder: Ladder, matter: Matter) -> bool:
    """Tell whether a ladder is for this matter: of its pack, and every narrowing holds."""
    return ladder.is_for(matter)


def steps_at_share(ladder: Ladder, share: str) -> Iterator[LadderStep]:
    """Yield the steps that fire when this share of a limit is used."""
    return (step for step in ladder.steps if step.used == share)


def steps_at_rework(ladder: Ladder, count: int) -> Iterator[LadderStep]:
    """Yield the steps that fire at the n-th rework; what a later count passes over fires too."""
    return (step for step in ladder.steps if 0 < step.reworks <= count)


def steps_at_grade(ladder: Ladder, grade: str) -> Iterator[LadderStep]:
    """Yield the steps that fire because of a grade."""
    return (step for step in ladder.steps if step.grade and step.grade == grade)


def shares(ladder: Ladder) -> str:
    """Return the shares a ladder waits for, as the warnings of a clock."""
    return ",".join(dict.fromkeys(step.used for step in ladder.steps if step.used))


def after_quiet(ladder: Ladder, at: datetime) -> datetime | None:
    """Return when the ladder's quiet hours end, None outside them. `at` is local."""
    begins, ends = ladder.quiet_from, ladder.quiet_until
    if begins is None or ends is None or not _inside(begins, ends, at):
        return None
    today = at.replace(hour=ends.hour, minute=ends.minute, second=0, microsecond=0)
    return today if today > at else today + timedelta(days=1)


def _inside(begins: time, ends: time, at: datetime) -> bool:
    now = at.timetz().replace(tzinfo=None)
    return begins <= now < ends if begins <= ends else now >= begins or now < ends
