"""`bihuan process migrate` and `unmigrate` as they are typed."""

import json

import pytest
from click.testing import CliRunner, Result

from bihuan.config.cli.process import command
from bihuan.config.versions import MappingUnreadable, VersionMissing
from tests.domain.processes.given import open_nodes, place, publish, started, submit
from tests.domain.processes.test_migrating import LINE, next_version
from tests.engines.bpmn_given import process

pytestmark = pytest.mark.django_db


def run(*words: str) -> Result:
    return CliRunner().invoke(command, list(words), standalone_mode=False)


def last(result: Result) -> dict[str, object]:
    return dict(json.loads(result.stdout.splitlines()[-1]))


@pytest.fixture
def instances() -> list[int]:
    unit_id = place()["east"]
    publish(LINE)
    found = [started(unit_id).id, started(unit_id).id]
    submit(found[1], "a")
    next_version(process("a user post=agent limit=2h; z user post=agent", "start a; a z; z end"))
    return found


def test_a_dry_run_names_who_would_stay_and_the_status_says_so(instances):
    result = run("migrate", "test.work", "--from", "1", "--reason", "新版", "--dry-run", "--json")

    told = last(result)
    assert result.return_value == 1
    assert (told["migrated"], told["refused"], told["batch"]) == (1, 1, None)
    assert open_nodes(instances[1]) == ["b"]


def test_a_mapping_moves_them_all_and_the_batch_is_taken_back(instances):
    words = ("migrate", "test.work", "--from", "1", "--to", "2", "--map", "b=z", "--reason", "新版")
    moved = run(*words, "--json")
    there = open_nodes(instances[1])
    back = run("unmigrate", str(last(moved)["batch"]), "--reason", "有误")

    assert (moved.return_value, there) == (0, ["z"])
    assert back.return_value == 0
    assert "已迁移 2 个，拒绝 0 个。" in back.stdout
    assert open_nodes(instances[1]) == ["b"]


def test_what_is_mistyped_is_refused(instances):
    with pytest.raises(VersionMissing):
        CliRunner().invoke(
            command, ["migrate", "test.work", "--from", "7", "--reason", "x"],
            standalone_mode=False, catch_exceptions=False,
        )  # fmt: skip
    with pytest.raises(MappingUnreadable):
        CliRunner().invoke(
            command, ["migrate", "test.work", "--from", "1", "--map", "b", "--reason", "x"],
            standalone_mode=False, catch_exceptions=False,
        )  # fmt: skip
