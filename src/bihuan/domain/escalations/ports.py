"""What the owner of a matter answers, so that ladders need not know what a case is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bihuan.domain.ledger.events import Actor
from bihuan.kit.registry import Registry

ESCALATION = "escalation"


@dataclass(frozen=True, slots=True)
class Matter:
    """What a ladder is chosen by, and what a notice says."""

    pack: str
    number: str
    title: str
    class_code: str
    request_type: str
    grade: str
    level: int
    rework_count: int
    org_unit_id: int
    responsible_unit_id: int | None
    assignee_id: int | None
    is_ended: bool


class MatterPort(Protocol):
    """The owner of the subjects of one kind (`case`)."""

    def matter(self, subject: str) -> Matter | None:
        """Return how a subject stands, None when there is none."""

    def raised(self, subject: str, level: int, *, why: str, by: Actor, at: datetime) -> None:
        """Raise the level of a subject; lower levels are left alone."""


MATTERS: Registry[MatterPort] = Registry("escalated subject")
