"""A hunt through the database: random diagrams, random lives, a short reproduction of whatever goes wrong.

Belongs in a scratch database: everything is committed, and the dispatcher must meet no other clocks.
"""

from collections.abc import Callable, Sequence
from itertools import count

from bihuan.engines.bpmn import parse
from bihuan.engines.bpmn.fuzz import lives as moves_of
from bihuan.engines.bpmn.fuzz.lives import Diagram, Move, Report
from bihuan.engines.bpmn.fuzz.marking import Violation
from bihuan.integrations.conformance.lives import CALM, WEIGHTS, Life
from bihuan.integrations.conformance.parts import Cast, Definition, Deployed
from bihuan.integrations.conformance.stage import Stage

PEOPLE = 3


def hunt(
    seed: str, operations: int, *, diagrams: Sequence[int], told: Callable[[int], object] = int
) -> Report:
    """Try so many moves, shared out over the diagrams of these numbers; `told` hears of each share done."""
    stage = Stage()
    cast = Cast(stage.org_unit_id, stage.people(PEOPLE))
    report = Report(diagrams=len(diagrams))
    for number, share in zip(diagrams, moves_of.shares(operations, len(diagrams)), strict=True):
        diagram = moves_of.diagram(f"{seed}/{number}")
        hunter = _Hunter(diagram, _deployed(diagram, stage), cast, report)
        for life_no, length in enumerate(moves_of.lengths(share)):
            calm = life_no % 3 != 0
            weights = CALM if calm else WEIGHTS
            moves = moves_of.moves(f"{seed}/{number}/{life_no}", weights, length)
            hunter.live(moves, calm=calm)
        told(share)
    return report


def _deployed(diagram: Diagram, stage: Stage) -> Deployed:
    """Put the processes in force, and their second versions beside them."""
    pairs = zip(
        parse.read(diagram.xml.encode()).processes,
        parse.read(diagram.later_xml.encode()).processes,
        strict=True,
    )
    return {
        first.key: (
            Definition(stage.publish(first).pk, first),
            Definition(stage.publish_later(second).pk, second),
        )
        for first, second in pairs
    }


class _Hunter:
    """Lets lives be lived on one diagram."""

    def __init__(self, diagram: Diagram, deployed: Deployed, cast: Cast, report: Report) -> None:
        self.diagram, self.deployed, self.cast, self.report = diagram, deployed, cast, report
        self._names = count(1)

    def live(self, moves: Sequence[Move], *, calm: bool) -> None:
        """Live one life; note what went wrong with as few moves as still show it."""
        life, said = self._try(moves, calm)
        if said and len(self.report.violations) >= moves_of.TOLD:
            self.report.violations.append(f"{self.diagram.key}: {said}")
        elif said:
            few = moves_of.shorter(moves, lambda some: bool(self._try(some, calm)[1]))
            short, said_shortly = self._try(few, calm)
            self.report.violations.append(self._told(short, said_shortly or said))
        self.report.operations += len(moves)
        if life is not None:
            for name, times in life.counts.items():
                self.report.count(name, times)

    def _try(self, moves: Sequence[Move], calm: bool) -> tuple[Life | None, str]:  # noqa: FBT001
        life = None
        try:
            life = Life(self.diagram, self.deployed, self.cast, self._name())
            life.play(moves, calm=calm)
        except Violation as violation:
            return life, str(violation)
        except Exception as crash:  # noqa: BLE001 -- what crashes is a finding as well
            return life, f"{type(crash).__name__}: {crash}"
        return life, ""

    def _name(self) -> str:
        return f"{self.diagram.key}.{next(self._names)}"

    def _told(self, life: Life | None, said: str) -> str:
        told = "\n".join(f"  {line}" for line in life.said) if life else "  at the start"
        return f"{said}\nvariables {self.diagram.variables}\n{told}\n{self.diagram.xml}{self._later(life)}"

    def _later(self, life: Life | None) -> str:
        moved = life is not None and any("migrate" in line for line in life.said)
        return f"next version\n{self.diagram.later_xml}" if moved else ""
