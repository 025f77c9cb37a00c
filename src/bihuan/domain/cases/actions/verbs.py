"""What people do with a case directly: each asks whether they may, then takes the step."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bihuan.domain.cases import rules
from bihuan.domain.cases.actions import grading, steps
from bihuan.domain.cases.actions.steps import Step
from bihuan.domain.cases.events import case_ref
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org.queries import authorise
from bihuan.domain.processes import actions as processes
from bihuan.domain.processes.queries.rows import variables_of
from bihuan.kit import db
from bihuan.kit.problems import Invalid, NotFound

_PLACE = """
select c.org_unit_id, c.responsible_unit_id, c.closure_id is not null, s.instance_id,
    k.process_key, k.grade, k.grading,
    exists (select from cases_handling h where h.case_id = c.id)
from cases_case c join cases_standing s on s.case_id = c.id
join cases_caseclass k on k.id = c.cls_id where c.id = %s
"""


class TextMissing(Invalid):
    """A note or a record of handling says something."""

    message = "请填写内容。"

    def __init__(self) -> None:
        super().__init__(fields={"text": "请填写内容"})


class ReasonMissing(Invalid):
    """Reopening and withdrawing are explained."""

    message = "请填写原因。"

    def __init__(self) -> None:
        super().__init__(fields={"reason": "请填写原因"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case stands: its units, and what its process is."""

    org_unit_id: int
    responsible_unit_id: int | None
    is_closed: bool
    instance_id: int | None
    process_key: str
    grade: str
    grading: str
    was_handled: bool


def classify_case(*, case_id: int, class_code: str, by: Actor, at: datetime) -> None:
    """Put a case into another class of its pack."""
    allowed(case_id, "case.classify", by, at)
    steps.classify(Step(case_id, by, at), class_code)


def grade_case(*, case_id: int, weight: rules.Weight, by: Actor, at: datetime) -> str:
    """Weigh a case anew and return its grade."""
    place = allowed(case_id, "case.classify", by, at)
    grade = grading.grade_of(place.grading, weight, place.grade)
    steps.grade(Step(case_id, by, at), weight, grade)
    return grade


def dispatch_case(
    *, case_id: int, org_unit_id: int, reason: str = "", by: Actor, at: datetime
) -> None:
    """Name the unit responsible for a case."""
    allowed(case_id, "unit.assign", by, at)
    steps.dispatch(Step(case_id, by, at), org_unit_id, reason=reason)


def record_handling(*, case_id: int, text: str, by: Actor, at: datetime) -> None:
    """Keep what was done about a case, beside what the units' forms say."""
    allowed(case_id, "unit.work", by, at)
    if not text.strip():
        raise TextMissing
    steps.record_handling(Step(case_id, by, at), text.strip())


def add_note(*, case_id: int, text: str, by: Actor, at: datetime) -> int:
    """Add a remark that moves nothing; return its id."""
    allowed(case_id, "case.view", by, at)
    if not text.strip():
        raise TextMissing
    return steps.note(Step(case_id, by, at), text.strip())


@transaction.atomic
def withdraw_case(*, case_id: int, reason: str, by: Actor, at: datetime) -> None:
    """End a case because the customer takes it back; it is counted apart from closed ones.

    The case's own customer may, and staff with `case.close` for what is no complaint.
    """
    own = _is_own_customer(case_id, by)
    place = _place(case_id) if own else allowed(case_id, "case.close", by, at)
    if not reason.strip():
        raise ReasonMissing
    if place.is_closed or place.instance_id is None:
        raise steps.CaseAlreadyClosed
    who = _mover(by) if own else by
    # Ending the process ends its case (`standing`): the instance is locked before the case, as always.
    processes.terminate(place.instance_id, reason=reason.strip(), verb="case.close", by=who, at=at)


@transaction.atomic
def reopen_case(*, case_id: int, reason: str, by: Actor, at: datetime) -> int:
    """Open a closed case for another round and return its new process instance.

    The round begins where rework begins, or from the start when nobody has handled the case yet; who
    handled it in any round cannot verify it.
    """
    place = allowed(case_id, "case.reopen", by, at)
    if not reason.strip():
        raise ReasonMissing
    count = steps.reopen(Step(case_id, by, at), reason=reason.strip())
    before = variables_of(place.instance_id) if place.instance_id is not None else {}
    started = processes.start_process(
        definition_key=place.process_key,
        subject=case_ref(case_id),
        root=case_ref(case_id),
        org_unit_id=place.org_unit_id,
        variables={**before, "reopen_count": count},
        by=by,
        at=at,
    )
    node = grading.rework_unit(place.process_key) if place.was_handled else ""
    if node:
        processes.jump(started.id, node, reason=reason.strip(), by=_mover(by), at=at)
    return int(started.id)


def _mover(by: Actor) -> Actor:
    """Return who changes the route: whoever may reopen need not have the right to (unit.jump)."""
    if by.is_system:
        return by
    return Actor("system:cases", on_behalf_of=by.on_behalf_of or by.ref, unit_id=by.unit_id)


def allowed(case_id: int, verb: str, by: Actor, at: datetime) -> Place:
    """Return where a case stands; refuse who may not, in any unit it concerns."""
    place = _place(case_id)
    unit = place.org_unit_id
    if place.responsible_unit_id is not None and by.staff_id is not None:
        unit = _nearer(place, verb, by, at)
    authorise(by, verb, unit, at=at)
    return place


def _place(case_id: int) -> Place:
    row = db.one(_PLACE, (case_id,))
    if row is None:
        raise NotFound
    return Place(*row)


def _is_own_customer(case_id: int, by: Actor) -> bool:
    if not by.ref.startswith("customer:"):
        return False
    row = db.one("select customer_id from cases_case where id = %s", (case_id,))
    return row is not None and row[0] is not None and by.ref == f"customer:{row[0]}"


def _nearer(place: Place, verb: str, by: Actor, at: datetime) -> int:
    access = authorise(by, verb, at=at)
    responsible = place.responsible_unit_id
    if access is not None and responsible is not None and access.may(verb, responsible):
        return responsible
    return place.org_unit_id
