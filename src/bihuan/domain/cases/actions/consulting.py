"""Ask an expert group about a case the desk cannot judge, and give their judgement (TKT-13, TKT-14, ORG-03)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bihuan.domain.cases import events
from bihuan.domain.cases.actions.verbs import TextMissing, allowed
from bihuan.domain.cases.events import case_ref
from bihuan.domain.cases.models import Case, Consultation
from bihuan.domain.cases.queries import promises
from bihuan.domain.cases.queries.consulting import (
    WAITING,
    ExpertGroup,
    expert_groups,
    members,
)
from bihuan.domain.ledger.actions import record
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.notifications import actions as notifications
from bihuan.domain.notifications.choices import Topic
from bihuan.domain.notifications.events import Notice
from bihuan.kit.problems import Invalid, NotAllowed, NotFound, Refused


class GroupUnknown(NotFound):
    """The case's pack has no such expert group."""

    message = "没有这个专家组。"


class GroupEmpty(Refused):
    """Nobody holds the group's post now."""

    message = "这个专家组现在没有人，请换一个组，或请管理员安排任岗。"


class AlreadyAsked(Refused):
    """The group has not answered the last question about the case yet."""

    message = "已请该组研判，还没有答复。"


class ConsultationMissing(NotFound):
    """There is no such question, or it was answered or taken back."""

    message = "没有待答复的研判，可能已答复或撤回。"


class OpinionMissing(Invalid):
    """A judgement says something."""

    message = "请填写研判意见。"

    def __init__(self) -> None:
        super().__init__(fields={"opinion": "请填写研判意见"})


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the experts judge: the text, and where they say so the class and the org unit responsible."""

    text: str
    class_code: str = ""
    org_unit_id: int | None = None


@transaction.atomic
def ask_experts(*, case_id: int, group_key: str, question: str, by: Actor, at: datetime) -> int:
    """Ask a group of the case's pack and return the question's id; its members are told at once.

    Needs `case.classify` where the case is. The case's own process goes on: the judgement helps whoever has it.
    """
    allowed(case_id, "case.classify", by, at)
    if not question.strip():
        raise TextMissing
    case = Case.objects.only("number", "title", "pack", "org_unit_id").get(pk=case_id)
    group = _group(case.pack, group_key)
    told = members(group, at)
    if not told:
        raise GroupEmpty
    if Consultation.objects.filter(WAITING, case_id=case_id, group_key=group_key).exists():
        raise AlreadyAsked
    asked = Consultation.objects.create(
        case_id=case_id,
        group_key=group_key,
        question=question.strip(),
        asked_by=by.ref,
        asked_at=at,
        due_at=promises.due(group.limit, group.calendar, at),
        told=told,
    )
    ref = case_ref(case_id)
    data = {"group": group_key, "consultation": asked.pk, "told": [f"staff:{one}" for one in told]}
    record(Fact(events.CONSULTED, ref, ref, at, by, question.strip(), data))
    title = f"{case.number} 请{group.name}研判：{case.title}"
    notice = Notice(Topic.CASE, title, ref, f"consultation:{asked.pk}", text=question.strip())
    notifications.notify(notice, told, by=by, at=at)
    return int(asked.pk)


@transaction.atomic
def answer_consultation(*, consultation_id: int, opinion: Opinion, by: Actor, at: datetime) -> None:
    """Give the group's judgement, as one of its members now; whoever asked is told. Nothing is applied by it."""
    asked = _waiting(consultation_id)
    group = _group(asked.case.pack, asked.group_key)
    if not by.is_system and by.staff_id not in members(group, at):
        raise NotAllowed
    if not opinion.text.strip():
        raise OpinionMissing
    asked.opinion, asked.class_code = opinion.text.strip(), opinion.class_code
    asked.responsible_unit_id = opinion.org_unit_id
    asked.answered_by, asked.answered_at = by.ref, at
    asked.save()
    ref = case_ref(asked.case_id)
    data = {"group": asked.group_key, "consultation": asked.pk, "cls": opinion.class_code}
    record(Fact(events.CONSULTATION_ANSWERED, ref, ref, at, by, opinion.text.strip(), data))
    asker = Actor(asked.asked_by).staff_id
    if asker is not None:
        title = f"{asked.case.number} {group.name}已研判"
        key = f"consultation:{asked.pk}:answered"
        notice = Notice(Topic.CASE, title, ref, key, text=opinion.text.strip())
        notifications.notify(notice, [asker], by=by, at=at)


@transaction.atomic
def withdraw_consultation(*, consultation_id: int, reason: str, by: Actor, at: datetime) -> None:
    """Take a question back that is no longer one; needs `case.classify` where the case is."""
    asked = _waiting(consultation_id)
    allowed(asked.case_id, "case.classify", by, at)
    if not reason.strip():
        raise TextMissing
    Consultation.objects.filter(pk=asked.pk).update(withdrawn_at=at)
    ref = case_ref(asked.case_id)
    data = {"group": asked.group_key, "consultation": asked.pk}
    record(Fact(events.CONSULTATION_WITHDRAWN, ref, ref, at, by, reason.strip(), data))


def _group(pack: str, key: str) -> ExpertGroup:
    found = next((one for one in expert_groups(pack) if one.key == key), None)
    if found is None:
        raise GroupUnknown
    return found


def _waiting(consultation_id: int) -> Consultation:
    locked = Consultation.objects.select_for_update(of=("self",)).select_related("case")
    found = locked.filter(WAITING, pk=consultation_id).first()
    if found is None:
        raise ConsultationMissing
    return found
