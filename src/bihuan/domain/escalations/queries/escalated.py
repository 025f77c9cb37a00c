"""What was escalated, and what still waits for an acknowledgement."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bihuan.domain.escalations.models import Escalation
from bihuan.domain.org import queries as org
from bihuan.domain.org.ports import Access
from bihuan.kit import db

MOST_SHOWN = 200

_UNANSWERED = """
select count(*) from (
    select 1 from escalations_escalation
    where needs_answer and acknowledged_at is null and told @> %s::bigint[] limit %s
) as mine
"""


@dataclass(frozen=True, slots=True)
class EscalationRow:
    """One escalation. `can_acknowledge` says whether the asker may."""

    id: int
    subject: str
    step: str
    title: str
    cause: str
    level: int
    level_name: str
    at: datetime
    told: tuple[str, ...]
    repeats: int
    needs_answer: bool
    acknowledged_by: str
    acknowledged_at: datetime | None
    note: str
    can_acknowledge: bool
    ladder: str = ""


def escalations_of(access: Access, subject: str) -> list[EscalationRow]:
    """Return what was escalated about a subject, oldest first; the caller has checked who may see it."""
    return _rows(access, list(Escalation.objects.filter(subject=subject).order_by("id")))


def unanswered_for(access: Access, *, size: int = 50) -> list[EscalationRow]:
    """Return what was escalated to a person and waits for an acknowledgement, newest first."""
    found = Escalation.objects.filter(
        needs_answer=True, acknowledged_at__isnull=True, told__contains=[access.staff_id]
    )
    return _rows(access, list(found.order_by("-id")[: min(size, MOST_SHOWN)]))


def ask_unanswered_count(
    together: db.Together, access: Access, *, most: int = 99
) -> Callable[[], int]:
    """Ask how many `unanswered_for` lists; counting stops at `most`."""
    answer = together.ask(_UNANSWERED, ([access.staff_id], most))
    return lambda: int(answer()[0][0])


def _rows(access: Access, found: list[Escalation]) -> list[EscalationRow]:
    people = {one for row in found for one in (*row.told, row.acknowledged_by_id) if one}
    names = org.names_of(people)
    return [
        EscalationRow(
            id=row.pk,
            subject=row.subject,
            step=row.step,
            title=row.title,
            cause=row.cause,
            level=row.level,
            level_name=row.level_name,
            at=row.at,
            told=tuple(names.get(one, "") for one in row.told),
            repeats=row.repeats,
            needs_answer=row.needs_answer,
            acknowledged_by=names.get(row.acknowledged_by_id or 0, ""),
            acknowledged_at=row.acknowledged_at,
            note=row.note,
            can_acknowledge=row.needs_answer
            and row.acknowledged_at is None
            and access.staff_id in row.told,
            ladder=row.ladder,
        )
        for row in found
    ]
