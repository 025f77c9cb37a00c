"""Straight back, co-handlers, countersigns and reopening on the engine alone: no branch is lost or doubled."""

import pytest

from bihuan.engines.bpmn import run_routes
from bihuan.engines.bpmn.run_graph import Graph
from bihuan.engines.bpmn.run_play import Play
from bihuan.engines.bpmn.run_state import (
    AlreadyTakenOn,
    CutOff,
    NotAnAncestor,
    Token,
    TokenKind,
    TokenState,
)
from tests.engines.bpmn_given import (
    give_back,
    play,
    process,
    step,
    straight_back,
    take_back,
    token,
)

LINE = process("a user; b user; c user", "start a; a b; b c; c end")
FORKED = process(
    "a user; f and; l user; r user; j and; z user", "start a; a f; f l; f r; l j; r j; j z; z end"
)
ANY_FORK = process(
    "a user; f or; l user; r user; j or; z user", "start a; a f; f l; f r; l j; r j; j z; z end"
)
SIGNED = process("a user; m user each=members item=member; z user", "start a; a m; m z; z end")
VOTED = process(
    "a user; m user each=members item=member vote=opinion=agree"
    " until=approved~>=~0.5~*~nrOfInstances; x xor default=no; y user; n user",
    "start a; a m; m x; x y if approved >= 2; x n as no; y end; n end",
)
CUT_OFF = process(
    "a user; s sub; s.g start; s.f and; s.h and; s.l user; s.r user; s.j and; s.e end; s.x user"
    "; s.t end terminate=yes; z user",
    "start a; a s; g f; f h; h l; h r; l j; r j; j e; f x; x t; s z; z end",
)
BOXES = process(
    "a user; s sub each=members item=member; s.x user; s.y user; z user",
    "start a; a s; x y; s z; z end",
)


def units(game: Play, node: str) -> list[Token]:
    return [found for _, found in game.units() if found.node == node]


def test_straight_back_skips_what_lay_between():
    game = play(LINE)
    game.complete("a", {})
    game.complete("b", {})

    straight_back(game, token(game, "c"), token(game, "a"))
    corrected = game.open()
    game.complete("a", {})

    assert corrected == {"a": 1}
    assert game.open() == {"c": 1}
    assert token(game, "b").state is TokenState.DONE
    game.complete("c", {})
    assert game.ended


def test_straight_back_before_a_fork_leaves_the_other_branch_alone():
    game = play(FORKED)
    game.complete("a", {})

    straight_back(game, token(game, "l"), token(game, "a"))
    waiting = game.open()
    game.complete("a", {})

    assert waiting == {"a": 1, "r": 1}
    assert game.open() == {"l": 1, "r": 1}


def test_an_or_join_waits_for_a_branch_that_is_being_corrected():
    game = play(ANY_FORK)
    game.complete("a", {})
    straight_back(game, token(game, "l"), token(game, "a"))
    game.complete("r", {})

    before = game.open()
    game.complete("a", {})
    game.complete("l", {})

    assert before == {"a": 1}
    assert game.open() == {"z": 1}


def test_what_waits_at_an_or_join_goes_on_when_a_new_version_has_one_way_in():
    game = play(ANY_FORK)
    game.complete("a", {})
    game.complete("l", {})
    game.graphs = {
        "test": Graph(
            process(
                "a user; f or; l user; r user; j or; z user",
                "start a; a f; f l; f r; l j; r end; j z; z end",
            )
        )
    }
    waiting = game.open()

    game.complete("r", {})

    assert (waiting, game.open()) == ({"r": 1}, {"z": 1})


def test_a_correction_may_itself_be_given_straight_back():
    game = play(LINE)
    game.complete("a", {})
    game.complete("b", {})
    straight_back(game, token(game, "c"), token(game, "b"))
    straight_back(game, token(game, "b"), token(game, "a"))

    seen = [game.open()]
    for node in ("a", "b"):
        game.complete(node, {})
        seen.append(game.open())

    assert seen == [{"a": 1}, {"b": 1}, {"c": 1}]


