"""How a case goes, as its own customer may read it: promised time, steps, and whether each kept its promise (QA-14).

Nothing here names a colleague or shows a number: who reads it has proved to be the customer, not who they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from bihuan.domain.cases.choices import CaseState, ConsentAnswer
from bihuan.domain.cases.events import case_ref
from bihuan.domain.cases.queries.portal import Answering, Portal, PortalStep, portal
from bihuan.domain.clocks import queries as clocks
from bihuan.domain.clocks.rules import ClockRow, chip
from bihuan.domain.org import queries as org
from bihuan.domain.processes import queries as processes
from bihuan.domain.processes.queries import UnitRun
from bihuan.kit import db
from bihuan.kit.masking import mask_text
from bihuan.kit.problems import NotFound

URGE_AGAIN = timedelta(minutes=30)
_CASE = """
select c.id, c.number, c.pack, c.title, k.code, k.name, c.state, c.round, c.rework_count, c.urge_count,
    c.opened_at, c.promised_at, c.resolved_at, c.closed_at, c.customer_id, c.merged_into_id,
    s.instance_id, s.process_state,
    (select answer from cases_consent n where n.case_id = c.id and n.round = c.round),
    (select kind from cases_closure x where x.id = c.closure_id),
    (select max(at) from cases_customerurge u where u.case_id = c.id and u.by = 'customer:' || c.customer_id)
