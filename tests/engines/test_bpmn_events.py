"""Messages, signals and event-based gateways in the pure engine."""

from datetime import timedelta

import pytest

from bihuan.engines.bpmn.run_graph import Graph
from bihuan.engines.bpmn.run_play import Play
from bihuan.engines.bpmn.run_state import NeverRests, NotLive
from tests.engines.bpmn_given import MORNING, play, process


def test_a_message_lets_the_flow_go_on_with_what_it_brought():
    game = play(
        process("w catch message=paid; x xor; a user; b user", "start w; w x; x a if fee == 5; x b")
    )

    assert game.open() == {}
    with pytest.raises(NotLive):
        game.correlate("lost", {})
    game.correlate("paid", {"fee": 5})

    assert game.open() == {"a": 1}


def test_a_receive_task_without_a_message_waits_for_its_own_name():
    game = play(
        process("w receive; a user; w/late boundary timer=PT1H; b user", "start w; w a; late b")
    )

    game.correlate("w", {})
    game.advance(timedelta(hours=2))

    assert game.open() == {"a": 1}


def test_the_first_of_several_events_wins():
    drawn = process(
        "g first; m catch message=paid; t catch timer=PT1H; r receive; a user; b user; c user",
        "start g; g m; g t; g r; m a; t b; r c",
    )
    early, late = play(drawn), play(drawn)

    early.correlate("paid", {})
    early.advance(timedelta(hours=3))
    late.advance(timedelta(hours=3))

    assert (early.open(), late.open()) == ({"a": 1}, {"b": 1})
    with pytest.raises(NotLive):
        late.correlate("paid", {})


def test_an_event_gateway_behind_another_starts_afresh():
    game = play(
        process(
            "g first; m catch message=go; s catch message=stop; a user; x xor",
            "start x; x g; g m; g s; m a; a x; s end",
        )
    )

    for _ in range(3):
        game.correlate("go", {})
        game.complete("a", {})
    game.correlate("stop", {})

    assert game.ended


@pytest.mark.parametrize(("interrupting", "left"), [("yes", {"b": 1}), ("no", {"a": 1, "b": 2})])
def test_a_boundary_message_interrupts_or_comes_as_often_as_it_likes(
    interrupting: str, left: dict[str, int]
):
    game = play(
        process(
            f"a user; a/m boundary message=call interrupting={interrupting}; b user",
            "start a; a end; m b; b end",
        )
    )

    game.correlate("call", {})
    if interrupting == "no":
        game.correlate("call", {})

    assert game.open() == left


def test_a_signal_reaches_all_that_wait_for_it_a_message_only_one():
    def drawn(kind: str):
        return process(
            f"f and; l catch {kind}=go; r catch {kind}=go; t user; s throw {kind}=go; a user; b user",
            "start f; f l; f r; f t; t s; s end; l a; r b",
        )

    by_signal, by_message = play(drawn("signal")), play(drawn("message"))
    by_signal.complete("t", {})
    by_message.complete("t", {})

    assert by_signal.open() == {"a": 1, "b": 1}
    assert by_message.open() == {"a": 1}


def test_a_signal_is_not_caught_by_who_waits_only_afterwards():
    game = play(process("s throw signal=go; w catch signal=go; a user", "start s; s w; w a"))

    assert game.open() == {}
    assert not game.ended


def test_a_signal_crosses_to_called_processes():
    caller = process(
        "f and; c call calls=below; t user; s end signal=stop", "start f; f c; f t; t s; c end"
    )
    below = process("x user; x/b boundary signal=stop; y user", "start x; x end; b y; y end")
    game = Play({"test": Graph(caller), "below": Graph(below)}, "test", {}, MORNING)

    game.complete("t", {})

    assert game.open() == {"y": 1}


def test_a_send_task_with_a_message_throws_it():
    game = play(
        process(
            "f and; w catch message=go; t user; s send message=go; a user",
            "start f; f w; f t; t s; s end; w a",
        )
    )

    game.complete("t", {})

    assert game.open() == {"a": 1}


def test_a_timer_start_waits_when_the_process_is_started():
    game = play(process("start start timer=PT1H; a user", "start a"))

    assert game.open() == {}
    game.advance(timedelta(hours=1))

    assert game.open() == {"a": 1}


def test_a_plain_start_is_taken_before_one_with_a_trigger():
    game = play(process("m start message=order; start start; a user; b user", "m a; start b"))

    assert game.open() == {"b": 1}


def test_a_waiting_event_keeps_an_or_join_waiting():
    drawn = process(
        "f and; a user; g first; m catch message=go; t catch timer=P9D; j or; z user; y user",
        "start f; f a; f g; g m; g t; a j; m j; t y; j z",
    )
    game = play(drawn)

    game.complete("a", {})
    assert game.open() == {}
    game.correlate("go", {})

    assert game.open() == {"z": 1}


def test_an_or_join_goes_on_when_the_other_event_has_won():
    drawn = process(
        "f and; a user; g first; m catch message=go; t catch timer=PT1H; j or; z user; y user",
        "start f; f a; f g; g m; g t; a j; m j; t y; j z",
    )
    game = play(drawn)

    game.complete("a", {})
    game.advance(timedelta(hours=1))

    assert game.open() == {"y": 1, "z": 1}


def test_a_circle_of_automatic_steps_keeps_nothing():
    game = play(
        process("a user; t task; x xor", "start a; a t; t x; x t if again; x end"), again=True
    )

    with pytest.raises(NeverRests):
        game.complete("a", {"note": 1})

    assert game.open() == {"a": 1}
    assert game.main.variables == {"again": True}


def test_a_timer_of_no_time_in_a_circle_is_stopped():
    game = play(
        process("a user; t catch timer=PT0S; x xor", "start a; a t; t x; x t if again; x end"),
        again=True,
    )

    game.complete("a", {})
    with pytest.raises(NeverRests):
        game.advance(timedelta(hours=1))
