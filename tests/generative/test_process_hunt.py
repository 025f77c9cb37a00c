"""The hunt of `bihuan bpmn fuzz`, small: nothing is found in the engine, and what is planted is found."""

from typing import Any

import pytest

from bihuan.domain.processes.actions import reading
from bihuan.engines.bpmn import check, parse, run_joins, run_routes, run_together
from bihuan.engines.bpmn.document import Severity
from bihuan.engines.bpmn.fuzz import lives, memory
from bihuan.engines.bpmn.fuzz.lives import Move
from bihuan.engines.bpmn.run_state import Token
from bihuan.engines.bpmn.run_work import Work
from bihuan.integrations.conformance import hunt

pytestmark = pytest.mark.timeout(240)


@pytest.mark.parametrize("number", range(40))
def test_every_diagram_may_be_published(number: int):
    document = parse.read(lives.diagram(f"t/{number}").xml.encode())
    process = document.processes[0]

    found = check.publish_problems(process, check.Known(), document.lines)

    assert document.publishable
    assert [one for one in found if one.severity is Severity.ERROR] == []


def test_the_engine_alone_breaks_no_law():
    report = memory.hunt("t", 1800, diagrams=range(30))

    assert (report.operations, report.diagrams, report.violations) == (1800, 30, [])
    assert report.done["submit"] > 300


@pytest.mark.django_db(transaction=True)
def test_the_product_breaks_no_law():
    report = hunt.hunt("t", 300, diagrams=range(5))

    assert (report.operations, report.violations) == (300, [])
    assert report.done["submit"] > 50


@pytest.mark.django_db(transaction=True)
def test_the_product_breaks_no_law_when_it_reads_units_one_by_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reading, "NARROW_FROM", 0)

    report = hunt.hunt("n", 250, diagrams=range(5))

    assert (report.operations, report.violations) == (250, [])


def test_the_same_seed_does_the_same():
    assert memory.hunt("u", 300, diagrams=range(3)) == memory.hunt("u", 300, diagrams=range(3))


def lost(work: Work, tickets: list[Token]) -> None:
    """Forget to park the tickets of the sibling branches again."""


PLANTED: list[tuple[Any, str, Any]] = [
    (run_joins, "_must_wait", lambda work, node, scope, filled: False),
    (run_routes, "_park_again", lost),
    (run_routes, "_finished_scopes", lambda work, target: []),
    (run_routes, "_supersede", lambda work, token: None),
    (Work, "disarm", lambda work, host: None),
    (run_together, "others", lambda work, token: []),
]


@pytest.mark.parametrize(
    ("module", "name", "wrong"), PLANTED, ids=[name for _module, name, _wrong in PLANTED]
)
def test_a_planted_mistake_is_found_and_told_shortly(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, wrong: Any
):
    monkeypatch.setattr(module, name, wrong)

    report = memory.hunt("t", 2400, diagrams=range(40))

    assert report.violations
    shortest = min(report.violations[: lives.TOLD], key=len)
    assert "<definitions" in shortest
    assert len(shortest.partition("<definitions")[0].splitlines()) < 25


def test_moves_that_do_not_matter_are_left_out():
    moves = lives.moves("t", {"a": 1, "b": 1}, 60)

    def fails(some: Any) -> bool:
        return moves[7] in some and moves[41] in some

    found: list[Move] = lives.shorter(moves, fails)

    assert found == [moves[7], moves[41]]
