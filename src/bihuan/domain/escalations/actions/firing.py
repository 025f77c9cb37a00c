"""Fire a step: once on an occasion, raise the level, find who must know and tell them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from bihuan.domain.clocks import actions as clocks, queries as clock_queries
from bihuan.domain.clocks.ports import Locked
from bihuan.domain.escalations import events, queries, rules
from bihuan.domain.escalations.choices import Cause, Place
from bihuan.domain.escalations.events import Ladder, LadderStep, Occasion, Recipient
from bihuan.domain.escalations.models import Escalation
from bihuan.domain.escalations.ports import MATTERS, Matter
from bihuan.domain.ledger.actions import record
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.notifications import actions as notifications
from bihuan.domain.notifications.choices import Topic
from bihuan.domain.notifications.events import Notice
from bihuan.domain.org import queries as org
from bihuan.kit import db

_LOCK = "select id from escalations_escalation where id = any(%s) for update skip locked"
_KNOWN = "select id from escalations_escalation where id = any(%s)"


def reworked(subject: str, count: int, *, by: Actor, at: datetime) -> None:
    """Fire the steps that the n-th rework of a subject reaches."""
    occasion = Occasion(Cause.REWORK, "rework", at)
    for ladder in queries.ladders():
        for step in rules.steps_at_rework(ladder, count):
            fire(ladder, step, subject, occasion, by=by)


def graded(subject: str, grade: str, *, by: Actor, at: datetime) -> None:
    """Fire the steps that a grade reaches; a subject graded the same again is not escalated again."""
    occasion = Occasion(Cause.GRADE, f"grade:{grade}", at)
    for ladder in queries.ladders():
        for step in rules.steps_at_grade(ladder, grade):
            fire(ladder, step, subject, occasion, by=by)


def fire(
    ladder: Ladder, step: LadderStep, subject: str, occasion: Occasion, *, by: Actor
) -> Escalation | None:
    """Fire a step for a subject unless it is ended, not the ladder's, or fired on this occasion before."""
    kind = subject.partition(":")[0]
    matter = MATTERS.get(kind).matter(subject) if kind in MATTERS else None
    if matter is None or matter.is_ended or not rules.applies(ladder, matter):
        return None
    told = _recipients(step, matter, occasion)
    row, is_new = Escalation.objects.get_or_create(
        subject=subject,
        ladder=ladder.key,
        step=step.code,
        occasion=occasion.key,
        defaults={
            "cause": occasion.cause,
            "node": occasion.node,
            "level": step.level,
            "level_name": ladder.level_name(step.level),
            "title": _title(ladder, step, matter),
            "told": told,
            "at": occasion.at,
            "needs_answer": bool(step.repeat),
        },
    )
    if not is_new:
        return None
    rises = step.level > matter.level
    if rises:
        why = f"{ladder.title}：{row.level_name}"
        MATTERS.get(kind).raised(subject, step.level, why=why, by=by, at=occasion.at)
    _record(row, ladder, step, rises=rises, by=by)
    tell(row, ladder, step, by=by, at=occasion.at)
    return row


def tell(row: Escalation, ladder: Ladder, step: LadderStep, *, by: Actor, at: datetime) -> None:
    """Give the notice to those told, and arrange for the next time if somebody must answer."""
    local = at.astimezone(ZoneInfo(settings.TIME_ZONE))
    notice = Notice(
        topic=Topic.ESCALATION,
        title=row.title,
        root=row.subject,
        key=f"{row.owner}:{row.repeats}",
        urgent=step.urgent,
        not_before=rules.after_quiet(ladder, local),
    )
    notifications.notify(notice, row.told, by=by, at=at)
    if clock_queries.live_clock(row.owner) is not None:
        clocks.stop_clock(row.owner, by=by, at=at)
    if step.repeat:
        terms = clocks.ClockTerms(step.repeat, step.calendar)
        clocks.start_clock(row.owner, row.owner, terms, by=by, at=at)


def lock_escalations(owners: Sequence[str]) -> Locked:
    """Lock escalations without waiting: whoever acknowledges one locks it first, then its clock."""
    key_of = {owner: int(owner.partition(":")[2] or 0) for owner in owners}
    wanted = list(key_of.values())
    got = {row[0] for row in db.rows(_LOCK, (wanted,))}
    known = {row[0] for row in db.rows(_KNOWN, (wanted,))}
    return Locked(
        frozenset(owner for owner, key in key_of.items() if key in got),
        frozenset(owner for owner, key in key_of.items() if key not in known),
    )


def _title(ladder: Ladder, step: LadderStep, matter: Matter) -> str:
    level = ladder.level_name(step.level)
    risen = f"升级为{level}" if step.level > matter.level and level else "请关注"
    return f"{matter.number} {risen}：{matter.title}"[:200]


def _record(row: Escalation, ladder: Ladder, step: LadderStep, *, rises: bool, by: Actor) -> None:
    data = {
        "escalation": row.pk,
        "ladder": ladder.title,
        "step": row.step,
        "cause": row.cause,
        "used": step.used,
        "reworks": step.reworks,
        "rises": rises,
        "node": row.node,
        "level": row.level,
        "level_name": row.level_name,
        "told": [f"staff:{one}" for one in row.told],
    }
    record(Fact(events.ESCALATED, row.subject, row.subject, row.at, by, data=data))


def _recipients(step: LadderStep, matter: Matter, occasion: Occasion) -> list[int]:
    """Return who is told: those away are left out when somebody else holds the post there."""
    found = [one for to in step.to for one in _people(to, matter, occasion)]
    return list(dict.fromkeys(found))


def _people(to: Recipient, matter: Matter, occasion: Occasion) -> list[int]:
    if to.assignee:
        assignee = occasion.assignee_id or matter.assignee_id
        return [assignee] if assignee else []
    for unit_id in _upwards(_begin(to.at, matter, occasion)):
        holders = org.staff_holding(to.post, unit_id, occasion.at)
        if holders:
            present = [one.id for one in holders if not one.is_away]
            return present or [one.id for one in holders]
    return []


def _begin(at: str, matter: Matter, occasion: Occasion) -> int | None:
    places = {
        Place.HANDLING: occasion.unit_id or matter.responsible_unit_id or matter.org_unit_id,
        Place.RESPONSIBLE: matter.responsible_unit_id or matter.org_unit_id,
        Place.ACCEPTING: matter.org_unit_id,
    }
    if at in Place.values:
        return places[Place(at)]
    unit = org.tree().by_code.get(at)
    return unit.id if unit else matter.org_unit_id


def _upwards(unit_id: int | None) -> Iterator[int]:
    """Yield an org unit and those above it, nearest first."""
    units = org.tree().units
    while unit_id is not None and unit_id in units:
        yield unit_id
        unit_id = units[unit_id].parent_id
