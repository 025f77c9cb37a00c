"""Definitions nobody means well with: each is refused with a sentence in Chinese, quickly, and the worker lives."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bihuan.config.cli import bpmn, pack
from bihuan.domain.clocks import actions as clocks
from bihuan.domain.processes import actions
from bihuan.domain.processes.models import ProcessInstance, Token
from bihuan.engines import expressions
from bihuan.engines.bpmn import parse
from bihuan.engines.bpmn.verify.prepare import for_scripts
from bihuan.integrations.conformance.stage import Stage
from bihuan.kit.problems import Refused
from tests.domain.processes.given import HOUR, NINE, SYSTEM
from tests.hostile.definitions import CONDITIONS, DIAGRAMS, line, several, timer

# Each takes a fraction of a second; what runs away is ended.
pytestmark = pytest.mark.timeout(30)
READABLE = {"a huge range"}  # a comparison of two numbers, whatever they are
WITH_VARIABLES = {
    "as many instances as somebody typed": (several("${n}"), {"n": 10**9}),
    "a number of instances that is none": (several("${n}"), {"n": "x"}),
    "a list of names that is a word": (several("${n}"), {"n": None}),
    "a time that is none": (timer("timeDuration", "${n}"), {"n": "PT0.0.0S"}),
    "a time beyond all time": (timer("timeDuration", "${n}"), {"n": "P99999999999D"}),
    "a cycle without pause": (timer("timeCycle", "${n}"), {"n": "R1000000/PT0S"}),
    "a date without zone": (timer("timeDate", "${n}"), {"n": "2026-01-31T09:00:00"}),
}


def checked(place: Path, folder: str, name: str, data: bytes) -> list[str]:
    """Return what `bihuan pack check` says of a pack with this file."""
    (place / folder).mkdir(parents=True)
    (place / "pack.toml").write_text('key = "hostile"\nversion = "1"\nname = { zh = "恶意" }\n')
    (place / folder / name).write_bytes(data)
    result = CliRunner().invoke(
        pack.command, ["check", str(place), "--json"], standalone_mode=False
    )
    assert result.exception is None
    assert result.return_value == 1
    details = json.loads(result.output.splitlines()[-1])["details"]
    return [str(one["message"]) for one in details if not one["is_warning"]]


@pytest.mark.parametrize("name", DIAGRAMS)
def test_a_hostile_diagram_is_refused_by_the_check(name: str, tmp_path: Path):
    make, word = DIAGRAMS[name]

    messages = checked(tmp_path / "hostile", "processes", "p.bpmn", make())

    assert any(word in message for message in messages), messages[:5]
    assert max(map(len, messages)) < 500


@pytest.mark.parametrize("name", [name for name in CONDITIONS if name not in READABLE])
def test_a_hostile_condition_is_refused_by_the_check(name: str, tmp_path: Path):
    condition = CONDITIONS[name].replace("<", "&lt;")

    messages = checked(tmp_path / "hostile", "processes", "p.bpmn", line(condition=condition))

    assert any("条件：表达式" in message for message in messages), messages[:5]
    assert max(map(len, messages)) < 500


@pytest.mark.parametrize("name", DIAGRAMS)
def test_the_importer_survives_it(name: str, tmp_path: Path):
    file = tmp_path / "p.bpmn"
    file.write_bytes(DIAGRAMS[name][0]())

    result = CliRunner().invoke(
        bpmn.command, ["import", str(file), "--json"], standalone_mode=False
    )

    if result.exception is None:
        assert json.loads(result.output)["processes"] == ["p"]
    else:
        assert isinstance(result.exception, bpmn.DiagramUnreadable)


def test_a_huge_range_is_decided_without_walking_it():
    assert expressions.compile(CONDITIONS["a huge range"]).decide({"a": 7})


@pytest.mark.django_db
@pytest.mark.parametrize("name", WITH_VARIABLES)
def test_hostile_values_are_refused_and_nothing_is_kept(name: str):
    diagram, values = WITH_VARIABLES[name]
    stage = Stage()
    stage.publish(for_scripts(parse.read(diagram).processes[0]))
    instance_id = started(stage)
    unit = Token.objects.get(node="a")

    with pytest.raises(Refused) as refused:
        actions.submit(unit.pk, values, by=SYSTEM, at=NINE)

    assert any("一" <= letter <= "鿿" for letter in refused.value.message)
    unit.refresh_from_db()
    assert (unit.state, Token.objects.count()) == ("OPEN", 1)
    assert "n" not in ProcessInstance.objects.get(pk=instance_id).variables


@pytest.mark.django_db
def test_the_dispatcher_lives_on_beside_a_timer_that_leads_nowhere():
    stage = Stage()
    dead_end = timer("timeDuration", "PT1H").replace(
        b'targetRef="late"/>',
        b'targetRef="late"><conditionExpression>gone == 1</conditionExpression></sequenceFlow>',
    )
    stage.publish(for_scripts(parse.read(dead_end).processes[0]))
    sound = parse.read(timer("timeDuration", "PT1H").replace(b'id="p"', b'id="q"')).processes[0]
    stage.publish(for_scripts(sound))
    for key in ("p", "q"):
        first = Token.objects.get(instance_id=started(stage, key), node="a")
        actions.submit(first.pk, {}, by=SYSTEM, at=NINE)

    for _ in range(3):
        clocks.fire_due(NINE + HOUR)

    assert Token.objects.filter(node="late").count() == 1


def started(stage: Stage, key: str = "p") -> int:
    return actions.start_process(
        definition_key=key,
        subject=f"thing:{key}",
        root=f"thing:{key}",
        org_unit_id=stage.org_unit_id,
        variables={},
        by=SYSTEM,
        at=NINE,
    ).id


FIELDS = "".join(f"  - {{code: f{n}, label: 栏{n}, type: text}}\n" for n in range(10_000))
OTHERS: dict[str, tuple[str, str, str]] = {
    "a form of 10,000 fields": ("forms", "f.yaml", f"code: f\ntitle: 表\nfields:\n{FIELDS}"),
    "a decision table that is one huge cell": ("decisions", "d.yaml", f"code: d\ntitle: 表\nrows: {'x' * 1_000_000}\n"),
    "YAML that doubles itself": (
        "forms", "f.yaml",
        "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
    ),
    "YAML nested deep": ("forms", "f.yaml", "a: " + "[" * 5000 + "]" * 5000),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_other_hostile_files_are_refused(name: str, tmp_path: Path):
    folder, file, text = OTHERS[name]

    messages: list[Any] = checked(tmp_path / "hostile", folder, file, text.encode())

    assert messages
    assert max(map(len, messages)) < 500
