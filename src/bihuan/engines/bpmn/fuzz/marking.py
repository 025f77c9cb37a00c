"""Which sets of live tokens a drawing allows. Known from the blocks alone, without asking the engine.

`Violation` says what is wrong with a set that is not allowed: a branch lost or doubled, a token where none can be,
a token in a scope that is over.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from bihuan.engines.bpmn import run_multi
from bihuan.engines.bpmn.fuzz.blocks import CONSTANTS, Block, Inside, Kind
from bihuan.engines.bpmn.fuzz.drawing import branch
from bihuan.engines.bpmn.run_marks import group_of, held_node, is_stand_in
from bihuan.engines.bpmn.run_state import WALLS, Token, TokenKind

ARMED: Final = frozenset({"timer", "message", "signal"})


class Violation(Exception):
    """A law that always holds does not hold."""


class Marking:
    """The live tokens of one instance, held against its drawing.

    `wounded` are the splits into which somebody has jumped: branches of theirs may be missing, and their joins wait.
    They stay so, because a return may lead back to what the jump left.
    """

    def __init__(
        self, tree: Block, constants: Mapping[str, Any], wounded: Iterable[str] = ()
    ) -> None:
        self.tree = tree
        self.constants = constants
        self.wounded = set(wounded)
        self.live: list[Token] = []
        self._at: dict[tuple[str, int], list[Token]] = {}
        self._inside: dict[int, list[Token]] = {}
        self._explained: set[int] = set()

    def check(self, live: Iterable[Token], *, ended: bool) -> None:
        """Raise `Violation` unless the drawing allows these live tokens."""
        self.live = list(live)
        check_scopes(self.live)
        if ended:
            hold(not self.live, f"ended, and live: {told(self.live)}")
            return
        self._index()
        main = self._presence(self.tree, 0)
        sides = self._sides(self.tree, 0)
        hold(main + sides > 0, "nothing is live, and the instance goes on")
        hold(main == 1 or (main == 0 and sides > 0), f"the main line is there {main} times")
        left = [token for token in self.live if token.id not in self._explained]
        hold(not left, f"nothing explains {told(left)}")

    # ------------------------------------------------------------ inside
    def _index(self) -> None:
        self._explained.clear()
        self._at, self._inside = defaultdict(list), defaultdict(list)
        for token in self.live:
            # Who corrects something "straight back" holds the place of the unit that waits for it.
            self._at[held_node(token), token.scope].append(token)
            self._inside[token.scope].append(token)

    def _presence(self, block: Block, scope: int) -> int:
        """Return how often the flow of a block is alive in a scope; more than once is a violation."""
        found = getattr(self, f"_of_{block.kind}")(block, scope)
        hold(found <= 1, f"{block.name} is there {found} times in scope {scope}")
        return int(found)

    def _of_unit(self, block: Block, scope: int) -> int:
        return self._activity(block, scope, TokenKind.USER)

    def _of_wait(self, block: Block, scope: int) -> int:
        return len(self._explain(block.name, scope, TokenKind.TIMER))

    def _of_listen(self, block: Block, scope: int) -> int:
        return len(self._explain(block.name, scope, TokenKind.EVENT))

    def _of_shout(self, _block: Block, _scope: int) -> int:
        return 0

    def _of_race(self, block: Block, scope: int) -> int:
        """All events of a race wait, or none does."""
        races = len(self._explain(block.name, scope, TokenKind.RACE))
        heard = len(self._explain(f"{block.name}_message", scope, TokenKind.EVENT))
        timers = len(self._explain(f"{block.name}_timer", scope, TokenKind.TIMER))
        hold(
            heard == timers == races,
            f"{block.name}: {races} races, {heard} events, {timers} timers",
        )
        return races + self._of_line(block, scope)

    def _of_call(self, block: Block, scope: int) -> int:
        return self._activity(block, scope, TokenKind.CALL)

    def _of_line(self, block: Block, scope: int) -> int:
        return sum(self._presence(part, scope) for part in block.parts)

    _of_one = _of_line
    _of_again = _of_line

    def _of_all(self, block: Block, scope: int) -> int:
        return self._split(block, scope, range(len(block.parts)))

    def _of_any(self, block: Block, scope: int) -> int:
        """The first branch is always taken, the others by constants."""
        taken = [0, *(n for n, name in enumerate(CONSTANTS, start=1) if self.constants[name] == 1)]
        return self._split(block, scope, [n for n in taken if n < len(block.parts)])

    def _split(self, block: Block, scope: int, taken: Iterable[int]) -> int:
        alive = [self._presence(part, scope) for part in block.parts]
        tickets = self._tickets(block, scope)
        if not any(alive) and not any(tickets):
            return 0
        wounded = block.name in self.wounded
        there = {n: alive[n] + tickets[n] for n in range(len(block.parts))}
        wanted = set(taken)
        for number, found in there.items():
            least = 1 if number in wanted and not wounded else 0
            most = 1 if number in wanted or wounded else 0
            hold(least <= found <= most, f"branch {number} of {block.name} is there {found} times")
        if not wounded:
            hold(any(alive), f"every branch of {block.name} waits at its join")
        return 1

    def _tickets(self, block: Block, scope: int) -> list[int]:
        waiting = self._explain(f"{block.name}_join", scope, TokenKind.JOIN)
        flows = [ticket.flow_in for ticket in waiting]
        return [flows.count(branch(block, number)) for number in range(len(block.parts))]

    def _of_box(self, block: Block, scope: int) -> int:
        return self._activity(block, scope, TokenKind.SCOPE)

    def _of_guarded(self, block: Block, scope: int) -> int:
        host, side = block.parts
        guard = block.guard
        hosts = self._presence(host, scope)
        waiting = [
            *self._explain(block.name, scope, TokenKind.TIMER),
            *self._explain(block.name, scope, TokenKind.EVENT),
        ]
        hold(len(waiting) <= hosts, f"{len(waiting)} events {block.name} on {hosts} hosts")
        if guard is None:
            return hosts
        # A timer that does not interrupt is gone once it has fired, a message may come again.
        stays = guard.interrupting or guard.what != "timer"
        armed = guard.what in ARMED and stays and not self._corrects(host.name, scope)
        hold(len(waiting) == hosts or not armed, f"{hosts} hosts without event {block.name}")
        return hosts + (self._presence(side, scope) if guard.interrupting else 0)

    def _corrects(self, node: str, scope: int) -> bool:
        """Whether somebody corrects something in a unit's place; its border is not armed meanwhile."""
        return any(is_stand_in(token) for token in self._at[node, scope])

    def _activity(self, block: Block, scope: int, kind: TokenKind) -> int:
        """Count runs of an activity; each run for several people is one."""
        if block.several is None:
            found = self._explain(block.name, scope, kind)
            for token in found:
                self._within(block, token)
            return len(found)
        bodies = self._explain(block.name, scope, TokenKind.MULTI)
        for body in bodies:
            self._several(block, body, kind)
        # Who jumps into a sub-process of several, or reopens there, works in a run of its own.
        alone = [t for t in self._explain(block.name, scope, kind) if t.origin in WALLS]
        for token in alone:
            self._within(block, token)
        return len(bodies) + len(alone)

    def _several(self, block: Block, body: Token, kind: TokenKind) -> None:
        runs = self._explain(block.name, body.id, kind)
        for run in runs:
            self._within(block, run)
        items, done, begun = (
            run_multi.planned(body.local["items"]),
            body.local["done"],
            body.local["next"],
        )
        removed = body.local.get("removed", 0)
        hold(runs != [], f"{block.name} has no run left")
        hold(
            done + removed + len(runs) == begun <= items,
            f"{block.name}: {done} done, {removed} removed, {len(runs)} live, {begun} begun",
        )
        sequential = block.several is not None and block.several.sequential
        hold(
            len(runs) == 1 if sequential else begun == items,
            f"{block.name} has {len(runs)} runs of {items}",
        )

    def _within(self, block: Block, token: Token) -> None:
        """Check what lies in one run of a sub-process."""
        if block.kind is not Kind.BOX:
            return
        loose = block.inside in {Inside.SCATTERED, Inside.STOPPING}
        alive = sum(self._presence(part, token.id) for part in block.parts)
        sides = sum(self._sides(part, token.id) for part in block.parts)
        hold(alive + sides > 0, f"{block.name} is empty and goes on")
        hold(loose or alive <= 1, f"the line in {block.name} is there {alive} times")

    def _sides(self, block: Block, scope: int) -> int:
        """Count what non-interrupting events have begun beside the main line of a scope."""
        if block.kind is Kind.BOX:
            return 0
        found = sum(self._sides(part, scope) for part in block.parts)
        if block.guard is not None and not block.guard.interrupting:
            found += len(self._explain(block.parts[1].name, scope, TokenKind.USER))
        return found

    def _explain(self, node: str, scope: int, kind: TokenKind) -> list[Token]:
        found = [token for token in self._at[node, scope] if token.kind is kind]
        self._explained.update(token.id for token in found)
        if kind is not TokenKind.USER:
            return found
        # Co-handlers do one unit together.
        return list({group_of(token): token for token in found}.values())


def check_scopes(live: list[Token]) -> None:
    """Raise `Violation` where a live token lies in a scope that is not live."""
    open_scopes = {token.id for token in live if token.kind in {TokenKind.SCOPE, TokenKind.MULTI}}
    lost = [token for token in live if token.scope and token.scope not in open_scopes]
    hold(not lost, f"in a scope that is over: {told(lost)}")


def told(tokens: Iterable[Token]) -> str:
    """Name tokens for a person."""
    return ", ".join(f"{t.kind} {t.node}#{t.id & 0xFFFFF} in {t.scope & 0xFFFFF}" for t in tokens)


def hold(law: bool, said: str) -> None:  # noqa: FBT001 -- the law comes first
    """Raise `Violation` unless a law holds."""
    if not law:
        raise Violation(said)