from cases_case c join cases_caseclass k on k.id = c.cls_id
join cases_standing s on s.case_id = c.id
where c.id = %s
"""
_SAID = """
select at, 'note', text, null::int from cases_note where case_id = %(case)s and by = %(who)s
union all
select at, 'urge', note, null from cases_customerurge where case_id = %(case)s and by = %(who)s
union all
select at, lower(answer), note, score from cases_consent where case_id = %(case)s
order by 1
"""


@dataclass(frozen=True, slots=True)
class PublicStep:
    """One step of a case. `time` says what was used or is left, `kept` whether the promise was (None: no limit).

    `visits` counts how often the step was done; more than one is rework. `where` is the org unit's name.
    """

    name: str
    doing: str
    later: str
    state: Literal["done", "now", "later"]
    at: datetime | None = None
    due_at: datetime | None = None
    time: str = ""
    kept: bool | None = None
    is_paused: bool = False
    visits: int = 0
    where: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """Something the customer said: a note, an urge, an answer (`agreed`, `refused`)."""

    at: datetime
    kind: str
    text: str
    score: int | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """A case for its customer. `may` holds what they may do now: answer, urge, add, withdraw."""

    case_id: int
    number: str
    pack: str
    title: str
    kind: str
    state: str
    closed_as: str
    answered: str
    rework_count: int
    urge_count: int
    urged_at: datetime | None
    opened_at: datetime
    promised_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    steps: tuple[PublicStep, ...]
    result: str
    said: tuple[Said, ...]
    may: frozenset[str]
    answering: Answering

    @property
    def done(self) -> int:
        """Return how many steps are behind."""
        return sum(one.state == "done" for one in self.steps)

    @property
    def now(self) -> PublicStep | None:
        """Return the step the case is at."""
        return next((one for one in self.steps if one.state == "now"), None)

    @property
    def next(self) -> PublicStep | None:
        """Return the step that comes next."""
        return next((one for one in self.steps if one.state == "later"), None)

    @property
    def is_over(self) -> bool:
        """Tell whether the case has ended."""
        return self.state in (CaseState.CLOSED, CaseState.CANCELLED)


@dataclass(frozen=True, slots=True)
class _Case:
    id: int
    number: str
    pack: str
    title: str
    class_code: str
    class_name: str
    state: str
    round: int
    rework_count: int
    urge_count: int
    opened_at: datetime
    promised_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    customer_id: int | None
    merged_into_id: int | None
    instance_id: int | None
    process_state: str
    answered: str | None
    closed_as: str | None
    urged_at: datetime | None


def progress(case_id: int, *, at: datetime) -> Progress:
    """Return how a case goes at `at`. The caller has proved to be its customer.

    A merged case shows how far the one has come that it goes on in, and nothing else of it.
    """
    row = db.one(_CASE, (case_id,))
    if row is None:
        raise NotFound
    case = _Case(*row)
    shown = portal(case.pack)
    runs, on = _runs(case)
    steps = _steps(shown.steps, runs, case, _Times(case_ref(on), at))
    return Progress(
        case_id=case.id,
        number=case.number,
        pack=case.pack,
        title=mask_text(case.title),
        kind=shown.say(case.class_code, case.class_name),
        state=case.state,
        closed_as=case.closed_as or "",
        answered=case.answered or "",
        rework_count=case.rework_count,
        urge_count=case.urge_count,
        urged_at=case.urged_at,
        opened_at=case.opened_at,
        promised_at=case.promised_at,
        resolved_at=case.resolved_at if case.state != CaseState.OPEN else None,
        closed_at=case.closed_at,
        steps=tuple(steps),
        result=_result(shown, case),
        said=_said(case),
        may=_may(shown, case, at),
        answering=shown.answering,
    )


class _Times:
    """The clocks of a case, as words at a moment."""

    def __init__(self, root: str, at: datetime) -> None:
        self.at = at
        self.by_owner: Mapping[str, ClockRow] = {row.owner: row for row in clocks.clocks_of(root)}

    def of(self, run: UnitRun) -> dict[str, Any]:
        """Return what a step says about its time, from its latest run."""
        row = self.by_owner.get(run.clock_owner)
        if row is None:
            return {}
        found = chip(row, clocks.calendar_of(row.calendar, row.calendar_revision), self.at)
        return {
            "time": found.text,
            "kept": not found.late,
            "is_paused": found.state == "pause",
            "due_at": row.due_at if found.state in ("ok", "warn", "over") else None,
        }

    def was_late(self, run: UnitRun) -> bool:
        """Tell whether a run missed its limit."""
        row = self.by_owner.get(run.clock_owner)
        return row is not None and row.overdue_at is not None


def _runs(case: _Case) -> tuple[list[UnitRun], int]:
    """Return the runs that tell the progress, and whose they are: a merged case goes on in another."""
    on = case.id
    if case.merged_into_id is not None:
        row = db.one(
            "with recursive chain as (select id, merged_into_id, 1 as depth from cases_case where id = %s"
            " union all select c.id, c.merged_into_id, depth + 1 from cases_case c"
            " join chain on c.id = chain.merged_into_id where depth < 100)"
            " select id from chain where merged_into_id is null",
            (case.id,),
        )
        on = int(row[0]) if row else on
    return processes.unit_runs(case_ref(on)), on


def _steps(
    steps: Sequence[PortalStep], runs: Sequence[UnitRun], case: _Case, times: _Times
) -> list[PublicStep]:
    here = _place(steps, runs, case)
    units = org.tree().units
    found = []
    for position, step in enumerate(steps):
        own = [run for run in runs if run.node in step.units]
        state: Literal["done", "now", "later"] = (
            "done" if position < here else "now" if position == here else "later"
        )
        if state == "later" or not own:
            found.append(PublicStep(step.name, step.doing, step.later, state))
            continue
        last = next((run for run in own if run.is_open), own[-1])
        told = times.of(last)
        if told.get("kept") and any(times.was_late(run) for run in _latest_of_each(own)):
            told["kept"] = False
        place = units.get(last.unit_id or 0)
        found.append(
            PublicStep(
                name=step.name,
                doing=step.doing,
                later=step.later,
                state=state,
                at=last.closed_at if state == "done" else last.opened_at,
                visits=sum(run.node == last.node for run in own),
                where=place.name if place else "",
                **told,
            )
        )
    return found


def _latest_of_each(runs: Sequence[UnitRun]) -> list[UnitRun]:
    return list({run.node: run for run in runs}.values())


def _place(steps: Sequence[PortalStep], runs: Sequence[UnitRun], case: _Case) -> int:
    """Return at which step a case stands; beyond the last when it is over."""
    if case.state in (CaseState.CLOSED, CaseState.CANCELLED):
        done = {run.node for run in runs if run.closed_at and run.close_kind == "SUBMITTED"}
        last = [n for n, step in enumerate(steps) if not done.isdisjoint(step.units)]
        return len(steps) if case.closed_as == "CONSENT" else (last[-1] + 1 if last else 0)
    open_ = {run.node for run in runs if run.is_open}
    here = [n for n, step in enumerate(steps) if not open_.isdisjoint(step.units)]
    if here:
        return here[0]
    # Nothing is open: the process waits, after an unanswered call until the next one.
    known = [n for n, step in enumerate(steps) if any(run.node in step.units for run in runs)]
    return known[-1] if known else 0


def _result(shown: Portal, case: _Case) -> str:
    """Return what was done, in the words meant for the customer, once it has been checked."""
    if not shown.result or case.instance_id is None or case.resolved_at is None:
        return ""
    if case.state == CaseState.OPEN:
        return ""
    found = processes.last_form_with(case.instance_id, shown.result)
    return mask_text(str(found.form.get(shown.result) or "")) if found else ""


def _said(case: _Case) -> tuple[Said, ...]:
    rows = db.rows(_SAID, {"case": case.id, "who": f"customer:{case.customer_id}"})
    return tuple(Said(at, kind, mask_text(text), score) for at, kind, text, score in rows)


def _may(shown: Portal, case: _Case, at: datetime) -> frozenset[str]:
    if case.state not in (CaseState.OPEN, CaseState.RESOLVED):
        return frozenset()
    found = {"add"}
    runs = case.process_state == "RUNNING"
    if case.answered != ConsentAnswer.AGREED:
        found.add("withdraw")
    if case.state == CaseState.OPEN and (case.urged_at is None or at - case.urged_at > URGE_AGAIN):
        found.add("urge")
    waits = case.state == CaseState.RESOLVED and case.answered is None
    if waits and runs and shown.answering.units:
        found.add("answer")
    return frozenset(found)
