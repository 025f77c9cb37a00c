"""What the importer must find, keep and report in the published sample set."""

from typing import Any

import pytest

from bihuan.engines.bpmn import check, imports, parse
from bihuan.engines.bpmn.document import Severity
from tests.spec import samples

pytestmark = samples.beside


@pytest.mark.parametrize("entry", samples.imports(), ids=lambda entry: str(entry["file"]))
def test_import_meets_every_expectation(entry: dict[str, Any]) -> None:
    assert imports.failures(entry, samples.read_file(entry["file"]), verbs=()) == []


@pytest.mark.parametrize(
    "entry",
    [entry for entry in samples.imports() if entry["publishable"]],
    ids=lambda entry: str(entry["file"]),
)
def test_sound_process_raises_no_false_alarm(entry: dict[str, Any]) -> None:
    document = parse.read(samples.read_file(entry["file"]))
    problems = [
        problem
        for process in document.processes
        for problem in check.publish_problems(process, check.Known(), document.lines)
        if problem.severity is Severity.ERROR
    ]

    assert problems == []
