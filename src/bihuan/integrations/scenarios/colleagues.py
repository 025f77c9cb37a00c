"""Steps of a scenario that concern colleagues rather than the route: copies, urges."""

from collections.abc import Callable

from bihuan.domain.processes import actions as processes
from bihuan.engines.packs.scenario import Step
from bihuan.integrations.scenarios.stage import Stage, person


def _copy(step: Step, stage: Stage) -> None:
    unit, by = stage.unit(step.what).pk, stage.actor(step.by)
    to = processes.Recipients((person(step.to),))
    processes.carbon_copy(unit, to=to, note=step.reason, by=by, at=stage.at)


def _urge(step: Step, stage: Stage) -> None:
    unit, by = stage.unit(step.what).pk, stage.actor(step.by)
    for_customer = bool(step.values.get("for_customer"))
    processes.urge(unit, note=step.reason, for_customer=for_customer, by=by, at=stage.at)


VERBS: dict[str, Callable[[Step, Stage], None]] = {
    "copy": _copy,
    "urge": _urge,
}
