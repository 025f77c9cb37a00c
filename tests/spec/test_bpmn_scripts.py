"""The published conformance scripts, played through the engine without a database."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bihuan.engines.bpmn import parse
from bihuan.engines.bpmn.run_graph import Graph
from bihuan.engines.bpmn.run_play import Play
from bihuan.engines.bpmn.run_state import NoFlowTaken
from bihuan.engines.bpmn.run_timers import duration

FOLDERS = [parent / "shared/spec/bpmn-scripts" for parent in Path(__file__).resolve().parents]
SCRIPTS = next((folder for folder in FOLDERS if folder.is_dir()), FOLDERS[0])
MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def cases() -> list[Any]:
    path = SCRIPTS / "scripts.json"
    if not path.exists():
        return []
    return [
        pytest.param(script, case, id=f"{script['id']}: {case['name']}")
        for script in json.loads(path.read_text())
        for case in script["cases"]
    ]


def graphs_of(files: list[str]) -> dict[str, Graph]:
    return {
        process.key: Graph(process)
        for name in files
        for process in parse.read((SCRIPTS / "files" / name).read_bytes()).processes
    }


@pytest.mark.skipif(
    not SCRIPTS.exists(), reason="the conformance scripts are not beside the checkout"
)
@pytest.mark.parametrize(("script", "case"), cases())
def test_script(script: dict[str, Any], case: dict[str, Any]):
    graphs = graphs_of(script["files"])
    steps = case["steps"]
    if steps[0] == {"expect_error": "no_flow"}:
        with pytest.raises(NoFlowTaken):
            Play(graphs, script["process"], case["vars"], MORNING)
        return
    play = Play(graphs, script["process"], case["vars"], MORNING)
    for number, (step, following) in enumerate(zip(steps, [*steps[1:], {}], strict=True), start=1):
        if "complete" in step and "expect_error" in following:
            with pytest.raises(NoFlowTaken):
                play.complete(step["complete"], step.get("vars", {}))
        else:
            carry_out(play, step, f"step {number} {step}")


def carry_out(play: Play, step: dict[str, Any], where: str) -> None:
    if "complete" in step:
        play.complete(step["complete"], step.get("vars", {}))
    elif "advance" in step:
        play.advance(duration(step["advance"]))
    elif "expect_open" in step:
        assert play.open() == step["expect_open"], where
    elif "expect_ended" in step:
        assert play.ended is step["expect_ended"], where
