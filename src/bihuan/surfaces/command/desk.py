"""Who commands: the signed-in person, what they may do here, and the moment of this request."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest

from bihuan.domain.ledger.events import Actor
from bihuan.domain.org.ports import Access
from bihuan.kit import clock
from bihuan.kit.problems import NotAllowed

SUPERVISE: Final = "case.supervise"
DUTY: Final = "duty.keep"
PLAN: Final = "plan.start"


@dataclass(frozen=True, slots=True)
class Commander:
    """One person at one moment; every query of a page gets the same `at`."""

    access: Access
    at: datetime

    @property
    def unit_id(self) -> int | None:
        """Return the org unit of the post held longest."""
        return self.access.own_posts[0][1] if self.access.own_posts else None

    @property
    def actor(self) -> Actor:
        """Return who acts when this person presses a button."""
        return Actor(self.access.ref, unit_id=self.unit_id)

    def may(self, verb: str, unit_id: int | None = None) -> bool:
        """Tell whether the verb is allowed, somewhere or in one unit."""
        return self.access.may(verb, unit_id)


def commander_of(request: HttpRequest, *verbs: str) -> Commander:
    """Return who asks, or refuse those who have none of the verbs (`case.supervise` unless others are named)."""
    asked: Any = request
    found = Commander(asked.access, clock.now())
    if not any(found.may(verb) for verb in verbs or (SUPERVISE,)):
        raise NotAllowed
    return found
