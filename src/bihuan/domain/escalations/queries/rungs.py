"""A subject's ladder from bottom to top: what was reached, what comes next and when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bihuan.domain.clocks import queries as clocks
from bihuan.domain.clocks.choices import ClockState
from bihuan.domain.escalations.events import Ladder, LadderStep
from bihuan.domain.escalations.models import Climb
from bihuan.domain.escalations.ports import MATTERS, Matter
from bihuan.domain.escalations.queries.escalated import EscalationRow, escalations_of
from bihuan.domain.escalations.queries.ladders import ladders
from bihuan.domain.org import queries as org
from bihuan.domain.org.ports import Access


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder: who is told, and why (exactly one of `used`, `reworks` and `grade`).

    `at` is when it was reached, or will be if nothing changes; None when no moment can be said.
    """

    posts: tuple[str, ...]
    used: str
    reworks: int
    grade: str
    level_name: str
    at: datetime | None
    reached: EscalationRow | None


def rungs_of(access: Access, subject: str) -> list[Rung]:
    """Return the rungs for a subject in the order of its ladders; the caller has checked who may see it.

    A ladder that raises no level is left out until its limit runs.
    """
    kind = subject.partition(":")[0]
    matter = MATTERS.get(kind).matter(subject) if kind in MATTERS else None
    if matter is None:
        return []
    reached = {(row.ladder, row.step): row for row in escalations_of(access, subject)}
    ahead = {} if matter.is_ended else _moments(subject)
    return [rung for one in ladders() for rung in _rungs(one, matter, reached, ahead)]


def _rungs(
    ladder: Ladder,
    matter: Matter,
    reached: dict[tuple[str, str], EscalationRow],
    ahead: dict[str, dict[str, datetime]],
) -> Iterator[Rung]:
    known = any((ladder.key, step.code) in reached for step in ladder.steps)
    if not ladder.is_for(matter) or not (ladder.levels or known or ladder.key in ahead):
        return
    moments = ahead.get(ladder.key, {})
    for step in ladder.steps:
        row = reached.get((ladder.key, step.code))
        at = row.at if row else moments.get(step.used)
        level = ladder.level_name(step.level)
        yield Rung(_who(step), step.used, step.reworks, step.grade, level, at, row)


def _moments(subject: str) -> dict[str, dict[str, datetime]]:
    """Return, by ladder and share, when running limits will reach their shares."""
    climbs = list(Climb.objects.filter(subject=subject, ended_at__isnull=True).order_by("id"))
    rows = clocks.live_clocks_owned([climb.owner for climb in climbs]) if climbs else {}
    found: dict[str, dict[str, datetime]] = {}
    for climb in climbs:
        row = rows.get(climb.owner)
        moments = dict(zip(row.warn_texts, row.warn_at, strict=False)) if row else {}
        found[climb.ladder] = moments if row and row.state == ClockState.RUNNING else {}
    return found


def _who(step: LadderStep) -> tuple[str, ...]:
    """Return the names of the posts that are told; empty for whoever works on it."""
    posts = org.post_names()
    return tuple("" if to.assignee else posts.get(to.post, to.post) for to in step.to)
