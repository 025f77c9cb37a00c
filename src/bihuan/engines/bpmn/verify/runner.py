"""Carry scripts out on an engine and say, case by case, where it went otherwise than written.

Nothing here knows an engine: a `Machine` starts a process, submits units, moves its clock, and is asked what is
open. Whatever a machine raises besides `StepRefused` is a crash, and fails the case with its name.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import zip_longest
from typing import Any, Protocol

from bihuan.engines.bpmn import imports, parse
from bihuan.engines.bpmn.document import Unreadable
from bihuan.engines.bpmn.model import Process
from bihuan.engines.bpmn.verify import script as scripts
from bihuan.engines.bpmn.verify.script import BadStep, Case, ImportEntry, Misread, Script

ReadFile = Callable[[str], bytes]
"""Return a file of the folder by its name, or raise `FileRefused`."""


class FileRefused(Exception):
    """A file named by a script is not there, or lies outside the folder."""


class StepRefused(Exception):
    """The engine refused a step with a clear error and kept nothing; `code` is `no_flow` or another word."""

    def __init__(self, code: str, said: str = "") -> None:
        super().__init__(f"{code}: {said}" if said else code)
        self.code = code


class Machine(Protocol):
    """One case's engine, with a clock of its own."""

    def start(self, process: str, variables: Mapping[str, Any]) -> None:
        """Start the process under test, or raise `StepRefused`."""

    def complete(self, node: str, variables: Mapping[str, Any]) -> None:
        """Claim and submit the oldest open unit of a node, or raise `StepRefused`."""

    def advance(self, by: timedelta) -> None:
        """Move the clock and fire all that falls due."""

    def open(self) -> Mapping[str, int]:
        """Count the open units of the run by BPMN id, called processes included."""

    def ended(self) -> bool:
        """Whether the started instance has ended."""

    def state(self) -> object:
        """Return all that a refused step must not change, as something that compares."""


OpenMachine = Callable[[list[Process]], AbstractContextManager[Machine]]


@dataclass(slots=True)
class Outcome:
    """How many cases went as written, and one line for each that did not."""

    passed: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def failed(self) -> int:
        """How many cases went otherwise."""
        return len(self.failures)

    def note(self, name: str, reason: str) -> None:
        """Count one case; an empty reason says that it passed."""
        if reason:
            self.failures.append(f"FAIL {name}: {' '.join(reason.split())}")
        else:
            self.passed += 1


class _Otherwise(Exception):
    """A step went otherwise than written."""


def verify(text: bytes, read_file: ReadFile, open_machine: OpenMachine) -> Outcome:
    """Run every entry of a scripts file. Raises `Malformed` if it is not one."""
    outcome = Outcome()
    for entry in scripts.read(text):
        if isinstance(entry, Misread):
            outcome.note(entry.name, entry.reason)
        elif isinstance(entry, ImportEntry):
            outcome.note(f"import {entry.file}", check_import(entry, read_file))
        else:
            for case, reason in run_script(entry, read_file, open_machine):
                outcome.note(f"{entry.id} / {case.name}", reason)
    return outcome


def check_import(entry: ImportEntry, read_file: ReadFile) -> str:
    """Return what the importer finds otherwise than written, or ""."""
    try:
        return "; ".join(imports.failures(entry.expected, read_file(entry.file), verbs=()))
    except (FileRefused, Unreadable) as wrong:
        return str(wrong)


def run_script(
    script: Script, read_file: ReadFile, open_machine: OpenMachine
) -> Iterator[tuple[Case, str]]:
    """Yield every case with the reason why it failed, or ""."""
    try:
        processes = deployed(script, read_file)
    except (FileRefused, Unreadable, BadStep) as wrong:
        yield from ((case, str(wrong)) for case in script.cases)
        return
    for case in script.cases:
        yield case, run_case(script.process, case, processes, open_machine)


def deployed(script: Script, read_file: ReadFile) -> list[Process]:
    """Return the processes of a script's files."""
    processes = [
        process for name in script.files for process in parse.read(read_file(name)).processes
    ]
    keys = [process.key for process in processes]
    if script.process not in keys:
        raise BadStep(f"process {script.process} is in none of its files")
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise BadStep(f"process {', '.join(sorted(twice))} is in its files twice")
    return processes


def run_case(process: str, case: Case, processes: list[Process], open_machine: OpenMachine) -> str:
    """Return the reason why a case failed, or ""."""
    try:
        with open_machine(processes) as machine:
            _carry_out(process, case, machine)
    except (_Otherwise, BadStep) as wrong:
        return str(wrong)
    except Exception as crash:  # noqa: BLE001 -- a crash fails its case; the others still run
        return f"{type(crash).__name__}: {crash}"
    return ""


def _carry_out(process: str, case: Case, machine: Machine) -> None:
    steps = [_read_step(number, value) for number, value in enumerate(case.steps, start=1)]
    first = steps[0] if steps else None
    wanted = first.code if isinstance(first, scripts.ExpectError) else ""
    if _refused(lambda: machine.start(process, case.variables), wanted, "step 1", "the start"):
        return
    pairs = list(zip_longest(steps, steps[1:]))
    for number, (step, following) in enumerate(pairs, start=1):
        where = f"step {number}"
        if isinstance(step, scripts.Complete):
            wanted = following.code if isinstance(following, scripts.ExpectError) else ""
            _complete(machine, step, wanted, where)
        elif not isinstance(step, scripts.ExpectError):
            _take(machine, step, where)
        elif number == 1 or not isinstance(steps[number - 2], scripts.Complete):
            raise _Otherwise(f"{where}: expect_error follows neither the start nor a complete")


def _read_step(number: int, value: Any) -> scripts.Step:
    try:
        return scripts.step(value)
    except BadStep as wrong:
        raise BadStep(f"step {number}: {wrong}") from None


def _complete(machine: Machine, step: scripts.Complete, wanted: str, where: str) -> None:
    if not machine.open().get(step.node):
        raise _Otherwise(f"{where}: no {step.node} is open, open {_told(machine.open())}")
    before = machine.state() if wanted else None
    what = f"complete {step.node}"
    refused = _refused(lambda: machine.complete(step.node, step.variables), wanted, where, what)
    if refused and machine.state() != before:
        raise _Otherwise(f"{where}: the refused {what} changed something")


def _refused(act: Callable[[], None], wanted: str, where: str, what: str) -> bool:
    try:
        act()
    except StepRefused as refused:
        if not wanted:
            raise _Otherwise(f"{where}: {what} was refused with {refused}") from refused
        if refused.code != wanted:
            raise _Otherwise(f"{where}: {refused}, expected error {wanted}") from refused
        return True
    if wanted:
        raise _Otherwise(f"{where}: {what} went through, expected error {wanted}")
    return False


def _take(machine: Machine, step: scripts.Step, where: str) -> None:
    if isinstance(step, scripts.Advance):
        _refused(lambda: machine.advance(step.by), "", where, "advance")
    elif isinstance(step, scripts.ExpectOpen):
        found = machine.open()
        if dict(found) != dict(step.units):
            raise _Otherwise(f"{where}: open {_told(found)}, expected {_told(step.units)}")
    elif isinstance(step, scripts.ExpectEnded) and machine.ended() is not step.ended:
        words = {True: "ended", False: "not ended"}
        raise _Otherwise(f"{where}: {words[not step.ended]}, expected {words[step.ended]}")


def _told(units: Mapping[str, int]) -> str:
    return json.dumps(dict(sorted(units.items())), separators=(",", ":"), ensure_ascii=False)
