"""What is learned and made good: cause, result review, arbitration, CAPA, case base, grants of money."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from bihuan.domain.cases import events
from bihuan.domain.cases.actions.steps import Step
from bihuan.domain.cases.actions.verbs import ReasonMissing, TextMissing, allowed
from bihuan.domain.cases.choices import (
    Attribution,
    CapaState,
    GrantKind,
    GrantState,
    ReviewResult,
    Ruling,
)
from bihuan.domain.cases.models import (
    Arbitration,
    Capa,
    Case,
    CaseStudy,
    CauseCoding,
    Grant,
    Handling,
    ResultReview,
)
from bihuan.domain.cases.queries import wording
from bihuan.domain.ledger.actions import record
from bihuan.domain.ledger.events import Actor
from bihuan.domain.notifications import actions as notifications
from bihuan.domain.notifications.choices import Topic
from bihuan.domain.notifications.events import Notice
from bihuan.domain.org import queries as org
from bihuan.kit.money import Money
from bihuan.kit.problems import Invalid, NotAllowed, NotFound, Refused

STUDY = "case.study"
ARBITRATE = "case.arbitrate"
COMPENSATE = "case.compensate"


class HandlerJudges(Refused):
    """Whoever handled a case neither reviews its result nor rules on it."""

    message = "处理过这件工单的人不能审核或裁定它。"


class ArbitrationUnderWay(Refused):
    """One question at a time is before the inspection unit."""

    message = "这件工单已有裁定申请，请等稽查裁定。"


class ArbitrationMissing(NotFound):
    """Nobody has asked for a ruling."""

    message = "没有等待裁定的申请。"


class CapaMissing(NotFound):
    """No corrective and preventive measures were planned."""

    message = "这件工单还没有制订纠正预防措施。"


class CapaNotReady(Refused):
    """Measures are planned, then done, then checked by somebody else."""

    message = "纠正预防措施还不到这一步，或须由另一人验证。"


class StudyMissing(NotFound):
    """No such study in the case base."""

    message = "没有这个案例。"


class GrantMissing(NotFound):
    """No such compensation or reward waits for a decision."""

    message = "没有等待审批的补偿或奖励。"


class OwnGrant(Refused):
    """Whoever proposes money does not approve it."""

    message = "不能审批自己提出的补偿或奖励。"


class AmountInvalid(Invalid):
    """Money given is more than nothing."""

    message = "金额必须大于零。"


@dataclass(frozen=True, slots=True)
class Measures:
    """Why it happened, what corrects it, what keeps it from happening again; who sees to it by when."""

    root_cause: str
    correction: str
    prevention: str
    owner_id: int
    due_date: date


@dataclass(frozen=True, slots=True)
class Study:
    """Problem, cause, solution, and the org unit of the region it is about."""

    problem: str
    cause: str
    solution: str
    region_id: int | None = None


@transaction.atomic
def code_cause(
    *, case_id: int, attribution: str, cause: str, note: str = "", by: Actor, at: datetime
) -> int:
    """Say why it came to this and whose fault it was (TKT-17); a later coding supersedes."""
    place = allowed(case_id, STUDY, by, at)
    if not cause.strip():
        raise TextMissing
    return keep_cause(
        Step(case_id, by, at),
        CauseCoding(
            case_id=case_id,
            attribution=Attribution(attribution),
            cause=cause.strip(),
            org_unit_id=place.responsible_unit_id,
            note=note.strip(),
            by=by.ref,
            at=at,
        ),
    )


def keep_cause(step: Step, coding: CauseCoding) -> int:
    """Keep a coding, as a process does whose unit's form says it."""
    coding.save()
    fact = step.fact(
        events.CAUSE_CODED,
        attribution=coding.attribution,
        cause=coding.cause,
        org_unit=coding.org_unit_id,
    )
    record(fact)
    return coding.pk


@transaction.atomic
def review_result(
    *, case_id: int, result: str, basis: str, note: str = "", by: Actor, at: datetime
) -> int:
    """Hold a result against law, rules and the request before the customer hears it (TKT-16)."""
    allowed(case_id, STUDY, by, at)
    _not_a_handler(case_id, by)
    found = ReviewResult(result)
    if found == ReviewResult.REJECTED and not note.strip():
        raise ReasonMissing
    case = _case(case_id)
    row = ResultReview.objects.create(
        case=case,
        round=case.round,
        result=found,
        basis=basis.strip(),
        note=note.strip(),
        by=by.ref,
        at=at,
    )
    record(Step(case_id, by, at).fact(events.REVIEWED, reason=note.strip(), result=found))
    return row.pk


