"""Steps of a scenario that change the route: return, withdraw, co-handlers, skip, reopen."""

from collections.abc import Callable

from bihuan.domain.processes import actions as processes
from bihuan.engines.packs.scenario import Step
from bihuan.integrations.scenarios.stage import Stage, UnitIsNotOpen, person


def _return(step: Step, stage: Stage) -> None:
    unit, by = stage.unit(step.what, step.by).pk, stage.actor(step.by)
    processes.return_unit(
        unit,
        step.to or "previous",
        reason=step.reason,
        then=step.then or "forward",
        by=by,
        at=stage.at,
    )


def _withdraw(step: Step, stage: Stage) -> None:
    done = stage.latest(step.what)
    if done is None:
        raise UnitIsNotOpen(step.what)
    processes.withdraw(done.pk, by=stage.actor(step.by), at=stage.at)


def _skip(step: Step, stage: Stage) -> None:
    unit, by = stage.unit(step.what).pk, stage.actor(step.by)
    processes.skip_unit(unit, reason=step.reason, by=by, at=stage.at)


def _add_co_handler(step: Step, stage: Stage) -> None:
    unit, by = stage.unit(step.what, step.by).pk, stage.actor(step.by)
    processes.add_co_handler(unit, staff_id=person(step.to), reason=step.reason, by=by, at=stage.at)


def _remove_co_handler(step: Step, stage: Stage) -> None:
    unit, by = stage.unit(step.what, step.to).pk, stage.actor(step.by)
    processes.remove_co_handler(unit, reason=step.reason, by=by, at=stage.at)


def _reopen(step: Step, stage: Stage) -> None:
    instance, by = stage.case.instance_id, stage.actor(step.by)
    processes.reopen_instance(instance, step.what, reason=step.reason, by=by, at=stage.at)


VERBS: dict[str, Callable[[Step, Stage], None]] = {
    "return": _return,
    "withdraw": _withdraw,
    "skip": _skip,
    "add_co_handler": _add_co_handler,
    "remove_co_handler": _remove_co_handler,
    "reopen": _reopen,
}
