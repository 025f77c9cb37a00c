"""A hunt through the database: random diagrams, random lives, a short reproduction of whatever goes wrong.

Belongs in a scratch database: everything is committed, and the dispatcher must meet no other clocks.
"""

from collections.abc import Sequence
from itertools import count

from bihuan.engines.bpmn import parse
from bihuan.engines.bpmn.fuzz import lives as moves_of
from bihuan.engines.bpmn.fuzz.lives import Diagram, Move, Report
from bihuan.engines.bpmn.fuzz.marking import Violation
from bihuan.engines.bpmn.model import Process
from bihuan.integrations.conformance.lives import CALM, WEIGHTS, Cast, Life
from bihuan.integrations.conformance.stage import Stage

PEOPLE = 3


def hunt(seed: str, operations: int, *, diagrams: Sequence[int]) -> Report:
    """Try so many moves, shared out over the diagrams of these numbers."""
    stage = Stage()
    cast = Cast(stage.org_unit_id, stage.people(PEOPLE))
    report = Report(diagrams=len(diagrams))
    for number, share in zip(diagrams, moves_of.shares(operations, len(diagrams)), strict=True):
        diagram = moves_of.diagram(f"{seed}/{number}")
        process = parse.read(diagram.xml.encode()).processes[0]
        stage.publish(process)
        hunter = _Hunter(diagram, process, cast, report)
        for life_no, length in enumerate(moves_of.lengths(share)):
            weights = WEIGHTS if life_no % 3 == 0 else CALM
            hunter.live(moves_of.moves(f"{seed}/{number}/{life_no}", weights, length))
    return report


class _Hunter:
    """Lets lives be lived on one diagram."""

    def __init__(self, diagram: Diagram, process: Process, cast: Cast, report: Report) -> None:
        self.diagram, self.process, self.cast, self.report = diagram, process, cast, report
        self._names = count(1)

    def live(self, moves: Sequence[Move]) -> None:
        """Live one life; note what went wrong with as few moves as still show it."""
        life, said = self._try(moves)
        if said and len(self.report.violations) >= moves_of.TOLD:
            self.report.violations.append(f"{self.diagram.key}: {said}")
        elif said:
            few = moves_of.shorter(moves, lambda some: bool(self._try(some)[1]))
            short, said_shortly = self._try(few)
            self.report.violations.append(self._told(short, said_shortly or said))
        self.report.operations += len(moves)
        if life is not None:
            for name, times in life.counts.items():
                self.report.count(name, times)

    def _try(self, moves: Sequence[Move]) -> tuple[Life | None, str]:
        life = None
        try:
            life = Life(self.diagram, self.process, self.cast, self._name())
            life.play(moves)
        except Violation as violation:
            return life, str(violation)
        except Exception as crash:  # noqa: BLE001 -- what crashes is a finding as well
            return life, f"{type(crash).__name__}: {crash}"
        return life, ""

    def _name(self) -> str:
        return f"{self.diagram.key}.{next(self._names)}"

    def _told(self, life: Life | None, said: str) -> str:
        told = "\n".join(f"  {line}" for line in life.said) if life else "  at the start"
        return f"{said}\nvariables {self.diagram.variables}\n{told}\n{self.diagram.xml}"