@transaction.atomic
def ask_arbitration(*, case_id: int, question: str, by: Actor, at: datetime) -> int:
    """Ask the inspection unit to rule where there is no agreement (CMP-20)."""
    place = allowed(case_id, "unit.work", by, at)
    if not question.strip():
        raise TextMissing
    if Arbitration.objects.filter(case_id=case_id, ruled_at=None).exists():
        raise ArbitrationUnderWay
    row = Arbitration.objects.create(
        case_id=case_id, question=question.strip(), asked_by=by.ref, asked_at=at
    )
    step = Step(case_id, by, at)
    record(step.fact(events.ARBITRATION_ASKED, reason=question.strip()))
    _tell(step, f"提请裁定：{question.strip()}", _who_may(ARBITRATE, place.org_unit_id, at))
    return row.pk


@transaction.atomic
def rule(*, case_id: int, ruling: str, grounds: str, by: Actor, at: datetime) -> None:
    """Rule on the question before the inspection unit. It closes nothing: the customer is still asked."""
    allowed(case_id, ARBITRATE, by, at)
    _not_a_handler(case_id, by)
    if not grounds.strip():
        raise ReasonMissing
    row = Arbitration.objects.select_for_update().filter(case_id=case_id, ruled_at=None).first()
    if row is None:
        raise ArbitrationMissing
    if by.ref == row.asked_by:
        raise NotAllowed
    row.ruling, row.grounds, row.ruled_by, row.ruled_at = (
        Ruling(ruling),
        grounds.strip(),
        by.ref,
        at,
    )
    row.save()
    step = Step(case_id, by, at)
    record(step.fact(events.ARBITRATED, reason=grounds.strip(), ruling=row.ruling))


@transaction.atomic
def plan_capa(*, case_id: int, measures: Measures, by: Actor, at: datetime) -> int:
    """Write the report of corrective and preventive measures (CMP-12); again replaces what is planned."""
    allowed(case_id, STUDY, by, at)
    texts = (measures.root_cause, measures.correction, measures.prevention)
    if not all(text.strip() for text in texts):
        raise TextMissing
    if measures.owner_id not in org.at_work([measures.owner_id], at):
        raise org.StaffUnknown
    known = Capa.objects.select_for_update().filter(case_id=case_id).first()
    if known is not None and known.state != CapaState.PLANNED:
        raise CapaNotReady
    row, _ = Capa.objects.update_or_create(
        case_id=case_id,
        defaults={
            "root_cause": measures.root_cause.strip(),
            "correction": measures.correction.strip(),
            "prevention": measures.prevention.strip(),
            "owner_id": measures.owner_id,
            "due_date": measures.due_date,
            "by": by.ref,
            "at": at,
        },
    )
    step = Step(case_id, by, at)
    due = measures.due_date.isoformat()
    record(step.fact(events.CAPA_PLANNED, to_staff=measures.owner_id, due_date=due))
    _tell(step, f"纠正预防措施，{due} 前完成", [measures.owner_id])
    return row.pk


@transaction.atomic
def finish_capa(*, case_id: int, evidence: str, by: Actor, at: datetime) -> None:
    """Say that the measures are taken, as who was to see to them."""
    row = _capa(case_id)
    if by.staff_id != row.owner_id:
        raise NotAllowed
    if row.state != CapaState.PLANNED:
        raise CapaNotReady
    if not evidence.strip():
        raise TextMissing
    row.state, row.evidence, row.done_at = CapaState.DONE, evidence.strip(), at
    row.save()
    record(Step(case_id, by, at).fact(events.CAPA_DONE))


@transaction.atomic
def check_capa(*, case_id: int, is_effective: bool, by: Actor, at: datetime) -> None:
    """Say whether the measures worked, as somebody else; those that did not are planned anew."""
    allowed(case_id, STUDY, by, at)
    row = _capa(case_id)
    if row.state != CapaState.DONE or by.staff_id == row.owner_id:
        raise CapaNotReady
    row.checked_by, row.checked_at, row.is_effective = by.ref, at, is_effective
    row.state = CapaState.CHECKED if is_effective else CapaState.PLANNED
    row.save()
    record(Step(case_id, by, at).fact(events.CAPA_CHECKED, is_effective=is_effective))


