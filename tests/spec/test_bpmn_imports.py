"""What the importer must find, keep and report in the published sample set."""

import json
from pathlib import Path
from typing import Any

import pytest

from bihuan.engines.bpmn import check, imports, parse
from bihuan.engines.bpmn.document import Severity

FOLDERS = [parent / "shared/spec/bpmn-scripts" for parent in Path(__file__).resolve().parents]
FOLDER = next((folder for folder in FOLDERS if folder.is_dir()), None)
ENTRIES: list[dict[str, Any]] = (
    json.loads((FOLDER / "imports.json").read_text("utf-8")) if FOLDER else []
)

pytestmark = pytest.mark.skipif(FOLDER is None, reason="the sample set is not beside the project")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: str(entry["file"]))
def test_import_meets_every_expectation(entry: dict[str, Any]) -> None:
    assert FOLDER is not None
    data = (FOLDER / "files" / entry["file"]).read_bytes()

    assert imports.failures(entry, data, verbs=()) == []


@pytest.mark.parametrize(
    "entry",
    [entry for entry in ENTRIES if entry["publishable"]],
    ids=lambda entry: str(entry["file"]),
)
def test_sound_process_raises_no_false_alarm(entry: dict[str, Any]) -> None:
    assert FOLDER is not None
    document = parse.read((FOLDER / "files" / entry["file"]).read_bytes())
    problems = [
        problem
        for process in document.processes
        for problem in check.publish_problems(process, check.Known(), document.lines)
        if problem.severity is Severity.ERROR
    ]

    assert problems == []
