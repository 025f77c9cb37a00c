"""What demo data do with a case once its units are worked: gather, press, learn, make good.

A step is written as in a scenario, `{at: +1h, by: 司徒静, merge: "4", reason: …}`; cases are named by their
place in the file.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bihuan.domain.cases import actions as cases, queries
from bihuan.domain.cases.models import Case
from bihuan.domain.clocks import actions as clocks
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import queries as org
from bihuan.engines.packs.scenario import Step, span
from bihuan.integrations.scenarios import pressing
from bihuan.integrations.scenarios.stage import Stage, person
from bihuan.kit.money import Money
from bihuan.kit.problems import NotFound

_BESIDE = ("at", "by", "with", "reason")


@dataclass(frozen=True, slots=True)
class _Turn:
    """One step with everything it needs."""

    step: Step
    stage: Stage
    by: Actor
    pack: str

    @property
    def case(self) -> dict[str, Any]:
        return {"case_id": self.stage.case.id, "by": self.by, "at": self.stage.at}

    def said(self, name: str) -> str:
        return str(self.step.values[name])

    def other(self) -> int:
        found = Case.objects.filter(source_ref=f"demo:{self.pack}:{self.step.what}").first()
        if found is None:
            raise NotFound(f"没有第 {self.step.what} 件演示工单。")
        return int(found.pk)


def follow(stage: Stage, steps: list[dict[str, Any]], *, pack: str, now: datetime) -> None:
    """Take the steps of a case one after the other; none later than `now`. What fell due before each
    has happened before it.
    """
    for data in steps:
        step = _step(data)
        stage.at = min(stage.at + span(step.at.removeprefix("+")), now)
        clocks.fire_all_due(stage.at)
        if step.verb in pressing.VERBS:
            pressing.VERBS[step.verb](step, stage)
        else:
            _VERBS[step.verb](_Turn(step, stage, stage.actor(step.by), pack))


def _step(data: Mapping[str, Any]) -> Step:
    verb = next(key for key in data if key not in _BESIDE)
    return Step(
        verb=verb,
        what=data[verb],
        at=str(data["at"]),
        by=str(data["by"]),
        values=dict(data.get("with") or {}),
        reason=str(data.get("reason", "")),
    )


def _link(turn: _Turn) -> None:
    cases.link_cases(other_id=turn.other(), note=turn.step.reason, **turn.case)


def _join(turn: _Turn) -> None:
    cases.join_incident(parent_id=turn.other(), **turn.case)


def _merge(turn: _Turn) -> None:
    cases.merge_case(into_id=turn.other(), reason=turn.step.reason, **turn.case)


def _arbitrate(turn: _Turn) -> None:
    cases.ask_arbitration(question=str(turn.step.what), **turn.case)


def _cause(turn: _Turn) -> None:
    cases.code_cause(
        attribution=turn.said("attribution"),
        cause=str(turn.step.what),
        note=turn.said("note"),
        **turn.case,
    )


def _capa(turn: _Turn) -> None:
    days = timedelta(days=int(turn.step.values["days"]))
    measures = cases.Measures(
        root_cause=str(turn.step.what),
        correction=turn.said("correction"),
        prevention=turn.said("prevention"),
        owner_id=person(turn.said("owner")),
        due_date=(turn.stage.at + days).date(),
    )
    cases.plan_capa(measures=measures, **turn.case)


def _study(turn: _Turn) -> None:
    region = org.unit_by_code(turn.said("region")).id
    study = cases.Study(str(turn.step.what), turn.said("cause"), turn.said("solution"), region)
    cases.write_study(study=study, **turn.case)


def _publish(turn: _Turn) -> None:
    access = org.access_of(turn.by.staff_id or 0, turn.stage.at)
    for study in queries.studies_of_case(access, turn.stage.case.id):
        cases.publish_study(study_id=study.id, by=turn.by, at=turn.stage.at)


def _grant(turn: _Turn) -> None:
    money = Money(Decimal(turn.said("amount")))
    kind = turn.said("kind")
    cases.propose_grant(kind=kind, money=money, reason=str(turn.step.what), **turn.case)


def _approve(turn: _Turn) -> None:
    access = org.access_of(turn.by.staff_id or 0, turn.stage.at)
    for grant in queries.improvement(access, turn.stage.case.id).grants:
        cases.decide_grant(
            grant_id=grant["id"],
            is_approved=True,
            note=str(turn.step.what),
            by=turn.by,
            at=turn.stage.at,
        )


_VERBS: dict[str, Callable[[_Turn], None]] = {
    "approve": _approve,
    "arbitrate": _arbitrate,
    "capa": _capa,
    "cause": _cause,
    "grant": _grant,
    "join": _join,
    "link": _link,
    "merge": _merge,
    "publish": _publish,
    "study": _study,
}
