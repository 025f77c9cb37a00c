"""Contingency plans: started by a button, worked off line by line, ended with an outcome (OUT-05, OUT-07)."""

from datetime import datetime, timedelta

from django.db import transaction

from bihuan.domain.ledger.actions import record
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org import events, queries
from bihuan.domain.org.choices import StepState
from bihuan.domain.org.events import PlanLine, duty_ref
from bihuan.domain.org.models import PlanRun, PlanStep
from bihuan.domain.org.ports import PLANS_STARTED, PlanStarted
from bihuan.domain.org.queries import plans
from bihuan.engines.worktime import parse_limit
from bihuan.kit.problems import Invalid, NotAllowed, NotFound, Refused

VERB = "plan.start"
WORK = "duty.keep"


class PlanUnderWay(Refused):
    """The plan was started here and has not ended."""

    message = "这份预案已经启动，正在执行。"


class PlanRunMissing(NotFound):
    """No such plan under way, or it has ended."""

    message = "没有这次预案执行，或已经结束。"


class StepAlreadyDone(Refused):
    """Somebody has ticked this line."""

    message = "这一步已有人勾选。"


class StepsOpen(Refused):
    """A plan ends when every line is done or does not apply."""

    message = "还有步骤没有完成，请逐条勾选或注明不适用。"


class WhyMissing(Invalid):
    """Starting and ending a plan, and leaving a step out, are explained."""

    message = "请填写说明。"

    def __init__(self) -> None:
        super().__init__(fields={"text": "请填写说明"})


@transaction.atomic
def start_plan(
    plan: str, *, unit_id: int, reason: str, is_drill: bool = False, by: Actor, at: datetime
) -> int:
    """Start a plan in an org unit and return the run's id. Needs `plan.start` there.

    The holders of the posts the plan names are told at once. A drill is carried out the same and says so.
    """
    staff_id = _who(VERB, unit_id, by, at)
    if not reason.strip():
        raise WhyMissing
    known = plans.plan(plan)
    if PlanRun.objects.filter(unit_id=unit_id, plan=plan, ended_at=None).exists():
        raise PlanUnderWay
    run = PlanRun.objects.create(
        unit_id=unit_id,
        plan=plan,
        title=known.title,
        reason=reason.strip(),
        is_drill=is_drill,
        started_by_id=staff_id,
        started_at=at,
    )
    PlanStep.objects.bulk_create(
        PlanStep(run=run, position=number, text=line.text, who=line.who, due_at=_due(line, at))
        for number, line in enumerate(known.lines, 1)
    )
    data = {"run": run.pk, "plan": plan, "title": known.title, "drill": is_drill}
    _record(events.PLAN_STARTED, run, reason.strip(), data, by=by, at=at)
    started = PlanStarted(
        run.pk, unit_id, known.title, reason.strip(), is_drill, known.tell, by, at
    )
    for follower in PLANS_STARTED.values():
        follower(started)
    return run.pk


@transaction.atomic
def tick_step(
    run_id: int, position: int, *, note: str = "", is_skipped: bool = False, by: Actor, at: datetime
) -> None:
    """Tick a line of a plan under way, or say why it does not apply. Needs `duty.keep` or `plan.start`."""
    run = _running(run_id)
    staff_id = _worker(run, by, at)
    step = PlanStep.objects.filter(run=run, position=position).first()
    if step is None:
        raise PlanRunMissing
    if step.state != StepState.OPEN:
        raise StepAlreadyDone
    if is_skipped and not note.strip():
        raise WhyMissing
    step.state = StepState.SKIPPED if is_skipped else StepState.DONE
    step.done_by_id, step.done_at, step.note = staff_id, at, note.strip()
    step.save()
    data = {"run": run.pk, "step": position, "text": step.text, "skipped": is_skipped}
    _record(events.PLAN_STEP_DONE, run, note.strip(), data, by=by, at=at)


@transaction.atomic
def end_plan(run_id: int, *, outcome: str, by: Actor, at: datetime) -> None:
    """End a plan whose lines are all done or left out, and say what came of it. Needs `plan.start`."""
    run = _running(run_id)
    staff_id = _who(VERB, run.unit_id, by, at)
    if not outcome.strip():
        raise WhyMissing
    if run.steps.filter(state=StepState.OPEN).exists():
        raise StepsOpen
    run.ended_at, run.ended_by_id, run.outcome = at, staff_id, outcome.strip()
    run.save()
    data = {"run": run.pk, "plan": run.plan, "title": run.title}
    _record(events.PLAN_ENDED, run, outcome.strip(), data, by=by, at=at)


def _due(line: PlanLine, at: datetime) -> datetime | None:
    return at + timedelta(microseconds=parse_limit(line.within).micros) if line.within else None


def _running(run_id: int) -> PlanRun:
    run = PlanRun.objects.select_for_update().filter(pk=run_id, ended_at=None).first()
    if run is None:
        raise PlanRunMissing
    return run


def _worker(run: PlanRun, by: Actor, at: datetime) -> int:
    try:
        return _who(WORK, run.unit_id, by, at)
    except NotAllowed:
        return _who(VERB, run.unit_id, by, at)


def _who(verb: str, unit_id: int, by: Actor, at: datetime) -> int:
    queries.authorise(by, verb, unit_id, at=at)
    if by.staff_id is None:
        raise NotAllowed
    return by.staff_id


def _record(
    name: str, run: PlanRun, reason: str, data: dict[str, object], *, by: Actor, at: datetime
) -> None:
    record(Fact(name, f"plan:{run.pk}", duty_ref(run.unit_id), at, by, reason, data))
