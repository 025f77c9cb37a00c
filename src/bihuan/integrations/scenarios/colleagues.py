"""Steps of a scenario about who and when rather than about the route."""

from collections.abc import Callable

from bihuan.domain.processes import actions as processes, queries
from bihuan.engines.packs.scenario import Step, moment
from bihuan.integrations.scenarios.stage import Stage, person


def _delegate(step: Step, stage: Stage) -> None:
    unit, by = stage.unit(step.what).pk, stage.actor(step.by)
    terms = processes.DelegationTerms(
        person(step.to),
        until=moment(step.until, stage.at) if step.until else None,
        while_away=bool(step.values.get("while_away")),
        may_submit=bool(step.values.get("may_submit")),
    )
    processes.delegate(unit, terms=terms, reason=step.reason, by=by, at=stage.at)


def _give_back(step: Step, stage: Stage) -> None:
    unit, by = stage.unit(step.what).pk, stage.actor(step.by)
    processes.give_back(unit, reason=step.reason, by=by, at=stage.at)


def _complete(step: Step, stage: Stage) -> None:
    unit, by = stage.unit(step.what).pk, stage.actor(step.by)
    processes.complete_delegation(unit, step.values, reason=step.reason, by=by, at=stage.at)


def _copy(step: Step, stage: Stage) -> None:
    unit, by = stage.unit(step.what).pk, stage.actor(step.by)
    to = processes.Recipients((person(step.to),))
    processes.carbon_copy(unit, to=to, note=step.reason, by=by, at=stage.at)


def _urge(step: Step, stage: Stage) -> None:
    unit, by = stage.unit(step.what).pk, stage.actor(step.by)
    for_customer = bool(step.values.get("for_customer"))
    processes.urge(unit, note=step.reason, for_customer=for_customer, by=by, at=stage.at)


def _extend(step: Step, stage: Stage) -> None:
    unit, by, values = stage.unit(step.what).pk, stage.actor(step.by), step.values
    wanted = processes.MoreTime(
        more=str(values.get("more", "")),
        until=moment(step.until, stage.at) if step.until else None,
        group=str(values.get("group", "")),
    )
    processes.request_extension(unit, wanted=wanted, reason=step.reason, by=by, at=stage.at)


def _approve(step: Step, stage: Stage) -> None:
    by = stage.actor(step.by)
    processes.approve_extension(_asked(step, stage), reason=step.reason, by=by, at=stage.at)


def _refuse(step: Step, stage: Stage) -> None:
    by = stage.actor(step.by)
    processes.refuse_extension(_asked(step, stage), reason=step.reason, by=by, at=stage.at)


def _asked(step: Step, stage: Stage) -> int:
    request = queries.extension_of(stage.unit(step.what).pk)
    if request is None:
        raise queries.ExtensionMissing
    return request.id


def _warn_lead(step: Step, stage: Stage) -> None:
    by, staff_id = stage.actor(step.by), person(step.by)
    processes.set_warning_lead(staff_id=staff_id, lead=str(step.what), by=by, at=stage.at)


VERBS: dict[str, Callable[[Step, Stage], None]] = {
    "delegate": _delegate,
    "give_back": _give_back,
    "complete": _complete,
    "copy": _copy,
    "urge": _urge,
    "extend": _extend,
    "approve": _approve,
    "refuse": _refuse,
    "warn_lead": _warn_lead,
}
