"""Which expert groups a pack has, and what they were asked and judged (TKT-13, ORG-03)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from bihuan.domain.cases.models import Consultation
from bihuan.domain.cases.queries.guidance import desk_of_pack
from bihuan.domain.cases.queries.taxonomy import classes
from bihuan.domain.cases.queries.viewing import CaseView
from bihuan.domain.org import queries as org
from bihuan.domain.org.ports import Access

WAITING = Q(answered_at=None, withdrawn_at=None)


@dataclass(frozen=True, slots=True)
class ExpertGroup:
    """People the desk asks about some classes: all holders of a post."""

    key: str
    name: str
    post: str
    classes: tuple[str, ...]
    limit: str
    calendar: str

    def judges(self, class_code: str) -> bool:
        """Tell whether the group is for a class; a group without classes is for all."""
        return not self.classes or any(
            class_code == one or class_code.startswith(f"{one}.") for one in self.classes
        )


@dataclass(frozen=True, slots=True)
class ConsultationRow:
    """One question to a group, and its answer once there is one."""

    id: int
    case_id: int
    case_number: str
    case_title: str
    group: str
    question: str
    asked_by: str
    asked_at: datetime
    due_at: datetime | None
    opinion: str
    class_code: str
    class_name: str
    responsible_unit_id: int | None
    answered_by: str
    answered_at: datetime | None
    withdrawn_at: datetime | None


def expert_groups(pack: str, class_code: str = "") -> list[ExpertGroup]:
    """Return a pack's groups, those for a class when one is named."""
    found: Iterable[dict[str, Any]] = desk_of_pack(pack).get("experts", ())
    groups = [ExpertGroup(**{**one, "classes": tuple(one["classes"])}) for one in found]
    return [one for one in groups if not class_code or one.judges(class_code)]


def members(group: ExpertGroup, at: datetime) -> list[int]:
    """Return who is in a group at `at`, wherever they hold its post; on leave, their delegates instead."""
    rows = org.staff_holding(group.post, org.tree().units, at)
    covers = org.covered_by([row.id for row in rows if row.is_away], at)
    present = [row.id for row in rows if not row.is_away]
    return sorted({*present, *covers.values()})


def consultations_of(case_id: int) -> list[ConsultationRow]:
    """Return what experts were asked about a case, oldest first; the caller has checked who may see it."""
    return _rows(Q(case_id=case_id), size=50)


def consultations_for(access: Access, case_id: int, at: datetime) -> list[ConsultationRow]:
    """Return what waits for a judgement about a case by the groups somebody is in at `at`, oldest first."""
    waiting = list(Consultation.objects.filter(WAITING, case_id=case_id).select_related("case"))
    if not waiting:
        return []
    groups = {one.key: one for one in expert_groups(waiting[0].case.pack)}
    mine = {key for key, one in groups.items() if access.staff_id in members(one, at)}
    return [_row(one) for one in sorted(waiting, key=lambda one: one.pk) if one.group_key in mine]


def consulting_operations(access: Access, view: CaseView, at: datetime) -> list[str]:
    """Return the codes of what may be done now about a case and its pack's experts."""
    may_ask = access.may_in_any("case.classify", view.org_unit_id, view.responsible_unit_id)
    waiting = Consultation.objects.filter(WAITING, case_id=view.row.id).exists()
    found = ["ask_experts"] if may_ask and expert_groups(view.pack) else []
    if waiting and may_ask:
        found.append("take_question_back")
    if waiting and consultations_for(access, view.row.id, at):
        found.append("give_opinion")
    return found


def consultations_to_answer(access: Access, pack: str, at: datetime) -> list[ConsultationRow]:
    """Return what waits for a person's groups, the first due first."""
    keys = [one.key for one in expert_groups(pack) if access.staff_id in members(one, at)]
    rows = _rows(WAITING & Q(group_key__in=keys), size=100) if keys else []
    return sorted(rows, key=lambda row: (row.due_at is None, row.due_at or row.asked_at))


def _rows(condition: Q, *, size: int) -> list[ConsultationRow]:
    found = Consultation.objects.filter(condition).select_related("case").order_by("id")[:size]
    return [_row(one) for one in found]


def _class_name(pack: str, code: str) -> str:
    return next((one.name for one in classes(pack) if one.code == code), "") if code else ""


def _row(one: Consultation) -> ConsultationRow:
    names = {group.key: group.name for group in expert_groups(one.case.pack)}
    return ConsultationRow(
        id=one.pk,
        case_id=one.case_id,
        case_number=one.case.number,
        case_title=one.case.title,
        group=names.get(one.group_key, one.group_key),
        question=one.question,
        asked_by=one.asked_by,
        asked_at=one.asked_at,
        due_at=one.due_at,
        opinion=one.opinion,
        class_code=one.class_code,
        class_name=_class_name(one.case.pack, one.class_code),
        responsible_unit_id=one.responsible_unit_id,
        answered_by=one.answered_by,
        answered_at=one.answered_at,
        withdrawn_at=one.withdrawn_at,
    )
