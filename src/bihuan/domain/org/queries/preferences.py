"""What people have set for themselves, as it was at any moment."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from bihuan.domain.org.queries import tree as trees
from bihuan.kit import db

_LEADS = "select staff_id, set_at, lead from org_warninglead order by staff_id, set_at"
_History = tuple[list[datetime], list[str]]

_kept: tuple[int, Mapping[int, _History]] = (-1, {})


def warning_lead(staff_id: int, at: datetime, *, known_revision: int | None = None) -> str:
    """Return how a person wanted to be warned at `at`, written as in diagrams (`2h`, `80%`), or nothing.

    All leads are kept in the process until the organisation changes: few people set one.
    """
    global _kept  # noqa: PLW0603 -- one shared value, replaced whole
    revision = trees.revision() if known_revision is None else known_revision
    if _kept[0] != revision or not revision:
        _kept = (revision, _read())
    history = _kept[1].get(staff_id)
    if history is None:
        return ""
    place = bisect_right(history[0], at)
    return history[1][place - 1] if place else ""


def _read() -> Mapping[int, _History]:
    found: dict[int, _History] = defaultdict(lambda: ([], []))
    for staff_id, set_at, lead in db.rows(_LEADS):
        found[staff_id][0].append(set_at)
        found[staff_id][1].append(lead)
    return dict(found)
