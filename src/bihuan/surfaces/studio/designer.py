"""Who designs: the signed-in person, what they may do here, and the moment of this request."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest

from bihuan.domain.ledger.events import Actor
from bihuan.domain.org.ports import Access
from bihuan.domain.packs.actions import DESIGN, PUBLISH
from bihuan.kit import clock
from bihuan.kit.problems import NotAllowed

ENTRANCE: Final = (DESIGN, PUBLISH)


@dataclass(frozen=True, slots=True)
class Designer:
    """One person at one moment."""

    access: Access
    at: datetime

    @property
    def actor(self) -> Actor:
        """Return who acts when this person presses a button."""
        posts = self.access.own_posts
        return Actor(self.access.ref, unit_id=posts[0][1] if posts else None)

    @property
    def may_design(self) -> bool:
        """Tell whether this person may write drafts."""
        return self.access.may(DESIGN)

    @property
    def may_publish(self) -> bool:
        """Tell whether this person may put versions in force."""
        return self.access.may(PUBLISH)


def reader_of(request: HttpRequest) -> Designer:
    """Return who asks, whatever they may do."""
    asked: Any = request
    return Designer(asked.access, clock.now())


def designer_of(request: HttpRequest) -> Designer:
    """Return who asks, or refuse those who neither design nor publish."""
    found = reader_of(request)
    if not any(found.access.may(verb) for verb in ENTRANCE):
        raise NotAllowed
    return found
