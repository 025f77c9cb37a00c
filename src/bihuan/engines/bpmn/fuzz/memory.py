"""Random moves on the engine alone: `bihuan bpmn fuzz --pure`."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from bihuan.engines.bpmn import parse, run_multi, run_routes, run_together
from bihuan.engines.bpmn.fuzz import lives
from bihuan.engines.bpmn.fuzz.descent import check_history
from bihuan.engines.bpmn.fuzz.lives import Diagram, Move, Nothing, Report, lengths, pick, shares
from bihuan.engines.bpmn.fuzz.marking import Marking, Violation, hold, told
from bihuan.engines.bpmn.run import Run
from bihuan.engines.bpmn.run_graph import Graph
from bihuan.engines.bpmn.run_marks import held_node
from bihuan.engines.bpmn.run_play import Play
from bihuan.engines.bpmn.run_state import RunRefused, Token, TokenKind, TokenState

MORNING: Final = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
WEIGHTS: Final = {
    "submit": 50, "return": 12, "withdraw": 6, "jump": 2, "jump_one": 2, "wait": 8, "claim": 8, "terminate": 1,
    "return_straight": 5, "add": 6, "remove": 4,
}  # fmt: skip
CALM: Final = {**WEIGHTS, "jump": 0, "jump_one": 2}


def hunt(seed: str, operations: int, *, diagrams: Sequence[int]) -> Report:
    """Try so many moves, shared out over the diagrams of these numbers."""
    report = Report(diagrams=len(diagrams))
    for number, share in zip(diagrams, shares(operations, len(diagrams)), strict=True):
        diagram = lives.diagram(f"{seed}/{number}")
        graph = Graph(parse.read(diagram.xml.encode()).processes[0])
        for life_no, length in enumerate(lengths(share)):
            weights = WEIGHTS if life_no % 3 == 0 else CALM
            _live(
                diagram, graph, lives.moves(f"{seed}/{number}/{life_no}", weights, length), report
            )
    return report


def _live(diagram: Diagram, graph: Graph, moves: Sequence[Move], report: Report) -> None:
    life = Life(diagram, graph)
    try:
        life.play(moves)
        again = Life(diagram, graph)
        again.play(moves)
        hold(again.state() == life.state(), "the same moves again come to another state")
    except Violation as violation:
        is_new = len(report.violations) < lives.TOLD
        said = str(violation)
        report.violations.append(
            _reproduction(diagram, graph, moves, said) if is_new else f"{diagram.key}: {said}"
        )
    report.operations += len(moves)
    for name, times in life.done.items():
        report.count(name, times)


def _reproduction(diagram: Diagram, graph: Graph, moves: Sequence[Move], said: str) -> str:
    def fails(some: Sequence[Move]) -> bool:
        try:
            Life(diagram, graph).play(some)
        except Violation:
            return True
        return False

    few = lives.shorter(moves, fails)
    life = Life(diagram, graph)
    try:
        life.play(few)
    except Violation as violation:
        said = str(violation)
    told_moves = "\n".join(f"  {line}" for line in life.log)
    return f"{said}\nvariables {diagram.variables}\n{told_moves}\n{diagram.xml}"


class Life:
    """One instance in memory and what was done to it."""

    def __init__(self, diagram: Diagram, graph: Graph) -> None:
        self.diagram = diagram
        self.done: dict[str, int] = {}
        self._graphs = {diagram.key: graph}
        self.start()

    def start(self) -> None:
        """Start an instance; the one before is left as it is."""
        self.log: list[str] = []
        self.jumped = False
        self.marking = Marking(self.diagram.tree, self.diagram.variables)
        self._play = Play(self._graphs, self.diagram.key, self.diagram.variables, MORNING)
        self.check()

    def play(self, moves: Sequence[Move]) -> None:
        """Make the moves, checking after each, then let the instance end."""
        for move in moves:
            self.make(move)
        if not self.jumped:
            lives.must_end(self._finish)

    def make(self, move: Move) -> None:
        """Try one move; one that is refused must leave everything as it was.

        Some moves are tried on an instance that has ended, others begin a new one.
        """
        if self._play.ended and move.shares[3] < lives.AFRESH:
            self.start()
        play = self._play
        play.advance(move.after)
        self.check()
        before = self.state()
        name = move.operation
        try:
            getattr(self, f"do_{move.operation}")(move.shares)
        except Nothing:
            name = f"{name}: nothing there"
        except RunRefused as refused:
            name = f"{name}: {type(refused).__name__}"
            if self.state() != before:
                raise Violation(f"refused, and changed something: {move.operation}") from refused
        self.done[name] = self.done.get(name, 0) + 1
        self.check()

    def check(self) -> None:
        """Raise `Violation` unless the drawing allows what is live now."""
        tokens = self._play.main.tokens.values()
        self.marking.check([t for t in tokens if t.live], ended=self._play.ended)
        check_history(self._play.main.tokens)

    def state(self) -> Any:
        """Return everything that must come out the same again."""
        play = self._play
        rows = [
            (t.id, t.node, t.kind, t.state, t.scope, t.parents, t.consumed_by, t.local)
            for t in play.main.tokens.values()
        ]
        timers = [(armed.token, armed.timer, armed.times) for armed in play.armed]
        return rows, timers, play.main.variables, play.ended, self._claimed()

    # ------------------------------------------------------------ moves
    def do_claim(self, shares: Sequence[float]) -> None:
        unit = pick(shares[0], self._units())
        self._say("claim", unit)
        unit.state = TokenState.CLAIMED

    def do_submit(self, shares: Sequence[float]) -> None:
        unit = pick(shares[0], self._units())
        values = lives.submitted(shares[1])
        self._say("submit", unit, values)
        self._step(lambda run: run.complete(unit.id, values))

    def do_return(self, shares: Sequence[float]) -> None:
        unit = pick(shares[0], self._units())

        def ask(run: Run) -> None:
            token = run.work.tokens[unit.id]
            target = pick(shares[1], run_routes.ancestors(run.work, token))
            self._say("return", unit, target.node)
            run_routes.return_to(run.work, token, target)

        self._step(ask)

    def do_return_straight(self, shares: Sequence[float]) -> None:
        unit = pick(shares[0], self._units())

        def ask(run: Run) -> None:
            token = run.work.tokens[unit.id]
            target = pick(shares[1], run_routes.ancestors(run.work, token))
            self._say("return_straight", unit, target.node)
            run_routes.return_straight(run.work, token, target)

        self._step(ask)

    def do_add(self, shares: Sequence[float]) -> None:
        unit = pick(shares[0], self._units())
        self._say("add", unit)

        def ask(run: Run) -> None:
            token = run.work.tokens[unit.id]
            body = run_multi.body_of(run.work, token)
            if body is None:
                run_together.add(run.work, token)
            else:
                run_multi.add(run.work, body, "丁")

        self._step(ask)

    def do_remove(self, shares: Sequence[float]) -> None:
        unit = pick(shares[0], self._units())
        self._say("remove", unit)

        def ask(run: Run) -> None:
            token = run.work.tokens[unit.id]
            which = run_together if run_multi.body_of(run.work, token) is None else run_multi
            which.remove(run.work, token)

        self._step(ask)

    def do_withdraw(self, shares: Sequence[float]) -> None:
        tokens = self._play.main.tokens.values()
        done = [t for t in tokens if t.kind is TokenKind.USER and t.state is TokenState.DONE]
        unit = pick(shares[0], sorted(done, key=lambda token: -token.id)[:3])
        self._say("withdraw", unit)
        self._step(lambda run: run_routes.withdraw(run.work, run.work.tokens[unit.id]))

    def do_jump(self, shares: Sequence[float]) -> None:
        pick(shares[0], self._units())
        node = pick(shares[1], self._unit_nodes())
        self._say("jump", None, node)
        self._step(lambda run: run_routes.jump(run.work, node))
        self.jumped = True
        self.marking.wounded |= {one.partition(":")[0] for one in self.diagram.around(node)}

    def do_jump_one(self, shares: Sequence[float]) -> None:
        unit = pick(shares[0], self._units())
        around = self.diagram.around(held_node(unit))
        there = [node for node in self._unit_nodes() if self.diagram.around(node) == around]
        node = pick(shares[1], there)
        self._say("jump_one", unit, node)
        self._step(lambda run: run_routes.jump(run.work, node, run.work.tokens[unit.id]))

    def do_wait(self, shares: Sequence[float]) -> None:
        self._say("wait", None, f"{8 * shares[0]:.1f} h")
        self._play.advance(8 * shares[0] * lives.HOUR)

    def do_terminate(self, shares: Sequence[float]) -> None:
        if shares[0] < 0.5 or self._play.ended:
            raise Nothing
        self._say("terminate", None)
        self._step(Run.terminate)

    # ------------------------------------------------------------ inside
    def _step(self, ask: Callable[[Run], object]) -> None:
        self._play.step(self._play.main, ask)

    def _units(self) -> list[Token]:
        return [token for _, token in self._play.units()]

    def _claimed(self) -> list[int]:
        return [token.id for token in self._units() if token.state is TokenState.CLAIMED]

    def _unit_nodes(self) -> list[str]:
        return [block.name for block in self.diagram.tree.walk() if block.kind == "unit"]

    def _say(self, what: str, unit: Token | None, more: object = "") -> None:
        self.log.append(f"{self._play.at:%d %H:%M} {what} {told([unit]) if unit else ''} {more}")

    def _finish(self) -> bool:
        """Do what is open; True when the instance has ended."""
        if self._play.ended:
            return True
        units = self._units()
        if units:
            self._step(lambda run: run.complete(units[0].id, dict(lives.LAST)))
        else:
            self._play.advance(12 * lives.HOUR)
        self.check()
        return self._play.ended
