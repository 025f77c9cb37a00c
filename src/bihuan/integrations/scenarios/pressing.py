"""Steps of a scenario that press on a case: supervision orders, urges, escalations."""

from collections.abc import Callable

from bihuan.domain.cases import actions as cases
from bihuan.domain.cases.queries import supervision_to_answer
from bihuan.domain.escalations import actions as escalations
from bihuan.domain.escalations.queries import escalations_of as escalated
from bihuan.domain.org import queries as org
from bihuan.engines.packs.scenario import Step
from bihuan.integrations.scenarios.stage import Stage, person


def _supervise(step: Step, stage: Stage) -> None:
    said = {key: str(step.values[key]) for key in ("limit", "calendar") if key in step.values}
    order = cases.Order(person(str(step.what)), step.reason, **said)
    by = stage.actor(step.by)
    cases.issue_supervision(case_id=stage.case.id, order=order, by=by, at=stage.at)


def _answer(step: Step, stage: Stage) -> None:
    by = stage.actor(step.by)
    waiting = supervision_to_answer(org.access_of(by.staff_id or 0, stage.at)).rows
    mine = [one.id for one in waiting if one.case_id == stage.case.id]
    cases.answer_supervision(
        order_id=mine[0] if mine else 0, answer=str(step.what), by=by, at=stage.at
    )


def _press(step: Step, stage: Stage) -> None:
    by = stage.actor(step.by)
    cases.urge_case(case_id=stage.case.id, note=str(step.what), by=by, at=stage.at)


def _acknowledge(step: Step, stage: Stage) -> None:
    by = stage.actor(step.by)
    found = escalated(org.access_of(by.staff_id or 0, stage.at), stage.ref)
    row = next((one.id for one in found if one.step == step.what), 0)
    escalations.acknowledge(row, note=step.reason, by=by, at=stage.at)


def _sign(step: Step, stage: Stage) -> None:
    by = stage.actor(step.by)
    cases.sign_control(case_id=stage.case.id, reason=str(step.what), by=by, at=stage.at)


VERBS: dict[str, Callable[[Step, Stage], None]] = {
    "acknowledge": _acknowledge,
    "answer": _answer,
    "press": _press,
    "sign": _sign,
    "supervise": _supervise,
}
