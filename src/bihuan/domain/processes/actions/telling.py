"""Tell people what colleagues did about a unit that concerns them: on their page, and outside as they wish."""

from collections.abc import Iterable
from datetime import datetime

from bihuan.domain.ledger.events import Actor
from bihuan.domain.notifications import actions as notifications
from bihuan.domain.notifications.choices import Topic
from bihuan.domain.notifications.events import Notice


def tell(notice: Notice, people: Iterable[int | None], *, by: Actor, at: datetime) -> None:
    """Give a notice to those of some people who did not do it themselves; nobody hears of their own doing."""
    others = [one for one in people if one is not None and one != by.staff_id]
    if others:
        notifications.notify(notice, others, by=by, at=at)


def about(topic: Topic, title: str, root: str, key: str, text: str = "") -> Notice:
    """Return a notice about a unit of a case; `key` makes it once."""
    return Notice(topic=topic, title=title, root=root, key=key, text=text)


def staff_of(ref: str) -> int | None:
    """Return the id in a person's ref, None for anybody else."""
    kind, _, key = ref.partition(":")
    return int(key) if kind == "staff" else None