def test_a_unit_that_came_straight_back_is_returned_forward_as_ever():
    game = play(FORKED)
    game.complete("a", {})
    straight_back(game, token(game, "l"), token(game, "a"))
    game.complete("a", {})

    first = min((t for t in game.main.tokens.values() if t.node == "a"), key=lambda found: found.id)
    give_back(game, token(game, "l"), first)

    assert game.open() == {"a": 1}
    game.complete("a", {})
    assert game.open() == {"l": 1, "r": 1}


def test_straight_back_from_one_signature_leaves_the_others_running():
    game = play(SIGNED, members=["x", "y"])
    game.complete("a", {})

    straight_back(game, units(game, "m")[0], token(game, "a"))
    waiting = game.open()
    game.complete("m", {})
    game.complete("a", {})

    assert waiting == {"a": 1, "m": 1}
    assert game.open() == {"m": 1}
    assert units(game, "m")[0].local["member"] == "x"
    game.complete("m", {})
    assert game.open() == {"z": 1}


def test_a_return_from_one_signature_undoes_the_whole_countersign():
    game = play(SIGNED, members=["x", "y", "w"])
    game.complete("a", {})
    game.complete("m", {})

    give_back(game, units(game, "m")[0], token(game, "a"))
    undone = game.open()
    game.complete("a", {})

    assert undone == {"a": 1}
    assert game.open() == {"m": 3}


def test_a_return_past_a_countersign_opens_it_as_a_whole():
    game = play(SIGNED, members=["x", "y"])
    game.complete("a", {})
    game.complete("m", {})
    game.complete("m", {})

    give_back(game, token(game, "z"), token(game, "m", TokenKind.MULTI))

    assert game.open() == {"m": 2}


def test_a_return_within_one_instance_of_a_sub_process_leaves_the_others():
    game = play(BOXES, members=["p", "q"])
    game.complete("a", {})
    game.complete("x", {})
    own = next(t for t in game.main.tokens.values() if t.node == "x" and not t.live)

    with pytest.raises(NotAnAncestor):
        give_back(game, units(game, "x")[0], own)
    give_back(game, token(game, "y"), own)

    assert game.open() == {"x": 2}
    for _ in range(2):
        game.complete("x", {})
    for _ in range(2):
        game.complete("y", {})
    assert game.open() == {"z": 1}


def test_a_correction_of_one_signature_is_not_a_signature():
    game = play(SIGNED, members=["甲", "乙"])
    game.complete("a", {})
    signature = token(game, "m")
    straight_back(game, signature, token(game, "a"))
    correction = token(game, "a")
    game.complete("a", {})

    with pytest.raises(AlreadyTakenOn):
        take_back(game, correction)

    for _ in range(2):
        game.complete("m", {})
    assert game.open() == {"z": 1}


def test_a_return_does_not_lead_beside_branches_that_a_terminate_event_cut_off():
    game = play(CUT_OFF)
    game.complete("a", {})
    done = token(game, "l")
    game.complete("l", {})
    game.complete("x", {})

    with pytest.raises(CutOff):
        give_back(game, token(game, "z"), done)

    give_back(game, token(game, "z"), token(game, "a"))
    for node in ("a", "l", "r", "x", "z"):
        game.complete(node, {})
    assert game.ended


def test_a_withdrawal_reaches_through_a_join_nobody_went_beyond():
    game = play(FORKED)
    for node in ("a", "l", "r"):
        game.complete(node, {})

    take_back(game, token(game, "r"))
    again = game.open()
    game.complete("r", {})

    assert (again, game.open()) == ({"r": 1}, {"z": 1})


def test_a_withdrawal_does_not_reach_through_a_join_somebody_went_beyond():
    game = play(FORKED)
    for node in ("a", "l", "r"):
        game.complete(node, {})
    token(game, "z").state = TokenState.CLAIMED

    with pytest.raises(AlreadyTakenOn):
        take_back(game, token(game, "r"))


def test_an_ended_instance_goes_on_from_where_it_is_reopened():
    game = play(LINE)
    for node in ("a", "b", "c"):
        game.complete(node, {})

    step(game, lambda run: run_routes.reopen(run.work, "b"))
    open_again = game.open()
    game.complete("b", {})

    assert open_again == {"b": 1}
    with pytest.raises(NotAnAncestor):
        give_back(game, token(game, "c"), token(game, "a"))
