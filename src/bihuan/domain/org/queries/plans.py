"""What can be asked about contingency plans and emergency contacts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bihuan.domain.org.choices import StepState
from bihuan.domain.org.events import EmergencyContact, Plan
from bihuan.domain.org.models import PlanRun, PlanStep
from bihuan.domain.org.ports import Access
from bihuan.domain.org.queries.people import names_of
from bihuan.domain.packs import queries as packs
from bihuan.kit.problems import NotFound

PLAN: Final = "plan"
CONTACT: Final = "contact"
VERBS: Final = ("plan.start", "duty.keep")
MOST_SHOWN: Final = 50


class PlanUnknown(NotFound):
    """No plan in force has this key."""

    message = "没有这份预案，或已停用。"


@dataclass(frozen=True, slots=True)
class StepRow:
    """A line of the checklist."""

    position: int
    text: str
    who: str
    due_at: datetime | None
    state: str
    done_by: str
    done_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class PlanRunRow:
    """A plan under way or ended, with its checklist."""

    id: int
    plan: str
    title: str
    unit_id: int
    unit: str
    reason: str
    is_drill: bool
    started_by: str
    started_at: datetime
    ended_by: str
    ended_at: datetime | None
    outcome: str
    steps: tuple[StepRow, ...]

    @property
    def done(self) -> int:
        """Return how many lines are done or left out."""
        return sum(one.state != StepState.OPEN for one in self.steps)


@dataclass(frozen=True, slots=True)
class ContactList:
    """The emergency contacts of one pack file."""

    title: str
    contacts: tuple[EmergencyContact, ...]


def plans() -> list[Plan]:
    """Return the plans in force, by pack and path."""
    return [
        Plan.from_json(one.key, one.pack_id, one.compiled) for one in packs.definitions(kind=PLAN)
    ]


def plan(key: str) -> Plan:
    """Return a plan in force, or refuse with `PlanUnknown`."""
    found = next((one for one in plans() if one.key == key), None)
    if found is None:
        raise PlanUnknown
    return found


def plan_runs(access: Access, *, under_way: bool | None = None) -> list[PlanRunRow]:
    """Return the plans started in the org units whose duty a person keeps, latest first."""
    units = {one for verb in VERBS for one in access.scope(verb).unit_ids}
    found = PlanRun.objects.filter(unit_id__in=units)
    if under_way is not None:
        found = found.filter(ended_at__isnull=under_way)
    rows = list(found.order_by("-id")[:MOST_SHOWN])
    steps = list(PlanStep.objects.filter(run__in=rows).order_by("run", "position"))
    who = {one for row in rows for one in (row.started_by_id, row.ended_by_id)}
    people = names_of([one for one in who | {step.done_by_id for step in steps} if one])
    return [_row(access, row, steps, people) for row in rows]


def contacts() -> list[ContactList]:
    """Return the emergency contacts in force."""
    return [
        ContactList(
            one.compiled["title"],
            tuple(EmergencyContact(**each) for each in one.compiled["contacts"]),
        )
        for one in packs.definitions(kind=CONTACT)
    ]


def _row(access: Access, row: PlanRun, steps: list[PlanStep], people: dict[int, str]) -> PlanRunRow:
    unit = access.tree.units.get(row.unit_id)
    return PlanRunRow(
        id=row.pk,
        plan=row.plan,
        title=row.title,
        unit_id=row.unit_id,
        unit=unit.name if unit else "",
        reason=row.reason,
        is_drill=row.is_drill,
        started_by=people.get(row.started_by_id, ""),
        started_at=row.started_at,
        ended_by=people.get(row.ended_by_id or 0, ""),
        ended_at=row.ended_at,
        outcome=row.outcome,
        steps=tuple(_step(one, people) for one in steps if one.run_id == row.pk),
    )


def _step(one: PlanStep, people: dict[int, str]) -> StepRow:
    return StepRow(
        one.position,
        one.text,
        one.who,
        one.due_at,
        one.state,
        people.get(one.done_by_id or 0, ""),
        one.done_at,
        one.note,
    )
