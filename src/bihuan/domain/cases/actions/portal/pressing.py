"""What else a customer does with a case of their own: press, add, hand in a file, take it back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from bihuan.domain.attachments import actions as attachments
from bihuan.domain.attachments.ports import Upload
from bihuan.domain.attachments.queries import AttachmentRow
from bihuan.domain.cases import events
from bihuan.domain.cases.actions import pressing, statements as sql, verbs
from bihuan.domain.cases.actions.portal import throttling
from bihuan.domain.cases.actions.portal.answering import PhoneNotProven
from bihuan.domain.cases.actions.portal.own import Own, own_case
from bihuan.domain.cases.actions.portal.proving import Proof
from bihuan.domain.cases.actions.portal.throttling import spend
from bihuan.domain.cases.actions.steps import CaseAlreadyClosed, CaseIsMerged, Step
from bihuan.domain.cases.choices import CaseState, Channel
from bihuan.domain.cases.events import case_ref
from bihuan.domain.cases.ports import PORTAL_ACTOR
from bihuan.domain.cases.queries.progress import URGE_AGAIN
from bihuan.domain.ledger.events import Actor
from bihuan.domain.notifications import actions as notifications
from bihuan.domain.notifications.choices import Topic
from bihuan.domain.notifications.events import Notice
from bihuan.kit import db
from bihuan.kit.problems import Invalid, NotFound, Refused

MOST_TEXT: Final = 1000
MOST_FILES: Final = 9
FIELD: Final = "portal"
_LATEST_URGE = "select max(at) from cases_customerurge where case_id = %s and by = %s"
_FILES = "select count(*) from attachments_attachment where root = %s and field = %s"


class UrgedJustNow(Refused):
    """One urge is enough for a while."""

    message = "刚刚已经帮您催过了，办理人员会看到；半小时后可以再催。"


class TooManyFiles(Invalid):
    """A request or case has as many files of its customer as it may."""

    message = f"最多放 {MOST_FILES} 个文件，可以先去掉几个。"


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file as somebody hands it in."""

    name: str
    pieces: Iterable[bytes]


@transaction.atomic
def press(case_id: int, *, note: str = "", by: Actor, at: datetime) -> int:
    """Keep that the customer asks again, at most once in half an hour, and return how often now (催办)."""
    own = _living(case_id, by)
    latest = db.one(_LATEST_URGE, (own.id, by.ref))
    if latest is not None and latest[0] is not None and at - latest[0] < URGE_AGAIN:
        raise UrgedJustNow
    return pressing.urge_case(
        case_id=own.id, channel=Channel.WEB, note=note[:MOST_TEXT], by=by, at=at
    )


def add_to_case(case_id: int, text: str, *, by: Actor, at: datetime) -> int:
    """Keep what the customer adds and tell whoever works on it; return the note's id."""
    own = _living(case_id, by)
    text = text.strip()
    if not text:
        raise Invalid("请写下要补充的内容。", fields={"text": "请写下要补充的内容"})
    if len(text) > MOST_TEXT:
        raise Invalid("写得太长了。", fields={"text": f"最多 {MOST_TEXT} 个字"})
    spend(throttling.ADDITIONS, case_ref(own.id), at=at)
    return _add(own, text, by, at)


@transaction.atomic
def take_back(case_id: int, *, reason: str, proof: Proof, by: Actor, at: datetime) -> None:
    """End a case because its customer no longer wants it; needs the proof of the phone."""
    own = _living(case_id, by)
    if proof is not Proof.PHONE:
        raise PhoneNotProven
    verbs.withdraw_case(case_id=own.id, reason=reason, by=by, at=at)


def hand_in(case_id: int, file: GivenFile, *, by: Actor, at: datetime) -> AttachmentRow:
    """Keep a file the customer hands in about a case; kind and size are checked by its content."""
    own = _living(case_id, by)
    return _keep(case_ref(own.id), file, by, at)


def hand_in_before(
    source_ref: str, file: GivenFile, *, address: str, at: datetime
) -> AttachmentRow:
    """Keep a file for a request that is not sent yet; the case takes it over when it is."""
    spend(throttling.FILES, address, at=at)
    return _keep(source_ref, file, Actor(PORTAL_ACTOR), at)


def _keep(root: str, file: GivenFile, by: Actor, at: datetime) -> AttachmentRow:
    count = db.one(_FILES, (root, FIELD))
    if count is not None and count[0] >= MOST_FILES:
        raise TooManyFiles
    upload = Upload(root, root, FIELD, "file", file.name, file.pieces)
    return attachments.add_attachment(upload, by=by, at=at)


def _living(case_id: int, by: Actor) -> Own:
    own = own_case(case_id, by)
    if own.state in (CaseState.CLOSED, CaseState.CANCELLED):
        raise CaseAlreadyClosed("这件事已经结束，不能再修改。需要时请重新提交。")
    if own.state == CaseState.MERGED:
        raise CaseIsMerged("这件事已与相同的问题合并办理，请留意办理进度。")
    return own


@transaction.atomic
def _add(own: Own, text: str, by: Actor, at: datetime) -> int:
    step = Step(own.id, by, at)
    note_id = int(step.take(sql.NOTE, {"text": text}, step.fact(events.ADDED), or_else=NotFound)[0])
    if own.assignee_id is not None:
        ref = case_ref(own.id)
        notice = Notice(
            Topic.CASE,
            f"{own.number} 客户补充了说明：{own.title}",
            ref,
            f"{ref}:added:{note_id}",
        )
        notifications.notify(notice, [own.assignee_id], by=by, at=at)
    return note_id
