"""Tell people what colleagues did about a unit that concerns them: on their page, and outside as they wish."""

from collections.abc import Iterable
from datetime import datetime

from bihuan.domain.ledger.events import Actor
from bihuan.domain.notifications import actions as notifications
from bihuan.domain.notifications.choices import Topic
from bihuan.domain.notifications.events import Notice
from bihuan.domain.org import queries as org


def tell(notice: Notice, people: Iterable[int | None], *, by: Actor, at: datetime) -> None:
    """Give a notice to those of some people who did not do it themselves; nobody hears of their own doing."""
    others = [one for one in people if one is not None and one != by.staff_id]
    if others:
        notifications.notify(notice, others, by=by, at=at)


def about(topic: Topic, title: str, root: str, key: str, text: str = "") -> Notice:
    """Return a notice about a unit of a case; `key` makes it once."""
    return Notice(topic=topic, title=title, root=root, key=key, text=text)


def deciders(verb: str, unit_id: int | None, at: datetime, *, but: Iterable[int]) -> list[int]:
    """Return who of the nearest org unit upwards may do something, without those who may not do it here."""
    place, out = org.tree().units.get(unit_id or 0), set(but)
    while place is not None:
        found = [one for one in org.staff_who_may(verb, place.id, at) if one not in out]
        if found:
            return found
        place = org.tree().units.get(place.parent_id or 0)
    return []


def staff_of(ref: str) -> int | None:
    """Return the id in a person's ref, None for anybody else."""
    kind, _, key = ref.partition(":")
    return int(key) if kind == "staff" else None
