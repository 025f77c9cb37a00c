"""The engine alone: what each element does with a token."""

import pytest

from bihuan.engines.bpmn.run_state import (
    CloseKind,
    NoFlowTaken,
    NotLive,
    SubmitConditionFalse,
    TokenKind,
    TokenState,
    UnsupportedElement,
    What,
)
from tests.engines.bpmn_given import play, process, step, token


def test_a_line_of_units_opens_one_after_the_other():
    game = play(process("a user; b user", "start a; a b; b end"))

    opened_first = game.open()
    game.complete("a", {"class": "lamp"})
    opened_second = game.open()
    game.complete("b", {})

    assert (opened_first, opened_second, game.open()) == ({"a": 1}, {"b": 1}, {})
    assert game.ended
    assert game.main.variables == {"class": "lamp"}


def test_token_ids_are_the_instance_and_a_sequence():
    game = play(process("a user; b user", "start a; a b; b end"))
    game.complete("a", {})

    assert sorted(game.main.tokens) == [(1 << 20) + 1, (1 << 20) + 2]


def test_an_and_join_waits_for_every_flow_and_goes_on_once():
    game = play(
        process("f and; a user; b user; j and; c user", "start f; f a; f b; a j; b j; j c; c end")
    )

    game.complete("a", {})
    waiting = game.open()
    game.complete("b", {})

    assert waiting == {"b": 1}
    assert game.open() == {"c": 1}


def test_an_xor_merge_passes_every_token():
    game = play(
        process("f and; a user; b user; m xor; c user", "start f; f a; f b; a m; b m; m c; c end")
    )

    game.complete("a", {})
    game.complete("b", {})

    assert game.open() == {"c": 2}


def test_no_true_flow_and_no_default_is_refused_and_keeps_nothing():
    game = play(process("a user; x xor; b user", "start a; a x; x b if go == 1; b end"), go=0)

    with pytest.raises(NoFlowTaken):
        game.complete("a", {"go": 2})

    assert game.open() == {"a": 1}
    assert game.main.variables == {"go": 0}


def test_a_sub_process_without_end_event_ends_when_empty():
    game = play(
        process("s sub; s.a user; s.b user; c user", "start s; a b; s c; c end"),
    )

    game.complete("a", {})
    inside = game.open()
    game.complete("b", {})

    assert inside == {"b": 1}
    assert game.open() == {"c": 1}


def test_terminate_ends_only_its_own_scope():
    game = play(
        process(
            "s sub; s.si start; s.a user; s.b user; s.t end terminate=1; c user",
            "start s; si a; si b; a t; s c; c end",
        )
    )

    game.complete("a", {})

    assert game.open() == {"c": 1}
    assert token(game, "b").state is TokenState.CANCELLED
    assert token(game, "b").close_kind is CloseKind.TERMINATED


def test_an_interrupting_timer_cancels_its_unit():
    game = play(
        process(
            "a user; a/late boundary timer=PT1H; b user; c user",
            "start a; a b; late c; b end; c end",
        )
    )

    step(game, lambda run: run.fire(token(game, "late", TokenKind.TIMER).id))

    assert game.open() == {"c": 1}
    assert token(game, "a").state is TokenState.CANCELLED


def test_finishing_a_unit_stops_its_timer():
    game = play(
        process("a user; a/late boundary timer=PT1H; c user", "start a; a end; late c; c end")
    )

    game.complete("a", {})

    assert token(game, "late", TokenKind.TIMER).state is TokenState.CANCELLED
    assert game.ended


def test_a_cycle_that_goes_on_leaves_its_timer_armed():
    game = play(
        process(
            "a user; a/again boundary timer=R2/PT1H interrupting=no; c user",
            "start a; a end; again c; c end",
        )
    )
    timer = token(game, "again", TokenKind.TIMER)

    step(game, lambda run: run.fire(timer.id, last=False))
    step(game, lambda run: run.fire(timer.id))

    assert game.open() == {"a": 1, "c": 2}
    with pytest.raises(NotLive):
        step(game, lambda run: run.fire(timer.id))


def test_a_service_task_is_handed_out_and_its_result_routes():
    game = play(
        process(
            "a user; s service verb=case.grade; x xor default=no; b user; c user",
            "start a; a s; s x; x b if grade == 3; x c as no; b end; c end",
        )
    )
    game.verb = lambda due, variables: {"grade": 3 if due.verb == "case.grade" else 0}

    game.complete("a", {})

    assert game.open() == {"b": 1}


def test_a_unit_whose_enter_condition_is_false_is_skipped_and_recorded():
    game = play(process("a user enterIf=wanted; b user", "start a; a b; b end"), wanted=False)

    assert game.open() == {"b": 1}
    assert token(game, "a").close_kind is CloseKind.SKIPPED


def test_a_false_submit_condition_refuses_the_submit_but_not_a_skip():
    game = play(process("a user submitIf=done; b user", "start a; a b; b end"), done=False)

    with pytest.raises(SubmitConditionFalse):
        game.complete("a", {})
    step(game, lambda run: run.complete(token(game, "a").id, {}, CloseKind.SKIPPED))

    assert game.open() == {"b": 1}


def test_an_uncaught_error_ends_the_instance_and_is_reported():
    game = play(process("a user; e end error=BROKEN; b user", "start a; start b; a e; b end"))

    game.complete("a", {})

    assert game.ended
    assert [c.detail for c in game.changes if c.what is What.ERROR_UNCAUGHT] == ["BROKEN"]


def test_what_the_engine_does_not_execute_is_refused_by_name():
    game = play(process("a user; m catch", "start a; a m; m end"))

    with pytest.raises(UnsupportedElement):
        game.complete("a", {})


def test_a_finished_unit_can_not_be_finished_again():
    game = play(process("a user; b user", "start a; a b; b end"))
    first = token(game, "a").id
    game.complete("a", {})

    with pytest.raises(NotLive):
        step(game, lambda run: run.complete(first, {}))
