"""The published conformance scripts, played through the engine without a database."""

import pytest

from bihuan.engines.bpmn.verify import memory, runner
from tests.spec import samples
from tests.spec.samples import Case, Script


@samples.beside
@pytest.mark.parametrize(("script", "case"), samples.cases())
def test_script(script: Script, case: Case):
    processes = runner.deployed(script, samples.read_file)

    assert runner.run_case(script.process, case, processes, memory.machine) == ""
