"""A contingency plan was started: whoever it names is told at once (OUT-07)."""

from collections.abc import Iterator

from bihuan.domain.notifications.actions.telling import notify
from bihuan.domain.notifications.choices import Topic
from bihuan.domain.notifications.events import Notice
from bihuan.domain.org import queries as org
from bihuan.domain.org.ports import PlanStarted


def plan_started(started: PlanStarted) -> None:
    """Tell the holders of the posts the plan names, each post nearest first up the tree."""
    kind = "演练" if started.is_drill else "启动"
    notice = Notice(
        topic=Topic.WARNING,
        title=f"{started.title}已{kind}：{started.reason}",
        root=f"plan:{started.run_id}",
        key=f"plan:{started.run_id}",
        urgent=not started.is_drill,
    )
    people = [one for post in started.tell for one in _holders(post, started)]
    notify(
        notice,
        [one for one in people if f"staff:{one}" != started.by.ref],
        by=started.by,
        at=started.at,
    )


def _holders(post: str, started: PlanStarted) -> list[int]:
    for unit_id in _upwards(started.unit_id):
        found = org.staff_holding(post, org.units_under(unit_id), started.at)
        if found:
            return [one.id for one in found]
    return []


def _upwards(unit_id: int | None) -> Iterator[int]:
    units = org.tree().units
    while unit_id is not None and unit_id in units:
        yield unit_id
        unit_id = units[unit_id].parent_id
