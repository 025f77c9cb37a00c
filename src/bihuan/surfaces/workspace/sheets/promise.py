"""The promise before saving: process, units, owners and the time that is read out to the customer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bihuan.domain.cases.queries import Promise
from bihuan.surfaces.workspace import phrases
from bihuan.surfaces.workspace.sheets.intake import limit_title


@dataclass(frozen=True, slots=True)
class PromiseSheet:
    """What the agent sees, and reads out, before the case is saved."""

    process: str
    words: str
    note: str
    grade: str
    units: Sequence[Mapping[str, str]]


def promise_sheet(promise: Promise, posts: Mapping[str, str], at: datetime) -> PromiseSheet:
    """Return the preview of a promise."""
    due = promise.due_at
    return PromiseSheet(
        process=promise.process,
        words=f"{phrases.moment(due, at)} 前答复" if due else "没有时限承诺",
        note=f"时限 {limit_title(promise.limit)}" if promise.limit else "按流程各环节时限办理",
        grade=promise.grade,
        units=[
            {
                "name": unit.name,
                "owner": posts.get(unit.post, unit.post),
                "limit": "" if unit.limit.startswith("$") else limit_title(unit.limit),
            }
            for unit in promise.units
        ],
    )
