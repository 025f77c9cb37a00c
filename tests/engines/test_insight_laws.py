"""Laws of process insight, tried on random logs and on random processes played to their end."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

import pytest
from hypothesis import given, reject, settings, strategies as st

from bihuan.engines.bpmn.run_play import Play
from bihuan.engines.insight import net
from bihuan.engines.insight.alignment import Aligner, How
from bihuan.engines.insight.follows import bottlenecks, follows
from bihuan.engines.insight.lifecycle import Lifecycle
from bihuan.engines.insight.log import Event, Trace, in_order
from bihuan.engines.insight.spread import spread
from bihuan.engines.insight.variants import variants
from tests.engines.bpmn_given import play, process, step
from tests.generative.test_process_shapes import blocks, drawn

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
events = st.builds(
    lambda name, seconds: Event(name, BEGIN + timedelta(seconds=seconds)),
    st.sampled_from("abcd"),
    st.integers(0, 10**6),
)
traces = st.builds(
    lambda case, done: Trace(case, in_order(done)),
    st.text("0123", max_size=2),
    st.lists(events, min_size=1, max_size=8),
)
logs = st.lists(traces, max_size=12)


@given(log=logs)
def test_every_case_is_in_exactly_one_variant(log: list[Trace]):
    ways = variants(log)
    assert sum(way.cases for way in ways) == len(log)
    assert len({way.activities for way in ways}) == len(ways)
    assert abs(sum(way.share for way in ways) - bool(log)) < 1e-9
    assert [way.cases for way in ways] == sorted((way.cases for way in ways), reverse=True)


@given(log=logs)
def test_what_comes_in_goes_out(log: list[Trace]):
    graph = follows(log)
    assert sum(arc.count for arc in graph.arcs) == sum(len(one.events) - 1 for one in log)
    into, out = Counter(graph.starts), Counter(graph.ends)
    for arc in graph.arcs:
        out[arc.source] += arc.count
        into[arc.target] += arc.count
    for name, activity in graph.activities.items():
        assert into[name] == out[name] == activity.count
        assert activity.again <= activity.cases <= activity.count
    assert sum(one.share for one in bottlenecks(graph, 1000)) <= 1 + 1e-9


@given(log=logs)
def test_time_between_events_adds_up_to_the_time_of_the_cases(log: list[Trace]):
    whole = sum(arc.took.total for arc in follows(log).arcs)
    assert abs(whole - sum(one.seconds for one in log)) < 1e-3


@given(st.lists(st.floats(0, 1e9), min_size=1))
def test_a_spread_lies_within_what_it_describes(seconds: list[float]):
    found = spread(seconds)
    assert min(seconds) <= found.median <= found.p90 <= max(seconds)
    assert min(seconds) <= found.mean <= max(seconds)
    assert found.median == pytest.approx(median(seconds))


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ab"),
            st.integers(0, 1000),
            st.sampled_from(["", "schedule", "start", "complete", "suspend"]),
        )
    )
)
def test_no_line_of_a_life_cycle_is_lost(lines: list[tuple[str, int, str]]):
    life = Lifecycle()
    for name, seconds, transition in lines:
        life.see(name, BEGIN + timedelta(seconds=seconds), transition)
    found = life.events()
    used = sum(1 + (e.begun_at is not None) + (e.ready_at is not None) for e in found)
    assert len(found) == sum(kind in ("", "complete") for _, _, kind in lines)
    assert used + life.passed_over == len(lines)
    assert all(one.at <= other.at for one, other in pairwise(found))
    assert all((e.ready_at or BEGIN) <= (e.begun_at or e.at) <= e.at for e in found)


def played(game: Play, choices: list[int]) -> tuple[str, ...]:
    """Submit units until the process ends, or the choices are used up."""
    done = []
    for number in choices:
        if game.ended:
            break
        _, unit = (open_units := game.units())[number % len(open_units)]
        values = {"odd": number % 2, "repeat": int(number % 7 == 0)}
        step(game, lambda run, id_=unit.id, given=values: run.complete(id_, given))
        done.append(unit.node)
    return tuple(done)


@settings(max_examples=60, deadline=None)
@given(block=blocks, choices=st.lists(st.integers(0, 99), min_size=30, max_size=30))
def test_what_the_engine_did_agrees_with_the_diagram(block: Any, choices: list[int]):
    drawing, _ = drawn(block)
    game = play(drawing, odd=1, repeat=0)
    done = played(game, choices)
    found = Aligner(net.net(drawing, (), net.by_id), open_end=not game.ended).align(done)
    if found is None:  # a search over too many states is given up, as `align` says
        reject()
    assert found.deviations == 0
    assert tuple(move.activity for move in found.moves) == done


@settings(max_examples=60, deadline=None)
@given(done=st.lists(st.sampled_from("abcz"), max_size=7))
def test_an_alignment_explains_every_event_and_costs_no_more_than_nothing_agreeing(done: list[str]):
    drawing = process(
        "f and; a user; b user; j and; c user", "start f; f a; f b; a j; b j; j c; c end"
    )
    aligner = Aligner(net.net(drawing, done))
    found = aligner.align(done)
    assert found is not None
    explained = [move.activity for move in found.moves if move.how is not How.MISSING]
    assert explained == done
    assert found.deviations <= len(done) + aligner.shortest
    run = [move.activity for move in found.moves if move.how is not How.EXTRA]
    assert sorted(run[:2]) == ["a", "b"]
    assert run[2:] == ["c"]
