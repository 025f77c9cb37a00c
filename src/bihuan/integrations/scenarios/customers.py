"""Steps of a scenario that the case's own customer takes on the portal."""

from collections.abc import Callable

from bihuan.domain.cases.actions import portal
from bihuan.domain.cases.models import Case
from bihuan.domain.ledger.events import Actor
from bihuan.engines.packs.scenario import Step
from bihuan.integrations.scenarios.stage import Stage


def _customer(step: Step, stage: Stage) -> None:
    customer_id = Case.objects.values_list("customer_id", flat=True).get(pk=stage.case.id)
    _ACTS[str(step.what)](step, stage, Actor(f"customer:{customer_id}"))


def _answer(step: Step, stage: Stage, by: Actor) -> None:
    score = step.values.get("score")
    answer = portal.PublicAnswer(
        agreed=step.what == "agree",
        reason=step.reason,
        score=int(score) if score else None,
        words=str(step.values.get("words", "")),
    )
    portal.answer_case(stage.case.id, answer, by=by, at=stage.at)


def _urge(step: Step, stage: Stage, by: Actor) -> None:
    portal.press(stage.case.id, note=step.reason, by=by, at=stage.at)


def _add(step: Step, stage: Stage, by: Actor) -> None:
    portal.add_to_case(stage.case.id, step.reason, by=by, at=stage.at)


def _take_back(step: Step, stage: Stage, by: Actor) -> None:
    proof = portal.Proof.PHONE
    portal.take_back(stage.case.id, reason=step.reason, proof=proof, by=by, at=stage.at)


_ACTS: dict[str, Callable[[Step, Stage, Actor], None]] = {
    "agree": _answer,
    "refuse": _answer,
    "urge": _urge,
    "add": _add,
    "take_back": _take_back,
}
VERBS: dict[str, Callable[[Step, Stage], None]] = {"customer": _customer}
