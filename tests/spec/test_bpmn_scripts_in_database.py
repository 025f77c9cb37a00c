"""The published conformance scripts once more, through the actions, the tables and the dispatcher."""

import pytest

from bihuan.engines.bpmn.verify import runner
from bihuan.integrations import conformance
from tests.spec import samples
from tests.spec.samples import Case, Script


@samples.beside
@pytest.mark.django_db
@pytest.mark.parametrize(("script", "case"), samples.cases())
def test_script(script: Script, case: Case):
    processes = runner.deployed(script, samples.read_file)

    reason = runner.run_case(script.process, case, processes, conformance.machine)

    assert reason == ""
