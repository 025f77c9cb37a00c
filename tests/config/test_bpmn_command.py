"""`bihuan bpmn` as it is typed: last line JSON, exit status by outcome, nothing of the data touched."""

import json
from contextlib import nullcontext
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bihuan.config.cli import bpmn
from bihuan.domain.packs.models import Definition
from bihuan.domain.processes.models import ProcessInstance
from tests.spec import samples
from tests.spec.test_verify_runner import MODEL, OPEN_A, script


def run(*arguments: object) -> Result:
    words = [str(word) for word in arguments]
    return CliRunner().invoke(bpmn.command, words, standalone_mode=False)


def scripts(folder: Path, *steps: object, file: str = "in/a folder/p.bpmn") -> Path:
    (folder / "files" / "in" / "a folder").mkdir(parents=True)
    (folder / "files" / "in" / "a folder" / "p.bpmn").write_bytes(MODEL)
    (folder / "scripts.json").write_bytes(script(list(steps), files=[file]))
    return folder / "scripts.json"


def verify(file: Path, *options: str) -> Result:
    return run("verify", file, "--files", file.parent / "files", *options)


def test_verify_says_how_many_passed(tmp_path):
    result = verify(scripts(tmp_path, OPEN_A), "--pure")

    assert (result.output, result.return_value) == ("1 passed, 0 failed\n", 0)


@pytest.mark.django_db
def test_verify_through_the_database_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("bihuan.config.database.ensure", lambda: None)
    monkeypatch.setattr("bihuan.config.scratch.scratch_database", nullcontext)

    result = verify(scripts(tmp_path, OPEN_A), "--json")

    assert json.loads(result.output) == {"passed": 1, "failed": 0}
    assert not ProcessInstance.objects.exists()
    assert not Definition.objects.exists()


def test_a_failing_case_is_named_before_the_totals(tmp_path):
    result = verify(scripts(tmp_path, {"expect_open": {}}), "--pure", "--json")

    assert result.output.splitlines() == [
        'FAIL s / c: step 1: open {"a":1}, expected {}',
        '{"passed": 0, "failed": 1}',
    ]
    assert result.return_value == 1


@pytest.mark.parametrize(
    "name", ["../secret.bpmn", "in/../../secret.bpmn", "link.bpmn", "/etc/hosts"]
)
def test_a_script_cannot_name_a_file_outside_the_folder(tmp_path, name):
    file = scripts(tmp_path, OPEN_A, file=name)
    (tmp_path / "secret.bpmn").write_bytes(MODEL)
    (tmp_path / "files" / "link.bpmn").symlink_to(tmp_path / "secret.bpmn")

    assert (
        verify(file, "--pure").output
        == f"FAIL s / c: file {name} lies outside the folder\n0 passed, 1 failed\n"
    )


def test_what_is_no_scripts_file_is_refused_with_a_sentence(tmp_path):
    file = scripts(tmp_path, OPEN_A)
    file.write_text("[1,")

    result = verify(file, "--pure")

    assert isinstance(result.exception, bpmn.ScriptsUnreadable)
    assert result.exception.message.startswith("脚本文件不是 UTF-8 的 JSON")


@samples.beside
@pytest.mark.parametrize("entry", samples.imports(), ids=lambda entry: str(entry["file"]))
def test_import_reports_the_published_samples_exactly(entry, tmp_path):
    file = tmp_path / entry["file"]
    file.write_bytes(samples.read_file(entry["file"]))

    found = json.loads(run("import", file, "--json").output)

    assert found["processes"] == entry["processes"]
    assert found["nodes"] == entry["counts"]
    assert sorted(one["id"] for one in found["unsupported"]) == sorted(
        one["id"] for one in entry["unsupported"]
    )
    assert found["publishable"] is entry["publishable"]


def test_import_tells_a_person_what_is_in_the_file(tmp_path):
    file = tmp_path / "p.bpmn"
    file.write_bytes(
        MODEL.replace(b"<startEvent", b"<complexGateway id='c' name='\xe7\xbd\x91'/><startEvent")
    )

    told = run("import", file).output

    assert "流程：p\n" in told
    assert "「网」（c）用了不支持的元素 complexGateway" in told
    assert told.endswith("不能发布。\n")


def test_import_says_what_is_left_to_do_before_a_readable_file_can_be_published(tmp_path):
    file = tmp_path / "p.bpmn"
    late = (
        b"<userTask id='u9'/><boundaryEvent id='t9' attachedToRef='u9'><timerEventDefinition>"
        b"<timeDuration>#{java.lang.System.getProperty('x')}</timeDuration></timerEventDefinition>"
        b"</boundaryEvent><startEvent"
    )
    file.write_bytes(MODEL.replace(b"<startEvent", late, 1))

    told = run("import", file).output
    found = json.loads(run("import", file, "--json").output)

    assert "（u9）没有岗位，没有人能办理。写上 bh:post" in told
    assert told.endswith("读得懂，改好上面这些才能发布。\n")
    assert found["publishable"] is True
    assert {"u9", "t9"} <= {one["element"] for one in found["left_to_do"]}


def test_import_refuses_what_is_not_bpmn(tmp_path):
    file = tmp_path / "p.bpmn"
    file.write_text("<html/>")

    result = run("import", file, "--json")

    assert isinstance(result.exception, bpmn.DiagramUnreadable)
    assert "文件不是 BPMN 2.0 流程" in result.exception.message


def test_fuzz_reports_what_it_tried_and_the_seed():
    result = run("fuzz", "--pure", "--processes", 1, "--operations", 300, "--seed", "x", "--json")

    found = json.loads(result.stdout)
    assert (found["operations"], found["violations"], found["seed"]) == (300, 0, "x")
    assert result.stderr.splitlines()[-1] == "seed x: 300 / 300"
    assert result.return_value == 0


def test_fuzz_prints_how_to_see_a_violation(monkeypatch):
    monkeypatch.setattr("bihuan.engines.bpmn.run_routes._park_again", lambda work, tickets: None)

    result = run("fuzz", "--pure", "--processes", 1, "--operations", 600, "--seed", "t")

    assert result.return_value == 1
    assert result.stdout.startswith("VIOLATION 1: ")
    assert "<definitions" in result.stdout
