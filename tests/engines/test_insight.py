"""Process insight: what a small log says, spelled out."""

from datetime import UTC, datetime, timedelta

import pytest

from bihuan.engines.insight import csv_log, net, xes
from bihuan.engines.insight.alignment import Aligner, How, conformance
from bihuan.engines.insight.durations import change, durations
from bihuan.engines.insight.follows import bottlenecks, follows
from bihuan.engines.insight.log import Event, Trace, Unreadable
from bihuan.engines.insight.variants import variants
from tests.engines.bpmn_given import process

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def trace(case: str, *done: tuple[str, int]) -> Trace:
    """A case as pairs of what was done and how many minutes after nine."""
    return Trace(case, tuple(Event(name, NINE + minutes * MINUTE) for name, minutes in done))


LOG = [
    trace("1", ("受理", 0), ("办理", 30), ("回访", 40)),
    trace("2", ("受理", 0), ("办理", 10), ("回访", 20)),
    trace("3", ("受理", 0), ("办理", 10), ("办理", 100), ("回访", 130)),
]


def test_variants_are_counted_and_the_most_frequent_comes_first():
    first, second = variants(LOG)

    assert first.activities == ("受理", "办理", "回访")
    assert (first.cases, round(first.share, 3), first.took.median) == (2, 0.667, 30 * 60)
    assert (second.cases, second.took.mean) == (1, 130 * 60)


def test_the_follows_graph_counts_arcs_and_their_times():
    graph = follows(LOG)

    found = {(arc.source, arc.target): (arc.count, arc.took.median / 60) for arc in graph.arcs}
    assert found == {
        ("受理", "办理"): (3, 10),
        ("办理", "回访"): (3, 10),
        ("办理", "办理"): (1, 90),
    }
    assert graph.activities["办理"].count == 4
    assert graph.activities["办理"].again == 1
    assert (dict(graph.starts), dict(graph.ends)) == ({"受理": 3}, {"回访": 3})


def test_the_worst_bottleneck_is_where_most_time_goes_by():
    worst, *_ = bottlenecks(follows(LOG))

    assert (worst.arc.source, worst.arc.target) == ("办理", "办理")
    assert round(worst.share, 3) == round(90 / 190, 3)


def test_response_is_when_somebody_takes_up_the_first_unit_that_took_time():
    """FLW-11: what intake passes on at once is no response."""
    passed_on = Event("受理", NINE, begun_at=NINE, ready_at=NINE)
    handled = Event("办理", NINE + 56 * MINUTE, begun_at=NINE + 5 * MINUTE, ready_at=NINE)
    found = durations([Trace("1", (passed_on, handled), NINE, NINE + 60 * MINUTE)])

    assert found.response.mean == 5 * 60
    assert found.handling.mean == 55 * 60
    assert found.whole.mean == 60 * 60
    assert (found.cases, found.ended, found.reworked) == (1, 1, 0)


def test_change_is_a_share_of_what_was_before():
    assert change(28, 7) == -0.75
    assert change(0, 5) is None


# ------------------------------------------------------------------ beside a diagram
TWO_WAYS = process(
    "a user; x xor; b user; c user; d user", "start a; a x; x b as xb; x c as xc; b d; c d; d end"
)


def aligned(drawing, *activities, **options):
    return Aligner(net.net(drawing, activities), **options).align(activities)


def told(found):
    return [(move.how, move.activity) for move in found.moves if move.how is not How.AGREED]


def test_a_case_that_follows_the_diagram_agrees_and_names_its_flows():
    found = aligned(TWO_WAYS, "a", "c", "d")

    assert found.deviations == 0
    assert "xc" in found.moves[1].flows
    assert "xb" not in {flow for move in found.moves for flow in move.flows}


def test_what_the_diagram_has_not_there_is_extra():
    assert told(aligned(TWO_WAYS, "a", "b", "z", "d")) == [(How.EXTRA, "z")]


def test_what_was_left_out_is_missing():
    assert told(aligned(TWO_WAYS, "a", "d")) in ([(How.MISSING, "b")], [(How.MISSING, "c")])


def test_an_open_case_does_not_lack_what_is_still_to_do():
    assert aligned(TWO_WAYS, "a").deviations == 2
    assert aligned(TWO_WAYS, "a", open_end=True).deviations == 0


PARALLEL = process(
    "f and; a user; b user; j and; c user", "start f; f a; f b; a j; b j; j c; c end"
)


@pytest.mark.parametrize("order", [("a", "b", "c"), ("b", "a", "c")])
def test_branches_may_be_done_in_any_order(order):
    assert aligned(PARALLEL, *order).deviations == 0


def test_a_join_waits_for_every_branch():
    assert told(aligned(PARALLEL, "a", "c")) == [(How.MISSING, "b")]


def test_a_unit_for_several_people_may_be_done_by_each():
    drawing = process("a user times=3; b user", "start a; a b; b end")
    assert aligned(drawing, "a", "a", "a", "b").deviations == 0


def test_an_interrupting_event_leaves_the_unit_undone():
    drawing = process(
        "a user; a/late boundary timer=PT1H; b user; c user", "start a; a b; late c; b end; c end"
    )
    assert aligned(drawing, "c").deviations == 0
    assert told(aligned(drawing, "b", "c")) != []


