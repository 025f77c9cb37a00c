"""Co-handlers on the engine alone: who is waited for, who is passed over, what waits on the border of their unit."""

from datetime import timedelta

import pytest

from bihuan.engines.bpmn import run_routes, run_together
from bihuan.engines.bpmn.run_play import Play
from bihuan.engines.bpmn.run_state import AlreadyTakenOn, Token, TokenState
from tests.engines.bpmn_given import (
    complete,
    give_back,
    play,
    process,
    step,
    straight_back,
    take_back,
    token,
)

LINE = process("a user; b user; c user", "start a; a b; b c; c end")
LIMITED = process(
    "a user; b user; b/late boundary timer=PT3H; c user; d user",
    "start a; a b; b c; c end; late d; d end",
)


def co_handler(game: Play, beside: Token) -> None:
    step(game, lambda run: run_together.add(run.work, run.work.tokens[beside.id]))


def drop(game: Play, one: Token) -> None:
    step(game, lambda run: run_together.remove(run.work, run.work.tokens[one.id]))


def test_the_flow_waits_for_every_co_handler():
    game = play(LINE)
    main = token(game, "a")
    co_handler(game, main)
    co_handler(game, main)

    complete(game, main)
    first = game.open()
    game.complete("a", {})
    second = game.open()
    game.complete("a", {})

    assert (first, second, game.open()) == ({"a": 2}, {"a": 1}, {"b": 1})


def test_a_removed_co_handler_is_not_waited_for():
    game = play(LINE)
    main = token(game, "a")
    co_handler(game, main)
    added = token(game, "a")
    complete(game, main)

    with pytest.raises(run_together.NoCoHandler):
        drop(game, main)
    drop(game, added)

    assert game.open() == {"b": 1}


def test_a_co_handler_may_give_the_unit_back_to_who_began_it():
    game = play(LINE)
    main = token(game, "a")
    co_handler(game, main)
    added = token(game, "a")
    complete(game, main)

    give_back(game, added, main)

    assert game.open() == {"a": 1}
    game.complete("a", {})
    assert game.open() == {"b": 1}


def test_a_unit_with_co_handlers_is_returned_as_a_whole():
    game = play(LINE)
    game.complete("a", {})
    main = token(game, "b")
    co_handler(game, main)
    complete(game, main)
    game.complete("b", {})

    give_back(game, token(game, "c"), token(game, "a"))

    assert game.open() == {"a": 1}
    for node in ("a", "b", "c"):
        game.complete(node, {})
    assert game.ended


def test_a_unit_waits_for_its_co_handler_also_across_a_correction():
    game = play(LINE)
    game.complete("a", {})
    main = token(game, "b")
    co_handler(game, main)
    co_handler(game, main)
    straight_back(game, main, token(game, "a"))
    game.complete("b", {})

    waiting = game.open()
    game.complete("a", {})
    back = game.open()
    game.complete("b", {})
    one_left = game.open()
    game.complete("b", {})

    assert (waiting, back, one_left) == ({"a": 1, "b": 1}, {"b": 2}, {"b": 1})
    assert game.open() == {"c": 1}


def test_a_submitted_co_handler_takes_theirs_back_while_another_works():
    game = play(LINE)
    main = token(game, "a")
    co_handler(game, main)
    complete(game, main)

    take_back(game, main)

    assert game.open() == {"a": 2}
    for _ in range(2):
        game.complete("a", {})
    assert game.open() == {"b": 1}


def test_what_a_correction_waits_for_forgets_a_signature_taken_back():
    game = play(LINE)
    game.complete("a", {})
    main = token(game, "b")
    co_handler(game, main)
    added = token(game, "b")
    complete(game, main)
    straight_back(game, added, token(game, "a"))
    take_back(game, main)
    for node in ("a", "b", "b"):
        game.complete(node, {})

    assert main.id not in token(game, "c").parents


def test_a_return_passes_over_the_co_handlers_of_a_unit_once_taken_back():
    game = play(LINE)
    main = token(game, "a")
    co_handler(game, main)
    added = token(game, "a")
    complete(game, main)
    take_back(game, main)
    again = token(game, "a")
    complete(game, again)
    complete(game, added)

    give_back(game, token(game, "b"), again)

    assert game.main.tokens[added.id].state is TokenState.SUPERSEDED


def test_a_unit_given_straight_back_is_not_its_own_co_handler_afterwards():
    game = play(LINE)
    game.complete("a", {})
    straight_back(game, token(game, "b"), token(game, "a"))
    correction = token(game, "a")
    game.complete("a", {})

    with pytest.raises(AlreadyTakenOn):
        take_back(game, correction)

    assert game.open() == {"b": 1}


def test_a_border_event_holds_until_the_last_co_handler_has_submitted():
    game = play(LIMITED)
    game.complete("a", {})
    main = token(game, "b")
    co_handler(game, main)
    complete(game, main)

    game.advance(timedelta(hours=3))

    assert game.open() == {"d": 1}


def test_a_border_event_goes_with_the_last_co_handler():
    game = play(LIMITED)
    game.complete("a", {})
    main = token(game, "b")
    co_handler(game, main)
    complete(game, main)
    game.complete("b", {})

    assert (game.open(), game.armed) == ({"c": 1}, [])


def test_a_co_handlers_correction_does_not_arm_the_border_twice():
    game = play(LIMITED)
    game.complete("a", {})
    main = token(game, "b")
    co_handler(game, main)
    straight_back(game, main, token(game, "a"))
    game.complete("a", {})
    again = token(game, "b")
    complete(game, again)
    take_back(game, again)

    assert len(game.armed) == 1
    game.advance(timedelta(hours=3))
    assert game.open() == {"d": 1}


def test_a_jump_takes_a_unit_away_with_its_co_handlers():
    game = play(LINE)
    co_handler(game, token(game, "a"))

    step(
        game,
        lambda run: run_routes.jump(run.work, "c", run.work.tokens[token(game, "a").id]),
    )

    assert game.open() == {"c": 1}
