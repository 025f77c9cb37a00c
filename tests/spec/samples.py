"""The published sample set, when it lies beside the checkout."""

import json
from pathlib import Path
from typing import Any

import pytest

from bihuan.engines.bpmn.verify import script as scripts
from bihuan.engines.bpmn.verify.runner import FileRefused
from bihuan.engines.bpmn.verify.script import Case, Script

_FOLDERS = [parent / "shared/spec/bpmn-scripts" for parent in Path(__file__).resolve().parents]
FOLDER = next((folder for folder in _FOLDERS if folder.is_dir()), None)

beside = pytest.mark.skipif(FOLDER is None, reason="the sample set is not beside the checkout")


def read_file(name: str) -> bytes:
    """Return a BPMN file of the set."""
    if FOLDER is None:
        raise FileRefused(name)
    return (FOLDER / "files" / name).read_bytes()


def imports() -> list[dict[str, Any]]:
    """Return the import entries as written."""
    return json.loads((FOLDER / "imports.json").read_bytes()) if FOLDER else []


def cases() -> list[Any]:
    """Return every case with its script, as test parameters."""
    found = scripts.read((FOLDER / "scripts.json").read_bytes()) if FOLDER else []
    return [
        pytest.param(script, case, id=f"{script.id}: {case.name}")
        for script in found
        if isinstance(script, Script)
        for case in script.cases
    ]


__all__ = ["FOLDER", "Case", "Script", "beside", "cases", "imports", "read_file"]
