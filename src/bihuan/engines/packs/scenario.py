"""A scenario: what a service manager expects a process to do, as data.

    scenario: 客户不同意关闭则返工
    given: {at: "2026-03-02 09:30", class: 故障报修/低压故障/单户停电, customer: {...}}
    steps:
      - {at: "+10m", by: 受理员, submit: accept, with: {...}}
      - expect: {open: [judge], due: {judge: "2026-03-02 11:00"}}

This module knows the shape and reads it into values; running it against the engine is the business of
`bihuan.integrations.scenarios`.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bihuan.engines.packs.problem import Problem
from bihuan.engines.packs.shape import Shape
from bihuan.engines.packs.source import PackFile, PackSource

# What a step may do. The value says what the word after the verb names.
VERBS = {
    "claim": "unit",
    "release": "unit",
    "save": "unit",
    "submit": "unit",
    "return": "unit",
    "transfer": "unit",
    "assign": "unit",
    "jump": "unit",
    "delegate": "unit",
    "give_back": "unit",
    "complete": "unit",
    "withdraw": "unit",
    "skip": "unit",
    "add_co_handler": "unit",
    "remove_co_handler": "unit",
    "reopen": "unit",
    "copy": "unit",
    "urge": "unit",
    "extend": "unit",
    "approve": "unit",
    "refuse": "unit",
    "warn_lead": "lead",
    "suspend": "reason",
    "resume": "reason",
    "terminate": "reason",
    "leave": "person",
    "supervise": "person",
    "answer": "note",
    "press": "note",
    "acknowledge": "step",
    "sign": "reason",
    "customer": "act",
    "wait": "note",
    "expect": "state",
}
# What the case's own customer may do on the portal.
CUSTOMER_ACTS = ("agree", "refuse", "urge", "add", "take_back")
EXPECTATIONS = (
    "open",
    "not_open",
    "due",
    "state",
    "clock",
    "case",
    "facts",
    "facts_absent",
    "owner",
    "copied",
    "urged",
    "level",
    "escalated",
    "told",
    "orders",
    "charges",
)
CLOCK_STATES = ("RUNNING", "PAUSED", "STOPPED")
_MOMENT = r"\+\d+[mhd]|\d{4}-\d\d-\d\d \d\d:\d\d"
_EXAMPLE = "+10m 或 2026-03-02 09:30"
_USER_TASK = re.compile(r"<(?:\w+:)?userTask\b[^>]*?\bid=\"([^\"]+)\"")
_COMMON = ("at", "by", "with", "reason", "to", "then", "until", "refused")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens, or is expected. `line` is where it stands in the file."""

    verb: str
    what: Any
    at: str = ""
    by: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    to: str = ""
    then: str = ""
    until: str = ""
    refused: str = ""
    line: int = 1


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole scenario, ready to run."""

    title: str
    path: str
    given: dict[str, Any]
    steps: tuple[Step, ...]


def moment(text: str, previous: datetime) -> datetime:
    """Return the moment a step names: `+10m` after the previous one, or a date and time of day.

    Times of day are in the time zone of `previous`.
    """
    if not text:
        return previous
    if text.startswith("+"):
        return previous + span(text[1:])
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=previous.tzinfo)


def span(text: str) -> timedelta:
    """Return how long `10m`, `2h` or `3d` is."""
    unit = {"m": "minutes", "h": "hours", "d": "days"}[text[-1]]
    return timedelta(**{unit: int(text[:-1])})


def read_scenario(file: PackFile) -> Scenario:
    """Read a file that `scenario_problems` found right."""
    steps = enumerate(file.data["steps"])
    return Scenario(
        title=str(file.data["scenario"]),
        path=file.path,
        given=dict(file.data["given"]),
        steps=tuple(_step(step, file.line("steps", number)) for number, step in steps),
    )


def _step(data: dict[str, Any], line: int) -> Step:
    verb = next(key for key in data if key in VERBS)
    return Step(
        verb=verb,
        what=data[verb],
        at=str(data.get("at", "")),
        by=str(data.get("by", "")),
        values=dict(data.get("with") or {}),
        reason=str(data.get("reason", "")),
        to=str(data.get("to", "")),
        then=str(data.get("then", "")),
        until=str(data.get("until", "")),
        refused=str(data.get("refused", "")),
        line=line,
    )


def scenario_problems(file: PackFile, pack: PackSource) -> list[Problem]:
    """Return what is wrong with a scenario file; units are looked up in the pack's processes."""
    root = Shape(file)
    root.text("scenario", example="客户同意后结案")
    root.text("about", "")
    given = root.child("given")
    if given:
        _check_given(given)
    units = user_tasks(pack)
    for step in root.children("steps"):
        _check_step(step, units)
    return root.done()


def user_tasks(pack: PackSource) -> set[str]:
    """Return the units of every process a pack knows."""
    return {name for _, one in pack.known("processes") for name in _USER_TASK.findall(one.text)}


def _check_given(given: Shape) -> None:
    given.text("at", like=_MOMENT.rsplit("|", 1)[1], example="2026-03-02 09:30")
    given.text("class", example="故障报修/低压故障/单户停电")
    given.text("by", "")
    given.text("org_unit", "")
    given.text("tier", "")
    customer = given.child("customer", required=False)
    if customer:
        customer.text("name", example="周文静")
        customer.text("phone", like=r"\d{7,12}", example='"13800002046"')
        customer.text("tier", "")
        customer.done()
    case = given.child("case", required=False)
    if case:
        for key in ("title", "description", "channel"):
            case.text(key, "")
        case.done()
    given.done()


def _check_step(step: Shape, units: set[str]) -> None:
    verbs = [key for key in VERBS if step.has(key)]
    if len(verbs) != 1:
        remedy = f"请只写其中一个：{'、'.join(VERBS)}"
        step.report((), "每一步只能做一件事", remedy)
        step.keys()
        return
    _check_common(step)
    if verbs[0] == "expect":
        _check_expect(step, units)
    elif VERBS[verbs[0]] == "unit":
        step.word(verbs[0], units)
    elif VERBS[verbs[0]] == "act":
        step.word(verbs[0], CUSTOMER_ACTS)
    else:
        step.text(verbs[0])
    step.done()


def _check_common(step: Shape) -> None:
    step.text("at", "", like=_MOMENT, example=_EXAMPLE)
    step.text("until", "", like=_MOMENT, example=_EXAMPLE)
    step.text("refused", "", like=r"[A-Z][A-Za-z]+", example="HandledByTheSamePerson")
    step.text("then", "", like="forward|straight_back", example="straight_back")
    for key in _COMMON:
        step.anything(key)
    step.child("with", required=False)


def _check_expect(step: Shape, units: set[str]) -> None:
    expect = step.child("expect")
    if expect is None:
        return
    for key in ("open", "not_open"):
        for unit in expect.texts(key, ()):
            _known_unit(expect, key, unit, units)
    for key in ("due", "clock", "owner", "urged"):
        below = expect.child(key, required=False)
        for unit in below.keys() if below else ():
            if not unit.startswith("group:"):
                _known_unit(expect, key, unit, units)
    for key in EXPECTATIONS:
        expect.anything(key)
    expect.done()


def _known_unit(expect: Shape, key: str, unit: str, units: set[str]) -> None:
    if unit not in units:
        expect.report((key,), f"流程里没有环节“{unit}”", f"请改用：{'、'.join(sorted(units))}")
