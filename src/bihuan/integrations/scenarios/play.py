"""Play a scenario from its given case to its last step, and take everything back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from bihuan.domain.clocks import actions as clocks
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import actions as org_actions, queries as org
from bihuan.domain.processes import actions as processes
from bihuan.engines.packs.scenario import Scenario, Step, moment
from bihuan.integrations.scenarios import colleagues, customers, pressing, routes
from bihuan.integrations.scenarios.expectations import surprises
from bihuan.integrations.scenarios.stage import Stage, person, set_up
from bihuan.kit.problems import Refused

_SYSTEM = Actor("system:scenario")


@dataclass(frozen=True, slots=True)
class Failure:
    """A step that did not go as written."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        """Return one line that an editor can jump to."""
        return f"{self.path}:{self.line}: {self.message}"


def play(scenario: Scenario, *, pack: str) -> list[Failure]:
    """Play a scenario of an installed pack; return what went otherwise. Nothing of it remains.

    Play stops at the first step that could not be taken: what follows would only repeat it.
    """
    zone = datetime(2000, 1, 1, tzinfo=ZoneInfo(settings.TIME_ZONE))
    with transaction.atomic():
        failures = _play(scenario, pack, zone)
        transaction.set_rollback(True)
    return failures


def _play(scenario: Scenario, pack: str, zone: datetime) -> list[Failure]:
    try:
        stage = set_up(scenario, pack=pack, zone=zone)
    except Refused as refused:
        return [Failure(scenario.path, 1, f"受理被拒绝：{_said(refused)}")]
    failures: list[Failure] = []
    for step in scenario.steps:
        stage.at = moment(step.at, stage.at)
        if step.verb == "expect":
            said = surprises(step.what, stage)
            failures += [Failure(scenario.path, step.line, message) for message in said]
            continue
        message = _take(step, stage)
        if message:
            failures.append(Failure(scenario.path, step.line, message))
            break
    return failures


def _take(step: Step, stage: Stage) -> str:
    """Take a step; return what is wrong with how it went, or nothing."""
    try:
        with transaction.atomic():
            _VERBS[step.verb](step, stage)
    except Refused as refused:
        name = type(refused).__name__
        if step.refused == name:
            return ""
        wanted = f"应被 {step.refused} 拒绝，实际" if step.refused else ""
        return f"{wanted}被拒绝：{name} {_said(refused)}"
    return f"应被 {step.refused} 拒绝，实际办成了" if step.refused else ""


def _said(refused: Refused) -> str:
    details = "；".join(f"{field} {message}" for field, message in refused.fields.items())
    return f"{refused.message}{details}"


def _claim(step: Step, stage: Stage) -> None:
    processes.claim(stage.unit(step.what, step.by).pk, by=stage.actor(step.by), at=stage.at)


def _release(step: Step, stage: Stage) -> None:
    processes.release(stage.unit(step.what, step.by).pk, by=stage.actor(step.by), at=stage.at)


def _save(step: Step, stage: Stage) -> None:
    unit = stage.unit(step.what, step.by).pk
    processes.save_draft(unit, step.values, by=stage.actor(step.by), at=stage.at)


def _submit(step: Step, stage: Stage) -> None:
    unit = stage.unit(step.what, step.by).pk
    processes.submit(unit, step.values, by=stage.actor(step.by), at=stage.at)


def _transfer(step: Step, stage: Stage) -> None:
    unit, by = stage.unit(step.what).pk, stage.actor(step.by)
    place = org.tree().by_code.get(step.to)
    processes.transfer(
        unit,
        to_org_unit_id=place.id if place else None,
        to_staff_id=None if place else person(step.to),
        reason=step.reason,
        by=by,
        at=stage.at,
    )


def _assign(step: Step, stage: Stage) -> None:
    unit, by = stage.unit(step.what).pk, stage.actor(step.by)
    receiver = person(step.to)
    processes.assign(unit, to_staff_id=receiver, reason=step.reason, by=by, at=stage.at)


def _jump(step: Step, stage: Stage) -> None:
    instance, by = stage.case.instance_id, stage.actor(step.by)
    token = stage.unit(step.what).pk
    processes.jump(instance, step.to, reason=step.reason, token_id=token, by=by, at=stage.at)


def _suspend(step: Step, stage: Stage) -> None:
    instance, by = stage.case.instance_id, stage.actor(step.by)
    until = moment(step.until, stage.at) if step.until else None
    processes.suspend(instance, reason=str(step.what), until=until, by=by, at=stage.at)


def _resume(step: Step, stage: Stage) -> None:
    processes.resume(stage.case.instance_id, by=stage.actor(step.by), at=stage.at)


def _terminate(step: Step, stage: Stage) -> None:
    instance, by = stage.case.instance_id, stage.actor(step.by)
    processes.terminate(instance, reason=str(step.what), by=by, at=stage.at)


def _leave(step: Step, stage: Stage) -> None:
    absence = org_actions.Absence(
        staff_id=person(str(step.what)),
        away_from=stage.at,
        away_until=moment(step.until, stage.at),
        delegate_id=person(step.to) if step.to else None,
        reason=step.reason,
    )
    org_actions.record_leave(absence=absence, by=_SYSTEM, at=stage.at)


def _wait(_step: Step, stage: Stage) -> None:
    clocks.fire_all_due(stage.at)


_VERBS: dict[str, Callable[[Step, Stage], None]] = {
    "claim": _claim,
    "release": _release,
    "save": _save,
    "submit": _submit,
    "transfer": _transfer,
    "assign": _assign,
    "jump": _jump,
    "suspend": _suspend,
    "resume": _resume,
    "terminate": _terminate,
    "leave": _leave,
    "wait": _wait,
    **colleagues.VERBS,
    **customers.VERBS,
    **pressing.VERBS,
    **routes.VERBS,
}