def test_a_terminating_end_ends_the_other_branches():
    drawing = process(
        "f and; a user; b user; stop end terminate=yes", "start f; f a; f b; a stop; b end"
    )
    assert aligned(drawing, "a").deviations == 0


def test_a_search_without_end_is_given_up_not_guessed():
    found = aligned(PARALLEL, "a", "b", "c", max_states=2)
    assert found is None

    told_of = conformance({("a", "b", "c"): 7}, Aligner(net.net(PARALLEL, ()), max_states=2))
    assert (told_of.cases, told_of.undecided, told_of.agreeing) == (7, 7, 0)


def test_fitness_weighs_variants_by_their_cases():
    cases = {("a", "b", "d"): 9, ("a", "d"): 1}
    found = conformance(cases, Aligner(net.net(TWO_WAYS, "abcd")))

    assert (found.cases, found.agreeing) == (10, 9)
    assert round(found.fitness, 4) == round(0.9 + 0.1 * (1 - 1 / 5), 4)
    assert sum(found.missing.values()) == 1


# ------------------------------------------------------------------ reading
def xes_log(*events: str, head: str = "") -> list[bytes]:
    body = "\n".join(events)
    return [
        f'{head}<log>\n<trace>\n<string key="concept:name" value="1"/>\n{body}\n'.encode()
        + b"</trace></log>"
    ]


def xes_event(name: str, at: str, more: str = "") -> str:
    return (
        f'<event><string key="concept:name" value="{name}"/>'
        f'<date key="time:timestamp" value="{at}"/>{more}</event>'
    )


def test_xes_events_without_name_or_time_are_rejected_with_their_line():
    pieces = xes_log(
        xes_event("受理", "2026-03-02T09:00:00+08:00"),
        xes_event("", "2026-03-02T09:00:00+08:00"),
        xes_event("办理", "昨天"),
        '<event><string key="concept:name" value="回访"/></event>',
    )
    log = xes.read(pieces)

    assert [trace.activities for trace in log.traces] == [("受理",)]
    assert [(one.line, one.reason) for one in log.rejected] == [
        (5, "事件没有活动名称（concept:name）"),
        (6, "事件的时间（time:timestamp）“昨天”不是时刻"),
        (7, "事件的时间（time:timestamp）没有写"),
    ]


def test_xes_start_and_complete_are_one_event():
    def of(kind):
        return f'<string key="lifecycle:transition" value="{kind}"/>'

    log = xes.read(
        xes_log(
            xes_event("办理", "2026-03-02T09:00:00Z", of("schedule")),
            xes_event("办理", "2026-03-02T09:05:00Z", of("start")),
            xes_event("办理", "2026-03-02T09:10:00Z", of("suspend")),
            xes_event("办理", "2026-03-02T09:30:00Z", of("COMPLETE")),
        )
    )
    (event,) = log.traces[0].events

    assert (event.ready_at, event.begun_at, event.at) == (
        NINE,
        NINE + 5 * MINUTE,
        NINE + 30 * MINUTE,
    )
    assert log.passed_over == 1


def test_xes_attributes_of_attributes_name_nothing():
    inner = '<string key="note"><string key="concept:name" value="别的"/></string>'
    log = xes.read(xes_log(xes_event("受理", "2026-03-02T09:00:00Z", inner)))
    assert log.traces[0].activities == ("受理",)


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        ([b'<!DOCTYPE log [<!ENTITY a "b">]><log/>'], "DOCTYPE"),
        ([b"<log><trace></log>"], "XML"),
        ([b""], "XML"),
        ([b"<definitions/>"], "log"),
        ([b"<log>" + b"<list>" * 100], "64"),
    ],
)
def test_what_is_no_log_is_refused_with_a_sentence(pieces, said):
    with pytest.raises(Unreadable, match=said):
        xes.read(pieces)


CSV = "单号,环节,时间,经办\n1,受理,2026-03-02 09:00,Ada\n1,办理,2026-03-02 09:30,Kim\n,办理,2026-03-02 09:30,\n2,受理,2/3/2026,\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_by_its_column_names(encoding):
    log = csv_log.read([CSV.encode(encoding)])

    assert [(trace.case, trace.activities) for trace in log.traces] == [("1", ("受理", "办理"))]
    assert log.traces[0].events[1].resource == "Kim"
    assert [(one.line, one.reason) for one in log.rejected] == [
        (4, "没有写案例"),
        (5, "时间“2/3/2026”不是年在前的时刻"),
    ]


def test_csv_columns_can_be_named():
    text = "Vorgang;Schritt;Wann\n7;auf;2026-03-02 09:00\n"
    log = csv_log.read([text.encode()], csv_log.Columns("vorgang", "Schritt", "Wann"))
    assert log.traces[0].activities == ("auf",)


def test_csv_without_the_columns_says_which_it_has():
    with pytest.raises(Unreadable, match="写案例的列”，文件的列是：a、b"):
        csv_log.read([b"a,b\n1,2\n"])
