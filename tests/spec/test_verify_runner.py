"""The runner of conformance scripts itself: it must notice what goes otherwise, and say where."""

import json
from contextlib import nullcontext
from typing import Any

import pytest

from bihuan.engines.bpmn.verify import memory, runner
from bihuan.engines.bpmn.verify.script import Malformed
from bihuan.integrations import conformance

MODEL = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p">
  <startEvent id="s"/><userTask id="a"/><exclusiveGateway id="x"/><userTask id="b"/><endEvent id="e"/>
  <boundaryEvent id="late" attachedToRef="b" cancelActivity="false">
    <timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>
  <userTask id="remind"/><sequenceFlow sourceRef="late" targetRef="remind"/>
  <sequenceFlow sourceRef="s" targetRef="a"/><sequenceFlow sourceRef="a" targetRef="x"/>
  <sequenceFlow sourceRef="x" targetRef="b"><conditionExpression>ok</conditionExpression></sequenceFlow>
  <sequenceFlow sourceRef="b" targetRef="e"/></process></definitions>"""
OPEN_A = {"expect_open": {"a": 1}}
SUBMIT_A = {"complete": "a", "vars": {"ok": True}}
FAILING = [
    ([{"expect_open": {"b": 1}}], 'step 1: open {"a":1}, expected {"b":1}'),
    ([OPEN_A, {"complete": "b"}], 'step 2: no b is open, open {"a":1}'),
    ([{"expect_ended": True}], "step 1: not ended, expected ended"),
    ([{"complete": "a", "vars": {"ok": False}}], "step 1: complete a was refused with no_flow"),
    ([SUBMIT_A, {"expect_error": "no_flow"}], "step 1: complete a went through, expected error no_flow"),
    ([{"expect_error": "no_flow"}], "step 1: the start went through, expected error no_flow"),
    ([OPEN_A, {"expect_error": "no_flow"}], "step 2: expect_error follows neither"),
    ([{"advance": "1 hour"}], "step 1: advance '1 hour' is not an ISO 8601 duration"),
    ([{"do": "dance"}], "step 1: not exactly one of"),
    ([{"complete": "a", "expect_ended": True}], "step 1: not exactly one of"),
    ([{"complete": "a", "vars": [1]}], "step 1: vars is not an object: [1]"),
]  # fmt: skip


def read_file(name: str) -> bytes:
    if name != "in/a folder/p.bpmn":
        raise runner.FileRefused(f"file {name} is not there")
    return MODEL


def script(steps: Any, **others: Any) -> bytes:
    one = {"id": "s", "process": "p", "files": ["in/a folder/p.bpmn"], "unknown": 1,
           "cases": [{"name": "c", "vars": {}, "steps": steps, "also": "unknown"}]}  # fmt: skip
    return json.dumps([one | others]).encode()


@pytest.fixture(params=["memory", "database"])
def machine(request: pytest.FixtureRequest) -> Any:
    if request.param == "database":
        request.getfixturevalue("db")
        return conformance.machine
    return memory.machine


def test_what_goes_as_written_passes(machine: Any):
    steps = [OPEN_A, {"complete": "a", "vars": {"ok": False}}, {"expect_error": "no_flow"}, OPEN_A]
    steps += [
        SUBMIT_A,
        {"advance": "PT1H", "note": "ignored"},
        {"expect_open": {"b": 1, "remind": 1, "a": 0}},
    ]
    steps += [
        {"complete": "b"},
        {"expect_ended": False},
        {"complete": "remind"},
        {"expect_ended": True},
    ]

    outcome = runner.verify(script(steps), read_file, machine)

    assert (outcome.passed, outcome.failures) == (1, [])


@pytest.mark.parametrize(("steps", "reason"), FAILING)
def test_what_goes_otherwise_is_said_with_its_step(machine: Any, steps: Any, reason: str):
    outcome = runner.verify(script(steps), read_file, machine)

    assert outcome.passed == 0
    assert outcome.failures[0].startswith(f"FAIL s / c: {reason}")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"files": ["gone.bpmn"]}, "FAIL s / c: file gone.bpmn is not there"),
        ({"process": "q"}, "FAIL s / c: process q is in none of its files"),
        ({"files": ["in/a folder/p.bpmn"] * 2}, "FAIL s / c: process p is in its files twice"),
        ({"process": 5}, "FAIL s: process is not a text: 5"),
        ({"cases": {}}, "FAIL s: cases is not a list: {}"),
    ],
)
def test_a_script_that_cannot_be_carried_out_fails_by_name(change: dict[str, Any], reason: str):
    outcome = runner.verify(script([OPEN_A], **change), read_file, memory.machine)

    assert outcome.failures == [reason]


@pytest.mark.parametrize("text", [b"{}", b"[", b"\xff", b'"x"', b"[" * 100_000])
def test_a_file_that_is_no_list_of_scripts_is_refused(text: bytes):
    with pytest.raises(Malformed, match="脚本文件"):
        runner.verify(text, read_file, memory.machine)


def test_entries_of_neither_kind_count_as_failed():
    outcome = runner.verify(b'[1, {"id": "x"}]', read_file, memory.machine)

    assert outcome.failures == [
        "FAIL entry 1: is not an object",
        "FAIL x: has neither cases nor counts",
    ]


def test_an_engine_that_crashes_fails_its_case_only():
    def crashing(processes: Any) -> Any:
        raise ZeroDivisionError("x")

    outcome = runner.verify(script([OPEN_A]), read_file, crashing)

    assert outcome.failures == ["FAIL s / c: ZeroDivisionError: x"]


def test_an_engine_that_keeps_something_of_a_refused_step_is_caught():
    class Keeping(memory.InMemory):
        def complete(self, node: str, variables: Any) -> None:
            try:
                super().complete(node, variables)
            finally:
                self.play.main.variables = {"kept": 1}

    def keeping(processes: Any) -> Any:
        return nullcontext(Keeping(memory.graphs(processes)))

    steps = [{"complete": "a", "vars": {"ok": False}}, {"expect_error": "no_flow"}]
    outcome = runner.verify(script(steps), read_file, keeping)

    assert outcome.failures == ["FAIL s / c: step 1: the refused complete a changed something"]
