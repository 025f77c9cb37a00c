"""What the importer must find, keep and report in the published sample set."""

import json
from pathlib import Path
from typing import Any

import pytest

from bihuan.engines.bpmn import imports

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
