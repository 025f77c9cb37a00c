"""Countersigns on the engine alone: votes, signatures added, removed and taken back."""

import pytest

from bihuan.engines.bpmn import run_multi, run_routes
from bihuan.engines.bpmn.run_play import Play
from bihuan.engines.bpmn.run_state import (
    AlreadyTakenOn,
    Token,
    TokenKind,
)
from tests.engines.bpmn_given import play, process, step, straight_back, token

SIGNED = process("a user; m user each=members item=member; z user", "start a; a m; m z; z end")
VOTED = process(
    "a user; m user each=members item=member vote=opinion=agree"
    " until=approved~>=~0.5~*~nrOfInstances; x xor default=no; y user; n user",
    "start a; a m; m x; x y if approved >= 2; x n as no; y end; n end",
)
QUEUED = process("m user each=members item=member sequential=yes; z user", "start m; m z; z end")
BOXES = process(
    "a user; s sub each=members item=member; s.x user; s.y user; z user",
    "start a; a s; x y; s z; z end",
)


def take_back(game: Play, target: Token) -> None:
    step(game, lambda run: run_routes.withdraw(run.work, run.work.tokens[target.id]))


def complete(game: Play, one: Token, **values: object) -> None:
    step(game, lambda run: run.complete(one.id, values))


def units(game: Play, node: str) -> list[Token]:
    return [found for _, found in game.units() if found.node == node]


def test_votes_are_counted_and_the_share_decides():
    game = play(VOTED, members=["p", "q", "r", "s"])
    game.complete("a", {})

    game.complete("m", {"opinion": "agree"})
    game.complete("m", {"opinion": "refuse"})
    before = game.open()
    game.complete("m", {"opinion": "agree"})

    assert before == {"m": 2}
    assert game.open() == {"y": 1}
    tally = {name: game.main.variables[name] for name in run_multi.VOTES}
    assert tally == {"approved": 2, "rejected": 1, "abstained": 0}


def test_a_signature_taken_back_takes_its_vote_back():
    game = play(VOTED, members=["p", "q", "r", "s"])
    game.complete("a", {})
    first = units(game, "m")[0]
    complete(game, first, opinion="agree")

    take_back(game, first)
    game.complete("m", {"opinion": "agree"})

    assert game.open() == {"m": 3}


def test_the_turn_after_a_signature_taken_back_is_cancelled():
    game = play(QUEUED, members=["p", "q", "r"])
    first = token(game, "m")
    complete(game, first)
    second = token(game, "m")

    take_back(game, first)
    again = units(game, "m")
    assert [t.local["member"] for t in again] == ["p"]
    complete(game, again[0])
    assert [t.local["member"] for t in units(game, "m")] == ["q"]
    complete(game, units(game, "m")[0])
    with pytest.raises(AlreadyTakenOn):
        take_back(game, second)
    game.complete("m", {})

    assert game.open() == {"z": 1}


def test_a_signature_is_not_taken_back_when_the_next_signer_has_had_something_corrected():
    game = play(
        process("a user; m user each=members item=member sequential=yes", "start a; a m; m end"),
        members=["p", "q"],
    )
    asked = token(game, "a")
    complete(game, asked)
    first = token(game, "m")
    complete(game, first)
    straight_back(game, token(game, "m"), asked)
    complete(game, token(game, "a"))

    with pytest.raises(AlreadyTakenOn):
        take_back(game, first)

    assert [t.local["member"] for t in units(game, "m")] == ["q"]


def test_adding_and_removing_signatures_moves_the_share():
    game = play(VOTED, members=["p", "q", "r", "s"])
    game.complete("a", {})
    game.complete("m", {"opinion": "agree"})
    step(
        game,
        lambda run: run_multi.add(
            run.work, run.work.tokens[token(game, "m", TokenKind.MULTI).id], "t"
        ),
    )
    after_adding = game.open()
    for _ in range(3):
        one = units(game, "m")[-1]
        step(game, lambda run, one=one: run_multi.remove(run.work, run.work.tokens[one.id]))

    assert after_adding == {"m": 4}
    assert game.open() == {"n": 1}  # one of two agreed: the share is reached, but not two votes


def test_the_last_signature_is_not_removed():
    game = play(SIGNED, members=["p"])
    game.complete("a", {})

    with pytest.raises(run_multi.LastInstance):
        step(
            game,
            lambda run: run_multi.remove(run.work, run.work.tokens[units(game, "m")[0].id]),
        )
