"""Bring cases together: link, make children of a mass incident, merge with a tombstone, and undo it.

A merged case's process and clocks rest with the time they have left; undoing lets them go on from there.
Its number stays and leads to the survivor.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from bihuan.domain.cases import events
from bihuan.domain.cases.actions import steps
from bihuan.domain.cases.actions.steps import Step
from bihuan.domain.cases.actions.verbs import ReasonMissing, TextMissing, allowed
from bihuan.domain.cases.choices import LinkKind
from bihuan.domain.cases.events import case_ref
from bihuan.domain.cases.models import Case, CaseLink, CaseMerge
from bihuan.domain.ledger.actions import record_many
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.processes import actions as processes, queries as process_queries
from bihuan.kit import db
from bihuan.kit.problems import Invalid, NotFound, Refused

VERB = "case.merge"
_LOCK_INSTANCES = """
select i.id, i.state from processes_processinstance i
join cases_standing s on s.instance_id = i.id where s.case_id = any(%s)
order by i.id for update of i
"""
_SURVIVOR = """
with recursive chain as (
    select id, merged_into_id, 1 as depth from cases_case where id = %s
    union all
    select c.id, c.merged_into_id, depth + 1 from cases_case c
    join chain on c.id = chain.merged_into_id where depth < 100
)
select id from chain where merged_into_id is null
"""
_MERGE = """
update cases_case set state = 'MERGED', merged_into_id = %s
where id = %s and closure_id is null and merged_into_id is null returning id
"""
_UNMERGE = """
update cases_case set state = %s, merged_into_id = null
where id = %s and merged_into_id is not null returning id
"""


class SameCase(Invalid):
    """A case is neither linked to, nor part of, nor merged into itself."""

    message = "不能选择同一张工单。"


class CaseNotMerged(Refused):
    """There is no merge to undo."""

    message = "这张工单没有被合并，不需要撤销。"


class MergedIntoItself(Refused):
    """The survivor was itself merged into this case."""

    message = "目标工单已并入本工单，不能再反向合并。"


class LinkMissing(NotFound):
    """The two cases are not linked."""

    message = "这两张工单没有关联。"


class NotAParent(Refused):
    """A child has no children, and a parent is no child: one level."""

    message = "母单不能再作为子单，子单也不能再带子单。"


@transaction.atomic
def link_cases(
    *,
    case_id: int,
    other_id: int,
    kind: str = LinkKind.RELATED,
    note: str = "",
    by: Actor,
    at: datetime,
) -> bool:
    """Say that two cases have to do with one another; return whether that was new."""
    first, second = _pair(case_id, other_id)
    for one in (first, second):
        allowed(one, VERB, by, at)
    _row, is_new = CaseLink.objects.get_or_create(
        first_id=first,
        second_id=second,
        removed_at=None,
        defaults={"kind": LinkKind(kind), "note": note.strip(), "by": by.ref, "at": at},
    )
    if is_new:
        data = {"kind": str(kind)}
        _tell_both(events.LINKED, case_id, other_id, Step(case_id, by, at), note, data)
    return is_new


@transaction.atomic
def unlink_cases(*, case_id: int, other_id: int, by: Actor, at: datetime) -> None:
    """Take a link back."""
    first, second = _pair(case_id, other_id)
    allowed(case_id, VERB, by, at)
    found = CaseLink.objects.filter(first_id=first, second_id=second, removed_at=None)
    if not found.update(removed_at=at):
        raise LinkMissing
    _tell_both(events.UNLINKED, case_id, other_id, Step(case_id, by, at), "", {})


@transaction.atomic
def merge_case(*, case_id: int, into_id: int, reason: str, by: Actor, at: datetime) -> int:
    """Merge a case into another and return the survivor: what the other was itself merged into, if it was.

    Needs `case.merge` at both. The case's clocks rest. Nothing of either is rewritten.
    """
    if case_id == into_id:
        raise SameCase
    for one in (case_id, into_id):
        allowed(one, VERB, by, at)
    if not reason.strip():
        raise ReasonMissing
    running = _lock(case_id, into_id)
    survivor_id = survivor_of(into_id)
    if survivor_id == case_id:
        raise MergedIntoItself
    case, survivor = _locked(case_id), _locked(survivor_id)
    if case.merged_into_id is not None:
        raise steps.CaseIsMerged
    if case.closure_id is not None or survivor.closure_id is not None:
        raise steps.CaseAlreadyClosed
    rested = case_id in running
    if rested:
        processes.suspend(running[case_id], reason=f"并入 {survivor.number}", by=_mover(by), at=at)
    db.run(_MERGE, (survivor_id, case_id))
    CaseMerge.objects.create(
        case=case,
        survivor=survivor,
        state_before=case.state,
        rested=rested,
        reason=reason.strip(),
        by=by.ref,
        at=at,
    )
    _tell(case_id, events.MERGED, Step(case_id, by, at), reason, {"into": survivor.number})
    _tell(survivor_id, events.TOOK_IN, Step(case_id, by, at), reason, {"number": case.number})
    return survivor_id


@transaction.atomic
def undo_merge(*, case_id: int, reason: str, by: Actor, at: datetime) -> None:
    """Take a merge back: the case stands as it stood, its clocks go on with the time they had left."""
    allowed(case_id, VERB, by, at)
    if not reason.strip():
        raise ReasonMissing
    _lock(case_id)
    merge = CaseMerge.objects.select_for_update().filter(case_id=case_id, undone_at=None).first()
    if merge is None:
        raise CaseNotMerged
    case, survivor = _locked(case_id), _locked(merge.survivor_id)
    db.run(_UNMERGE, (merge.state_before, case_id))
    merge.undone_by, merge.undone_at, merge.undo_reason = by.ref, at, reason.strip()
    merge.save()
    instance_id = db.one("select instance_id from cases_standing where case_id = %s", (case_id,))
    if merge.rested and instance_id:
        processes.resume(instance_id[0], by=_mover(by), at=at)
    step = Step(case_id, by, at)
    _tell(case_id, events.UNMERGED, step, reason, {"from": survivor.number})
    _tell(survivor.pk, events.GAVE_BACK, step, reason, {"number": case.number})


@transaction.atomic
def join_incident(*, case_id: int, parent_id: int, by: Actor, at: datetime) -> None:
    """Make a case part of a mass incident (母单); both go on, and one answer can serve all."""
    if case_id == parent_id:
        raise SameCase
    for one in (case_id, parent_id):
        allowed(one, VERB, by, at)
    _lock(case_id, parent_id)
    case, parent = _locked(case_id), _locked(parent_id)
    if case.merged_into_id is not None or parent.merged_into_id is not None:
        raise steps.CaseIsMerged
    if parent.parent_id is not None or Case.objects.filter(parent_id=case_id).exists():
        raise NotAParent
    Case.objects.filter(pk=case_id).update(parent_id=parent_id)
    step = Step(case_id, by, at)
    _tell(case_id, events.JOINED, step, "", {"parent": parent.number})
    _tell(parent_id, events.JOINED, step, "", {"child": case.number})


@transaction.atomic
def leave_incident(*, case_id: int, by: Actor, at: datetime) -> None:
    """Take a case out of its mass incident again."""
    allowed(case_id, VERB, by, at)
    case = _locked(case_id)
    if case.parent_id is None:
        raise LinkMissing
    Case.objects.filter(pk=case_id).update(parent_id=None)
    step = Step(case_id, by, at)
    _tell(case_id, events.LEFT, step, "", {})
    _tell(case.parent_id, events.LEFT, step, "", {"child": case.number})


@dataclass(frozen=True, slots=True)
class JointAnswer:
    """One answer for all children: what was done, and the form to submit where they wait at `node`."""

    text: str
    node: str = ""
    values: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def answer_together(
    *, case_id: int, answer: JointAnswer, by: Actor, at: datetime
) -> dict[str, str]:
    """Give all open children of a mass incident one answer; return by number what kept one from it.

    Each child records the handling. Where it waits at the unit named, its form is submitted too, under
    that unit's own permission and checks. Every customer is still asked for their own consent.
    """
    allowed(case_id, "unit.work", by, at)
    if not answer.text.strip():
        raise TextMissing
    children = Case.objects.filter(parent_id=case_id, closure=None, merged_into=None)
    kept: dict[str, str] = {}
    numbers = list(children.order_by("id").values_list("pk", "number"))
    for child_id, number in numbers:
        try:
            with transaction.atomic():
                _answer_one(Step(child_id, by, at), answer)
        except Refused as refusal:
            kept[number] = refusal.message
    data = {"answered": len(numbers) - len(kept), "kept": sorted(kept)}
    _tell(case_id, events.ANSWERED_TOGETHER, Step(case_id, by, at), "", data)
    return kept


def _answer_one(step: Step, answer: JointAnswer) -> None:
    if answer.node:
        waiting = process_queries.open_units([case_ref(step.case_id)])
        for unit in (one for one in waiting if one.node == answer.node):
            processes.submit(unit.id, answer.values, by=step.by, at=step.at)
            return
    steps.record_handling(step, answer.text.strip())


def survivor_of(case_id: int) -> int:
    """Return the case that one goes on in: itself, or the end of the chain it was merged into."""
    row = db.one(_SURVIVOR, (case_id,))
    if row is None:
        raise NotFound
    return int(row[0])


def _pair(one: int, other: int) -> tuple[int, int]:
    if one == other:
        raise SameCase
    return min(one, other), max(one, other)


def _lock(*case_ids: int) -> dict[int, int]:
    """Lock the instances of cases, lowest first, before the cases; return those that run, by case."""
    states = dict(db.rows(_LOCK_INSTANCES, (list(case_ids),)))
    placed = "select case_id, instance_id from cases_standing where case_id = any(%s)"
    found = db.rows(placed, (list(case_ids),))
    return {case_id: one for case_id, one in found if states.get(one) == "RUNNING"}


def _locked(case_id: int) -> Case:
    case = Case.objects.select_for_update(of=("self",)).filter(pk=case_id).first()
    if case is None:
        raise NotFound
    return case


def _mover(by: Actor) -> Actor:
    """Return who lets a process rest: whoever may merge need not have the right to suspend."""
    if by.is_system:
        return by
    return Actor("system:cases", on_behalf_of=by.on_behalf_of or by.ref, unit_id=by.unit_id)


def _tell_both(
    name: str, one: int, other: int, step: Step, reason: str, data: dict[str, Any]
) -> None:
    numbers = dict(Case.objects.filter(pk__in=[one, other]).values_list("pk", "number"))
    _tell(one, name, step, reason, {**data, "number": numbers[other]})
    _tell(other, name, step, reason, {**data, "number": numbers[one]})


def _tell(case_id: int, name: str, step: Step, reason: str, data: dict[str, Any]) -> None:
    ref = case_ref(case_id)
    record_many([Fact(name, ref, ref, step.at, step.by, reason.strip(), data)])
