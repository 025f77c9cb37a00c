"""Return, withdraw and jump on the engine alone."""

import pytest

from bihuan.engines.bpmn import run_routes
from bihuan.engines.bpmn.run_play import Play
from bihuan.engines.bpmn.run_state import (
    AcrossJump,
    AlreadyTakenOn,
    NotAnAncestor,
    OutOfScope,
    Token,
    TokenKind,
    TokenState,
)
from tests.engines.bpmn_given import play, process, step, token

LINE = process("a user; b user; c user", "start a; a b; b c; c end")
JOINED = process(
    "a user; f and; l user; r user; j and; z user", "start a; a f; f l; f r; l j; r j; j z; z end"
)
BOXED = process("a user; s sub; s.x user; s.y user; z user", "start a; a s; x y; s z; z end")


def give_back(game: Play, source: Token, target: Token) -> None:
    step(
        game,
        lambda run: run_routes.return_to(
            run.work, run.work.tokens[source.id], run.work.tokens[target.id]
        ),
    )


def leap(game: Play, node: str, source: Token | None = None) -> None:
    step(
        game,
        lambda run: run_routes.jump(run.work, node, run.work.tokens[source.id] if source else None),
    )


def take_back(game: Play, target: Token) -> None:
    step(game, lambda run: run_routes.withdraw(run.work, run.work.tokens[target.id]))


def parked(game: Play) -> int:
    return sum(1 for t in game.main.tokens.values() if t.kind is TokenKind.JOIN and t.live)


def test_a_return_opens_the_earlier_unit_and_supersedes_what_followed():
    game = play(LINE)
    first = token(game, "a")
    game.complete("a", {})
    game.complete("b", {})

    give_back(game, token(game, "c"), first)

    assert game.open() == {"a": 1}
    states = {i: t.state for i, t in game.main.tokens.items()}
    assert states[first.id] is TokenState.SUPERSEDED
    assert token(game, "b").state is TokenState.SUPERSEDED
    assert token(game, "c").state is TokenState.CANCELLED


def test_a_return_past_a_join_parks_the_sibling_branch_again():
    game = play(JOINED)
    game.complete("a", {})
    game.complete("l", {})
    game.complete("r", {})

    give_back(game, token(game, "z"), token(game, "l"))
    after_return = (game.open(), parked(game))
    game.complete("l", {})

    assert after_return == ({"l": 1}, 1)
    assert game.open() == {"z": 1}
    assert parked(game) == 0


def test_a_return_before_a_fork_cancels_the_other_branch():
    game = play(JOINED)
    game.complete("a", {})

    give_back(game, token(game, "l"), token(game, "a"))
    game.complete("a", {})

    assert game.open() == {"l": 1, "r": 1}


def test_a_return_into_a_finished_sub_process_reopens_it():
    game = play(BOXED)
    game.complete("a", {})
    game.complete("x", {})
    game.complete("y", {})

    give_back(game, token(game, "z"), token(game, "y"))
    inside = game.open()
    game.complete("y", {})

    assert inside == {"y": 1}
    assert game.open() == {"z": 1}


def test_a_return_out_of_a_sub_process_cancels_it():
    game = play(BOXED)
    game.complete("a", {})

    give_back(game, token(game, "x"), token(game, "a"))

    assert game.open() == {"a": 1}
    assert token(game, "s", TokenKind.SCOPE).state is TokenState.CANCELLED


def test_nearest_and_ancestors_look_into_a_finished_sub_process():
    game = play(BOXED)
    game.complete("a", {})
    game.complete("x", {})
    game.complete("y", {})
    run = game._run(game.main)
    last = run.work.tokens[token(game, "z").id]

    assert [t.node for t in run_routes.ancestors(run.work, last)] == ["y", "x", "a"]


def test_a_unit_can_be_returned_only_to_where_it_came_from():
    game = play(JOINED)
    game.complete("a", {})
    game.complete("l", {})

    with pytest.raises(NotAnAncestor):
        give_back(game, token(game, "r"), token(game, "l"))


def test_a_return_does_not_cross_a_jump():
    game = play(LINE)
    game.complete("a", {})
    leap(game, "c")

    with pytest.raises(NotAnAncestor):
        give_back(game, token(game, "c"), token(game, "a"))


def test_a_return_that_would_undo_a_jump_elsewhere_is_refused():
    game = play(JOINED)
    game.complete("a", {})
    leap(game, "l", token(game, "l"))

    with pytest.raises(AcrossJump):
        give_back(game, token(game, "r"), token(game, "a"))


def test_after_a_jump_one_returns_as_far_as_the_jump():
    game = play(LINE)
    leap(game, "b")
    game.complete("b", {})

    give_back(game, token(game, "c"), token(game, "b"))

    assert game.open() == {"b": 1}


def test_a_whole_jump_into_a_sub_process_opens_its_scope():
    game = play(BOXED)

    leap(game, "y")
    game.complete("y", {})

    assert game.open() == {"z": 1}


def test_one_token_jumps_only_within_its_scope():
    game = play(BOXED)

    with pytest.raises(OutOfScope):
        leap(game, "y", token(game, "a"))


def test_one_of_two_branches_jumps_and_the_join_still_fires():
    game = play(JOINED)
    game.complete("a", {})
    game.complete("r", {})
    leap(game, "l", token(game, "l"))
    game.complete("l", {})

    assert game.open() == {"z": 1}


def test_a_submitted_unit_is_withdrawn_while_nobody_took_the_next():
    game = play(LINE)
    game.complete("a", {})

    take_back(game, token(game, "a"))

    assert game.open() == {"a": 1}


def test_a_claimed_successor_stops_a_withdrawal():
    game = play(LINE)
    game.complete("a", {})
    token(game, "b").state = TokenState.CLAIMED

    with pytest.raises(AlreadyTakenOn):
        take_back(game, token(game, "a"))


def test_a_withdrawal_before_the_join_takes_back_only_its_own_ticket():
    game = play(JOINED)
    game.complete("a", {})
    game.complete("l", {})

    take_back(game, token(game, "l"))

    assert game.open() == {"l": 1, "r": 1}
    assert parked(game) == 0


def test_a_loop_is_returned_to_its_latest_round():
    game = play(
        process(
            "a user; b user; x xor default=out; c user",
            "start a; a b; b x; x a if again; x c as out; c end",
        )
    )
    game.complete("a", {})
    game.complete("b", {"again": True})
    game.complete("a", {})
    game.complete("b", {"again": False})
    run = game._run(game.main)

    found = run_routes.nearest(run.work, run.work.tokens[token(game, "c").id])

    assert [t.id for t in found] == [token(game, "b").id]


def test_a_return_into_a_box_within_a_box_undoes_what_followed_the_outer_one():
    nested = process("a user; s sub; s.t sub; s.t.x user; z user", "start a; a s; s z; z end")
    game = play(nested)
    game.complete("a", {})
    game.complete("x", {})

    give_back(game, token(game, "z"), token(game, "x"))

    assert game.open() == {"x": 1}
    game.complete("x", {})
    assert game.open() == {"z": 1}


def test_a_withdrawal_does_not_cross_a_jump_to_a_countersign():
    signed = process(
        "a user; m user times=2; f and; l user; r user; j and",
        "start a; a m; m f; f l; f r; l j; r j; j end",
    )
    game = play(signed)
    game.complete("a", {})
    game.complete("m", {})
    game.complete("m", {})
    game.complete("l", {})
    leap(game, "m")

    with pytest.raises(AlreadyTakenOn):
        take_back(game, token(game, "l"))
