"""Random processes made of blocks, random moves: no branch is lost or doubled and the end is always reached."""

from collections import Counter
from copy import deepcopy
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from bihuan.engines.bpmn import run_routes
from bihuan.engines.bpmn.model import Process
from bihuan.engines.bpmn.run_play import Play
from bihuan.engines.bpmn.run_state import RunRefused, TokenKind
from tests.engines.bpmn_given import play, process, step

leaf = st.just(("unit",))
blocks = st.recursive(
    leaf,
    lambda inner: st.one_of(
        st.tuples(st.just("line"), st.lists(inner, min_size=2, max_size=3)),
        st.tuples(st.just("all"), st.lists(inner, min_size=2, max_size=3)),
        st.tuples(st.just("any"), st.lists(inner, min_size=2, max_size=3)),
        st.tuples(st.just("one"), st.lists(inner, min_size=2, max_size=2)),
        st.tuples(st.just("box"), inner),
        st.tuples(st.just("again"), inner),
    ),
    max_leaves=7,
)
moves = st.lists(
    st.tuples(st.sampled_from(["submit"] * 5 + ["return", "return", "jump"]), st.integers(0, 99)),
    max_size=25,
)


class Drawing:
    """Turns a block into the text that `process` reads; every block has one way in and one way out."""

    def __init__(self) -> None:
        self.nodes: list[str] = []
        self.flows: list[str] = []
        self.units: list[str] = []
        self.count = 0

    def node(self, scope: str, spec: str) -> str:
        self.count += 1
        name = f"n{self.count}"
        self.nodes.append(f"{scope}{name} {spec}")
        return name

    def draw(self, block: Any, scope: str = "") -> tuple[str, str]:
        return getattr(self, f"draw_{block[0]}")(*block[1:], scope=scope)

    def draw_unit(self, scope: str) -> tuple[str, str]:
        name = self.node(scope, "user")
        self.units.append(name)
        return name, name

    def draw_line(self, parts: list[Any], scope: str) -> tuple[str, str]:
        ends = [self.draw(part, scope) for part in parts]
        for (_, before), (after, _) in pairwise(ends):
            self.flows.append(f"{before} {after}")
        return ends[0][0], ends[-1][1]

    def split(
        self, kind: str, parts: list[Any], scope: str, conditions: list[str]
    ) -> tuple[str, str]:
        begin, end = self.node(scope, kind), self.node(scope, kind)
        for part, condition in zip(parts, conditions, strict=False):
            first, last = self.draw(part, scope)
            self.flows += [f"{begin} {first}{condition}", f"{last} {end}"]
        return begin, end

    def draw_all(self, parts: list[Any], scope: str) -> tuple[str, str]:
        return self.split("and", parts, scope, [""] * 3)

    def draw_any(self, parts: list[Any], scope: str) -> tuple[str, str]:
        return self.split("or", parts, scope, ["", " if odd == 1", " if odd == 0"])

    def draw_one(self, parts: list[Any], scope: str) -> tuple[str, str]:
        return self.split("xor", parts, scope, [" if odd == 1", ""])

    def draw_box(self, part: Any, scope: str) -> tuple[str, str]:
        box = self.node(scope, "sub")
        inside = f"{scope}{box}."
        begin = self.node(inside, "start")
        first, _ = self.draw(part, inside)
        self.flows.append(f"{begin} {first}")
        return box, box

    def draw_again(self, part: Any, scope: str) -> tuple[str, str]:
        merge = self.node(scope, "xor")
        first, last = self.draw(part, scope)
        out = f"out{self.count}"
        ask = self.node(scope, f"xor default={out}")
        done = self.node(scope, "task")
        self.flows += [f"{merge} {first}", f"{last} {ask}", f"{ask} {merge} if repeat == 1"]
        self.flows.append(f"{ask} {done} as {out}")
        return merge, done


def drawn(block: Any) -> tuple[Process, list[str]]:
    drawing = Drawing()
    first, last = drawing.draw(("line", [("unit",), block, ("unit",)]))
    flows = [f"start {first}", *drawing.flows, f"{last} end"]
    return process("; ".join(drawing.nodes), "; ".join(flows)), drawing.units


def check(game: Play) -> None:
    live = [token for token in game.main.tokens.values() if token.live]
    if game.ended:
        assert live == []
        return
    assert any(token.kind is TokenKind.USER for token in live), "stuck"
    units = Counter(token.node for token in live if token.kind is TokenKind.USER)
    tickets = Counter((t.node, t.flow_in, t.scope) for t in live if t.kind is TokenKind.JOIN)
    scopes = Counter((t.node, t.scope) for t in live if t.kind is TokenKind.SCOPE)
    assert max([*units.values(), *tickets.values(), *scopes.values()]) == 1
    ids = {token.id for token in live}
    assert all(token.scope == 0 or token.scope in ids for token in live), "in a scope that is over"


def move(game: Play, kind: str, number: int, units: list[str]) -> None:
    open_units = game.units()
    _, unit = open_units[number % len(open_units)]
    if kind == "submit":
        values = {"odd": number % 2, "repeat": int(number % 7 == 0)}
        step(game, lambda run: run.complete(unit.id, values))
    elif kind == "jump":
        step(game, lambda run: run_routes.jump(run.work, units[number % len(units)]))
    else:
        step(game, lambda run: give_back(run.work, unit.id, number))


def give_back(work: Any, unit_id: int, number: int) -> None:
    token = work.tokens[unit_id]
    found = run_routes.ancestors(work, token)
    if not found:
        raise RunRefused("nothing to return to")
    run_routes.return_to(work, token, found[number % len(found)])


@settings(max_examples=150, deadline=None)
@given(block=blocks, history=moves)
@pytest.mark.timeout(240)
def test_no_move_loses_or_doubles_a_branch(block: Any, history: list[tuple[str, int]]):
    drawing, units = drawn(block)
    game = play(drawing, odd=1, repeat=0)
    for kind, number in history:
        if game.ended:
            break
        try:
            move(game, kind, number, units)
        except RunRefused:
            continue
        if kind == "jump" and not reaches_end(deepcopy(game)):
            return  # a jump into one branch of several leaves its join waiting, as it must
        check(game)
    assert reaches_end(game)


def reaches_end(game: Play) -> bool:
    """Tell whether submitting whatever is open comes to an end; the game is spent by it."""
    for _ in range(60):
        if game.ended:
            return True
        if not game.units():
            return False
        node = game.units()[0][1].node
        game.complete(node, {"odd": 1, "repeat": 0})
    return False
