"""Which circles a process may have: those in which somebody, something or the clock is waited for."""

import pytest

from bihuan.engines.bpmn import check, parse
from bihuan.engines.bpmn.check import Known
from bihuan.engines.bpmn.document import Severity
from bihuan.engines.bpmn.model import Process
from tests.engines.bpmn_given import play, process
from tests.engines.drawing import drawing


def circles(drawn: Process) -> list[str]:
    """Return the circles and calls found fault with."""
    return [
        problem.message
        for problem in check.publish_problems(
            drawn, Known(calls={"b": frozenset({"test"}), "c": frozenset({"b"})})
        )
        if problem.severity is Severity.ERROR
        and ("循环，" in problem.message or "又调用" in problem.message)
    ]


@pytest.mark.parametrize(
    ("nodes", "flows"),
    [
        ("x xor; t task", "start x; x t; t x; x end"),
        ("x xor; t task; t2 service verb=v", "start x; x t; t t2; t2 x; x end"),
        ("t task", "start t; t t; t end"),
        ("x xor; box sub; box.t task", "start x; x box; box x; x end"),
        ("x xor; m throw message=go", "start x; x m; m x; x end"),
    ],
)
def test_a_circle_of_automatic_steps_is_found(nodes: str, flows: str):
    assert len(circles(process(nodes, flows))) == 1


@pytest.mark.parametrize(
    ("nodes", "flows"),
    [
        ("x xor; a user", "start x; x a; a x; x end"),
        ("x xor; t catch timer=PT1H", "start x; x t; t x; x end"),
        ("x xor; m receive", "start x; x m; m x; x end"),
        ("x xor; box sub; box.a user", "start x; x box; box x; x end"),
        ("a user; a/t boundary timer=PT1H; n task", "start a; a end; t n; n a"),
        ("x xor; c call calls=other", "start x; x c; c x; x end"),
    ],
)
def test_a_circle_in_which_something_is_waited_for_is_left_alone(nodes: str, flows: str):
    assert circles(process(nodes, flows)) == []


def test_a_join_in_a_circle_waits_for_the_person_on_its_other_input():
    drawn = process(
        """f and; m xor; b xor; j and; p service verb=plan; g xor default=out; s and; a user""",
        """start f; f m; f b; m j; b j; j p; p g; g s if runs < 3; g end as out; s a; s b; a m""",
    )
    assert circles(drawn) == []

    game = play(drawn, runs=1)
    game.verb = lambda _due, values: {"runs": values["runs"] + 1}
    for _ in range(2):
        assert game.open() == {"a": 1}
        game.complete("a", {})

    assert game.ended


@pytest.mark.parametrize(
    ("called", "way"),
    [("test", "test → test"), ("b", "test → b → test"), ("c", "test → c → b → test")],
)
def test_processes_that_call_each_other_in_a_circle_are_found(called: str, way: str):
    found = circles(process(f"c call calls={called}", "start c; c end"))

    assert len(found) == 1
    assert found[0].endswith(way)


def test_a_long_chain_is_looked_through_without_recursion():
    nodes = "; ".join(f"t{number} task" for number in range(3000))
    flows = "; ".join(f"t{number} t{number + 1}" for number in range(2999))

    assert circles(process(nodes, f"start t0; {flows}; t2999 end")) == []


def test_what_other_engines_write_around_a_duration_is_taken_off():
    body = (
        '<startEvent id="s"/><sequenceFlow sourceRef="s" targetRef="t"/>'
        '<intermediateCatchEvent id="t"><timerEventDefinition><timeDuration>"PT0.1S"</timeDuration>'
        "</timerEventDefinition></intermediateCatchEvent>"
    )
    document = parse.read(drawing(body))

    assert document.processes[0].nodes["t"].event.expression == "PT0.1S"
