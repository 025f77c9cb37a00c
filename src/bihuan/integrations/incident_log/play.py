"""Play one incident: all its steps through the product's own actions, in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from bihuan.domain.cases import actions as cases
from bihuan.domain.cases.events import CaseRequest, OpenedCase
from bihuan.domain.cases.rules import Weight
from bihuan.domain.ledger.actions import unannounced
from bihuan.domain.ledger.events import Actor
from bihuan.domain.processes import actions as processes
from bihuan.domain.processes.ports import InstanceChange, UnitState
from bihuan.integrations.incident_log.cast import IMPORT, Cast, code_of
from bihuan.integrations.incident_log.log import Incident
from bihuan.integrations.incident_log.script import Do, Script, Step
from bihuan.kit.problems import Refused

CHANNELS = {
    "Phone": "PHONE",
    "Self service": "WEB",
    "Email": "EMAIL",
    "IVR": "VOICEMAIL",
    "Direct opening": "INTERNAL",
}
# The log counts 1 as high, we count 3 as high.
WEIGHTS = {"1": 3, "2": 2, "3": 1}
# What the forms of the units of packs/itsm ask for.
FIELDS = {
    "desk": ("class_code", "symptom", "scope", "urgency", "outcome", "handling"),
    "application": ("outcome", "diagnosis", "handling"),
    "vendor": ("outcome", "handling"),
}


class NothingOpen(Refused):
    """The log acts on an incident that has no open unit in our process."""

    message = "没有可办的环节。"


def source_ref(pack: str, number: str) -> str:
    """Return the ref by which an incident is known to have been replayed."""
    return f"{pack}:incident:{number}"


def play(scripts: Sequence[Script], cast: Cast) -> None:
    """Open each incident's case and take all its steps; all of it happens or nothing.

    Incidents whose case is there are left alone. Live pages are not told: nobody watches history.
    """
    opening = {script.incident.number: _request(script, cast) for script in scripts if script.steps}
    with transaction.atomic(), unannounced(), processes.batch() as work:
        there = cases.look_ahead(list(opening.values()))
        for script in scripts:
            request = opening.get(script.incident.number)
            if request is not None and request.source_ref not in there:
                _play(_Player(script.incident, request, cast, work), script.steps)


def _play(player: "_Player", steps: Sequence[Step]) -> None:
    for step in steps:
        player.take(step)
    player.tell()


def _request(script: Script, cast: Cast) -> CaseRequest:
    incident, step = script.incident, script.steps[0]
    weight = _weight(step.data, Weight())
    return CaseRequest(
        pack=cast.pack,
        title=step.data.get("u_symptom") or incident.number,
        org_unit_id=cast.unit(step.group),
        class_code=cast.classes.get("/".join(incident.category), ""),
        channel=CHANNELS.get(step.data.get("contact_type", ""), "OTHER"),
        customer_id=cast.customers.get(incident.caller),
        contact_name=incident.caller,
        importance=weight.importance,
        urgency=weight.urgency,
        number=incident.number,
        source_ref=source_ref(cast.pack, incident.number),
    )


@dataclass(slots=True)
class _Player:
    incident: Incident
    request: CaseRequest
    cast: Cast
    work: processes.Batch
    case: OpenedCase = field(init=False)
    instance_id: int = 0
    unit: UnitState | None = None
    category: tuple[str, ...] = ()
    weight: Weight = field(default_factory=Weight)
    told: list[cases.Told] = field(default_factory=list)

    def take(self, step: Step) -> None:
        _TAKE[step.do](self, step)

    def tell(self) -> None:
        """Record what moved nothing, together with what moved the case."""
        self.work.tell(self.instance_id, cases.told_facts(case_id=self.case.id, told=self.told))

    def follow(self, change: InstanceChange) -> None:
        """Remember the unit that is open now."""
        self.unit = change.units[0] if change.units else None

    def open_unit(self) -> int:
        if self.unit is None:
            raise NothingOpen
        return self.unit.id

    def submit(self, step: Step, values: dict[str, Any], by: Actor) -> None:
        self.follow(self.work.submit(self.open_unit(), values, by=by, at=step.at))


def _open(player: _Player, step: Step) -> None:
    player.category = player.incident.category
    player.weight = _weight(step.data, player.weight)
    player.case = cases.open_case(player.request, by=_by(step), at=step.at)
    player.instance_id = player.case.instance_id
    player.follow(player.work.current(player.instance_id))


def _assign(player: _Player, step: Step) -> None:
    staff = player.cast.people[step.person]
    player.follow(
        player.work.assign(player.open_unit(), to_staff_id=staff, by=_by(step), at=step.at)
    )


def _transfer(player: _Player, step: Step) -> None:
    unit, place = player.open_unit(), player.cast.unit(step.group)
    player.follow(player.work.transfer(unit, to_org_unit_id=place, by=_by(step), at=step.at))
    if step.person:
        _assign(player, step)


def _suspend(player: _Player, step: Step) -> None:
    player.follow(
        player.work.suspend(player.instance_id, reason=step.reason, by=_by(step), at=step.at)
    )


def _resume(player: _Player, step: Step) -> None:
    player.follow(player.work.resume(player.instance_id, by=_by(step), at=step.at))


def _resolve(player: _Player, step: Step) -> None:
    """Submit the open unit as resolved; what the form wants besides is what the log says."""
    staff = player.cast.people.get(step.person)
    by = Actor(IMPORT.ref, f"staff:{staff}") if staff else _by(step)
    said = f"日志记载：{step.by or '未具名'}处理完成"
    values = {
        "class_code": player.cast.classes.get("/".join(player.category), "unclassified"),
        "symptom": f"日志记载：{player.incident.number}",
        "scope": str(player.weight.scope),
        "urgency": str(player.weight.urgency),
        "outcome": "resolved",
        "diagnosis": said,
        "handling": said,
    }
    node = player.unit.node if player.unit else ""
    asked = FIELDS.get(node, FIELDS["vendor"])
    player.submit(step, {name: values[name] for name in asked}, by)


def _refuse(player: _Player, step: Step) -> None:
    player.submit(step, {"consent": "refused", "refusal_reason": step.reason}, _by(step))


def _agree(player: _Player, step: Step) -> None:
    player.submit(step, {"consent": "agreed", "note": "日志记为关闭"}, _by(step))


def _reopen(player: _Player, step: Step) -> None:
    player.work.flush()
    player.instance_id = cases.reopen_case(
        case_id=player.case.id, reason=step.reason, by=_by(step), at=step.at
    )
    player.follow(player.work.current(player.instance_id))


def _end(player: _Player, step: Step) -> None:
    player.work.terminate(player.instance_id, reason=step.reason, by=_by(step), at=step.at)
    player.work.flush()
    player.unit = None


def _update(player: _Player, step: Step) -> None:
    player.told.append(cases.Told(step.at, _by(step), step.data))
    if player.unit is None:  # closed: what changed is told, and nothing else moves
        return
    if {"category", "subcategory"} & step.data.keys():
        _classify(player, step)
    if {"impact", "urgency"} & step.data.keys():
        player.weight = weight = _weight(step.data, player.weight)
        cases.grade_case(case_id=player.case.id, weight=weight, by=_by(step), at=step.at)


def _classify(player: _Player, step: Step) -> None:
    old = [*player.category, "", ""]
    names = (step.data.get("category", old[0]), step.data.get("subcategory", old[1]))
    player.category = tuple(filter(None, names))
    code = player.cast.classes.get("/".join(player.category))
    if code:
        cases.classify_case(case_id=player.case.id, class_code=code, by=_by(step), at=step.at)


def _touch(player: _Player, step: Step) -> None:
    player.told.append(cases.Told(step.at, _by(step), reason=f"第 {step.data['mod_count']} 次保存"))


def _by(step: Step) -> Actor:
    return Actor(IMPORT.ref, f"log:{code_of(step.by)}" if step.by else "")


def _weight(told: Mapping[str, str], known: Weight) -> Weight:
    importance = WEIGHTS.get(told.get("impact", "")[:1], known.importance)
    urgency = WEIGHTS.get(told.get("urgency", "")[:1], known.urgency)
    return Weight(importance, urgency, known.scope)


_TAKE: dict[Do, Callable[[_Player, Step], None]] = {
    Do.OPEN: _open,
    Do.ASSIGN: _assign,
    Do.TRANSFER: _transfer,
    Do.SUSPEND: _suspend,
    Do.RESUME: _resume,
    Do.RESOLVE: _resolve,
    Do.REFUSE: _refuse,
    Do.AGREE: _agree,
    Do.REOPEN: _reopen,
    Do.END: _end,
    Do.UPDATE: _update,
    Do.TOUCH: _touch,
}
