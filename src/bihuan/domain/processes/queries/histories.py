"""What the cases of a process really did, read from the ledger (FLW-11, FLW-12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Final

from bihuan.domain.org.ports import Access
from bihuan.domain.packs import queries as packs
from bihuan.domain.packs.models import Definition
from bihuan.engines.insight.log import Event, Trace
from bihuan.kit import db
from bihuan.kit.problems import NotAllowed
from bihuan.kit.sql import statements

VERB: Final = "report.view"
# The newest ended instances that are read: half a second, whatever the size of the ledger.
MOST: Final = 5_000
# Put behind the node of a unit that was not submitted, for a trace tells such an end apart.
RETURNED, SKIPPED = "/returned", "/skipped"
_DONE: Final = {"unit.submitted": "", "unit.returned": RETURNED, "unit.skipped": SKIPPED}
_BEGINNING: Final = datetime(1, 1, 2, tzinfo=UTC)
_END: Final = datetime(9999, 1, 1, tzinfo=UTC)
_SQL = statements("bihuan.domain.processes", "sql/insight.sql")["histories"]


_ENDED = """
select 1 from processes_processinstance
where definition_id = any(%s) and ended_at is not null limit 1
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose history: a process, one of its versions or all (0), started in a half-open period, in an org unit's subtree."""

    process: str
    version: int = 0
    since: datetime | None = None
    until: datetime | None = None
    unit_id: int | None = None


@dataclass(frozen=True, slots=True)
class History:
    """One ended instance. In its trace an event is a unit run; `activity` is the node, with an ending for its end."""

    instance_id: int
    version: int
    started_at: datetime
    is_terminated: bool
    trace: Trace


@dataclass(frozen=True, slots=True)
class Histories:
    """Newest first. `is_cut` when there are more in the period than were read."""

    versions: Sequence[Definition]
    found: Sequence[History]
    is_cut: bool


def processes_with_history() -> list[Definition]:
    """Return the processes in force by title, those first of which a case has ended."""
    found = packs.definitions(kind="process")
    ended = {one.key for one in found if _has_ended(one.key)}
    return sorted(found, key=lambda one: (one.key not in ended, one.title, one.key))


def _has_ended(key: str) -> bool:
    versions = [one.pk for one in packs.versions("process", key)]
    return db.one(_ENDED, (versions,)) is not None


def histories(access: Access, asked: Asked, *, most: int = MOST) -> Histories:
    """Return what the newest ended instances did, in the org units where the asker may see reports.

    Refuses with NotAllowed who may not see reports at all. An unknown process has no versions and no history.
    """
    scope = access.scope(VERB)
    if not access.may(VERB):
        raise NotAllowed
    versions = [one for one in packs.versions("process", asked.process) if one.published_at]
    numbers = {one.pk: one.version for one in versions}
    wanted = [key for key, number in numbers.items() if asked.version in (0, number)]
    within = scope.unit_ids
    if asked.unit_id is not None:
        within = tuple(one for one in access.tree.under(asked.unit_id) if one in scope)
    rows = db.rows(
        _SQL,
        {
            "definitions": wanted,
            "everywhere": scope.everywhere and asked.unit_id is None,
            "units": list(within),
            "since": asked.since or _BEGINNING,
            "until": asked.until or _END,
            "most": most + 1,
            "done": list(_DONE),
        },
    )
    found = [_history(list(runs), numbers) for _, runs in groupby(rows, key=lambda row: row[0])]
    return Histories(versions, found[:most], is_cut=len(found) > most)


def _history(runs: list[tuple[Any, ...]], versions: dict[int, int]) -> History:
    instance_id, definition_id, state, started_at, ended_at, *_ = runs[0]
    events = tuple(_event(row) for row in runs)
    trace = Trace(str(instance_id), events, started_at, ended_at)
    return History(instance_id, versions[definition_id], started_at, state == "TERMINATED", trace)


def _event(row: tuple[Any, ...]) -> Event:
    *_, node, ready_at, begun_at, done_at, how, actor = row
    ending = _DONE[how]
    begun = min(begun_at or done_at, done_at)
    return Event(f"{node}{ending}", done_at, begun, ready_at, actor, ending.lstrip("/"))