@transaction.atomic
def write_study(*, case_id: int, study: Study, by: Actor, at: datetime) -> int:
    """Write a case down for the next who meets the same (CMP-09); it is offered once published."""
    allowed(case_id, STUDY, by, at)
    texts = (study.problem, study.cause, study.solution)
    if not all(text.strip() for text in texts):
        raise TextMissing
    case = _case(case_id)
    row = CaseStudy.objects.create(
        case=case,
        pack=case.pack,
        class_code=case.cls.code,
        region_id=study.region_id,
        problem=study.problem.strip(),
        cause=study.cause.strip(),
        solution=study.solution.strip(),
        pairs=sorted(wording.pairs(f"{study.problem} {study.cause} {case.cls.name}")),
        by=by.ref,
        at=at,
    )
    record(Step(case_id, by, at).fact(events.STUDY_WRITTEN, study=row.pk))
    return row.pk


@transaction.atomic
def publish_study(*, study_id: int, by: Actor, at: datetime) -> None:
    """Offer a study to everybody, as somebody other than who wrote it."""
    row = CaseStudy.objects.select_for_update().filter(pk=study_id).first()
    if row is None or row.case_id is None:
        raise StudyMissing
    allowed(row.case_id, STUDY, by, at)
    if by.ref == row.by:
        raise NotAllowed
    if not row.is_published:
        CaseStudy.objects.filter(pk=row.pk).update(is_published=True)
        record(Step(row.case_id, by, at).fact(events.STUDY_PUBLISHED, study=row.pk))


@transaction.atomic
def propose_grant(
    *, case_id: int, kind: str, money: Money, reason: str, by: Actor, at: datetime
) -> int:
    """Propose compensation or a reward (CMP-14, CMP-19, CMP-21). Somebody else decides."""
    allowed(case_id, COMPENSATE, by, at)
    if money.amount <= 0:
        raise AmountInvalid
    if not reason.strip():
        raise ReasonMissing
    row = Grant.objects.create(
        case_id=case_id,
        kind=GrantKind(kind),
        amount=money.amount,
        currency=money.currency,
        reason=reason.strip(),
        proposed_by=by.ref,
        proposed_at=at,
    )
    fact = Step(case_id, by, at).fact(
        events.GRANT_PROPOSED, reason=reason.strip(), kind=kind, amount=str(money)
    )
    record(fact)
    return row.pk


@transaction.atomic
def decide_grant(
    *, grant_id: int, is_approved: bool, note: str = "", by: Actor, at: datetime
) -> None:
    """Approve or decline what somebody else proposed."""
    row = Grant.objects.select_for_update().filter(pk=grant_id).first()
    if row is None or row.state != GrantState.PROPOSED:
        raise GrantMissing
    allowed(row.case_id, COMPENSATE, by, at)
    if by.ref == row.proposed_by or by.staff_id is None:
        raise OwnGrant
    if not is_approved and not note.strip():
        raise ReasonMissing
    row.state = GrantState.APPROVED if is_approved else GrantState.DECLINED
    row.decided_by, row.decided_at, row.note = by.ref, at, note.strip()
    row.save()
    amount = str(Money(row.amount, row.currency))
    name = events.GRANT_APPROVED if is_approved else events.GRANT_DECLINED
    record(Step(row.case_id, by, at).fact(name, reason=note.strip(), amount=amount))


def _case(case_id: int) -> Case:
    return Case.objects.select_related("cls").get(pk=case_id)


def _capa(case_id: int) -> Capa:
    row = Capa.objects.select_for_update().filter(case_id=case_id).first()
    if row is None:
        raise CapaMissing
    return row


def _not_a_handler(case_id: int, by: Actor) -> None:
    people = [by.ref, *([by.on_behalf_of] if by.on_behalf_of else [])]
    handled = Handling.objects.filter(case_id=case_id)
    if (handled.filter(handled_by__in=people) | handled.filter(on_behalf_of__in=people)).exists():
        raise HandlerJudges


def _who_may(verb: str, unit_id: int, at: datetime) -> list[int]:
    units = org.tree().units
    place: int | None = unit_id
    while place is not None and place in units:
        found = org.staff_who_may(verb, place, at)
        if found:
            return found
        place = units[place].parent_id
    return []


def _tell(step: Step, what: str, staff_ids: list[int]) -> None:
    case = _case(step.case_id)
    ref = f"case:{case.pk}"
    key = f"{ref}:{what}"[:120]
    notice = Notice(Topic.CASE, f"{case.number} {what}", ref, key)
    notifications.notify(notice, staff_ids, by=step.by, at=step.at)
