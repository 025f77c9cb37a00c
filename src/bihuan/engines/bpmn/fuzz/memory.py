"""Random moves on the engine alone: `bihuan bpmn fuzz --pure`."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from bihuan.engines.bpmn import parse, run_multi, run_routes, run_together
from bihuan.engines.bpmn.fuzz import lives
from bihuan.engines.bpmn.fuzz.blocks import MESSAGES
from bihuan.engines.bpmn.fuzz.calling import Member, check_calls
from bihuan.engines.bpmn.fuzz.descent import check_history
from bihuan.engines.bpmn.fuzz.lives import (
    Diagram,
    Move,
    Nothing,
    Report,
    Version,
    lengths,
    pick,
    shares,
)
from bihuan.engines.bpmn.fuzz.marking import Marking, Violation, hold, told
from bihuan.engines.bpmn.run import Run
from bihuan.engines.bpmn.run_graph import Graph
from bihuan.engines.bpmn.run_marks import held_node
from bihuan.engines.bpmn.run_play import Play, Played
from bihuan.engines.bpmn.run_state import RunRefused, Token, TokenKind, TokenState
from bihuan.engines.bpmn.run_work import Work

MORNING: Final = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
WEIGHTS: Final = {
    "submit": 50, "return": 12, "withdraw": 6, "jump": 2, "jump_one": 2, "wait": 8, "claim": 8, "terminate": 1,
    "return_straight": 5, "add": 6, "remove": 4, "message": 8,
}  # fmt: skip
CALM: Final = {**WEIGHTS, "jump": 0, "jump_one": 2}


def hunt(
    seed: str, operations: int, *, diagrams: Sequence[int], told: Callable[[int], object] = int
) -> Report:
    """Try so many moves, shared out over the diagrams of these numbers; `told` hears of each share done."""
    report = Report(diagrams=len(diagrams))
    for number, share in zip(diagrams, shares(operations, len(diagrams)), strict=True):
        diagram = lives.diagram(f"{seed}/{number}")
        processes = parse.read(diagram.xml.encode()).processes
        graphs = {process.key: Graph(process) for process in processes}
        for life_no, length in enumerate(lengths(share)):
            weights = WEIGHTS if life_no % 3 == 0 else CALM
            _live(
                diagram, graphs, lives.moves(f"{seed}/{number}/{life_no}", weights, length), report
            )
        told(share)
    return report


def _live(
    diagram: Diagram, graphs: dict[str, Graph], moves: Sequence[Move], report: Report
) -> None:
    life = Life(diagram, graphs)
    try:
        life.play(moves)
        again = Life(diagram, graphs)
        again.play(moves)
        hold(again.state() == life.state(), "the same moves again come to another state")
    except Violation as violation:
        is_new = len(report.violations) < lives.TOLD
        said = str(violation)
        report.violations.append(
            _reproduction(diagram, graphs, moves, said) if is_new else f"{diagram.key}: {said}"
        )
    report.operations += len(moves)
    for name, times in life.done.items():
        report.count(name, times)


def _reproduction(
    diagram: Diagram, graphs: dict[str, Graph], moves: Sequence[Move], said: str
) -> str:
    def fails(some: Sequence[Move]) -> bool:
        try:
            Life(diagram, graphs).play(some)
        except Violation:
            return True
        return False

    few = lives.shorter(moves, fails)
    life = Life(diagram, graphs)
    try:
        life.play(few)
    except Violation as violation:
        said = str(violation)
    told_moves = "\n".join(f"  {line}" for line in life.log)
    return f"{said}\nvariables {diagram.variables}\n{told_moves}\n{diagram.xml}"


class Life:
    """One instance in memory and what was done to it."""

    def __init__(self, diagram: Diagram, graphs: dict[str, Graph]) -> None:
        self.diagram = diagram
        self.done: dict[str, int] = {}
        self._graphs = graphs
        self.start()

    def start(self) -> None:
        """Start an instance; the one before is left as it is."""
        self.log: list[str] = []
        self.jumped = False
        self._markings: dict[int, Marking] = {}
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
        """Raise `Violation` unless the drawings allow what is live now, in every process that was called."""
        for played in self._play.instances.values():
            live = [token for token in played.tokens.values() if token.live]
            self.marking(played).check(live, ended=played.ended)
            check_history(played.tokens)
        check_calls(map(_member, self._play.instances.values()))

    def marking(self, played: Played) -> Marking:
        """Return what an instance is held against."""
        if played.id not in self._markings:
            tree = self.version(played).tree
            self._markings[played.id] = Marking(tree, self.diagram.variables)
        return self._markings[played.id]

    def version(self, played: Played) -> Version:
        """Return the drawing an instance runs by."""
        return self.diagram.versions[played.process][0]

    def state(self) -> Any:
        """Return everything that must come out the same again."""
        play = self._play
        rows = [
            (one.id, one.caller, one.ended, t.id, t.node, t.kind, t.state, t.scope, t.parents,
             t.consumed_by, t.local)
            for one in play.instances.values()
            for t in one.tokens.values()
        ]  # fmt: skip
        timers = [(armed.instance, armed.token, armed.timer, armed.times) for armed in play.armed]
        return rows, timers, play.main.variables, play.ended, self._claimed()

    # ------------------------------------------------------------ moves
    def do_claim(self, shares: Sequence[float]) -> None:
        _, unit = pick(shares[0], self._units())
        self._say("claim", unit)
        unit.state = TokenState.CLAIMED

    def do_submit(self, shares: Sequence[float]) -> None:
        played, unit = pick(shares[0], self._units())
        values = lives.submitted(shares[1])
        self._say("submit", unit, values)
        self._step(played, lambda run: run.complete(unit.id, values))

    def do_message(self, shares: Sequence[float]) -> None:
        heard = [name for played in self._play.instances.values() for name in self._heard(played)]
        name = pick(shares[0], heard if heard and shares[1] < 0.8 else MESSAGES)
        self._say("message", None, name)
        self._play.correlate(name, {})

    def do_return(self, shares: Sequence[float]) -> None:
        self._return("return", shares, run_routes.return_to)

    def do_return_straight(self, shares: Sequence[float]) -> None:
        self._return("return_straight", shares, run_routes.return_straight)

    def _return(
        self, how: str, shares: Sequence[float], go: Callable[[Work, Token, Token], object]
    ) -> None:
        played, unit = pick(shares[0], self._units())

        def ask(run: Run) -> None:
            token = run.work.tokens[unit.id]
            target = pick(shares[1], run_routes.ancestors(run.work, token))
            self._say(how, unit, target.node)
            go(run.work, token, target)

        self._step(played, ask)

    def do_add(self, shares: Sequence[float]) -> None:
        played, unit = pick(shares[0], self._units())
        self._say("add", unit)

        def ask(run: Run) -> None:
            token = run.work.tokens[unit.id]
            body = run_multi.body_of(run.work, token)
            if body is None:
                run_together.add(run.work, token)
            else:
                run_multi.add(run.work, body, "丁")

        self._step(played, ask)

    def do_remove(self, shares: Sequence[float]) -> None:
        played, unit = pick(shares[0], self._units())
        self._say("remove", unit)

        def ask(run: Run) -> None:
            token = run.work.tokens[unit.id]
            which = run_together if run_multi.body_of(run.work, token) is None else run_multi
            which.remove(run.work, token)

        self._step(played, ask)

    def do_withdraw(self, shares: Sequence[float]) -> None:
        done = [
            (played, token)
            for played in self._play.instances.values()
            for token in played.tokens.values()
            if token.kind is TokenKind.USER and token.state is TokenState.DONE
        ]
        latest = sorted(done, key=lambda one: (one[0].id, one[1].id), reverse=True)
        played, unit = pick(shares[0], latest[:4])
        if played.ended:
            raise Nothing
        self._say("withdraw", unit)
        self._step(played, lambda run: run_routes.withdraw(run.work, run.work.tokens[unit.id]))

    def do_jump(self, shares: Sequence[float]) -> None:
        played, _ = pick(shares[0], self._units())
        node = pick(shares[1], self.version(played).units)
        self._say("jump", None, node)
        self._step(played, lambda run: run_routes.jump(run.work, node))
        around = self.version(played).around(node)
        self.jumped = self.jumped or bool(around)
        self.marking(played).wounded |= {one.partition(":")[0] for one in around}

    def do_jump_one(self, shares: Sequence[float]) -> None:
        played, unit = pick(shares[0], self._units())
        version = self.version(played)
        around = version.around(held_node(unit))
        there = [node for node in version.units if version.around(node) == around]
        node = pick(shares[1], there)
        self._say("jump_one", unit, node)
        self._step(played, lambda run: run_routes.jump(run.work, node, run.work.tokens[unit.id]))

    def do_wait(self, shares: Sequence[float]) -> None:
        self._say("wait", None, f"{8 * shares[0]:.1f} h")
        self._play.advance(8 * shares[0] * lives.HOUR)

    def do_terminate(self, shares: Sequence[float]) -> None:
        running = [one for one in self._play.instances.values() if not one.ended]
        played = pick(shares[1], running)
        if shares[0] < 0.5:
            raise Nothing
        self._say("terminate", None, played.process)
        self._step(played, Run.terminate)

    # ------------------------------------------------------------ inside
    def _step(self, played: Played, ask: Callable[[Run], object]) -> None:
        self._play.step(played, ask)

    def _units(self) -> list[tuple[Played, Token]]:
        return self._play.units()

    def _claimed(self) -> list[tuple[int, int]]:
        return [
            (played.id, token.id)
            for played, token in self._units()
            if token.state is TokenState.CLAIMED
        ]

    def _say(self, what: str, unit: Token | None, more: object = "") -> None:
        self.log.append(f"{self._play.at:%d %H:%M} {what} {told([unit]) if unit else ''} {more}")

    def _finish(self) -> bool:
        """Do what is open; True when the instance has ended."""
        if self._play.ended:
            return True
        units, awaited = self._units(), self._awaited()
        if units:
            played, unit = units[0]
            self._step(played, lambda run: run.complete(unit.id, dict(lives.LAST)))
        elif awaited:
            played, token = awaited[0]
            self._step(played, lambda run: run.deliver(token.id))
        else:
            self._play.advance(12 * lives.HOUR)
        self.check()
        return self._play.ended

    def _heard(self, played: Played) -> list[str]:
        nodes = self._graphs[played.process].nodes
        tokens = (t for t in played.tokens.values() if t.live and t.kind is TokenKind.EVENT)
        return [nodes[token.node].awaits for token in tokens]

    def _awaited(self) -> list[tuple[Played, Token]]:
        """Return what waits for a message or signal on the way, not at a border."""
        return [
            (played, token)
            for played in self._play.instances.values()
            for token in played.tokens.values()
            if token.live
            and token.kind is TokenKind.EVENT
            and not self._graphs[played.process].nodes[token.node].attached_to
        ]


def _member(played: Played) -> Member:
    calls = [t.id for t in played.tokens.values() if t.live and t.kind is TokenKind.CALL]
    return Member(played.id, played.caller, played.ended, tuple(calls))
