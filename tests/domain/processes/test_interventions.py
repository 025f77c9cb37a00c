"""Return, withdraw, jump, suspend, resume, terminate: the route changes, the reason stays, clocks follow."""

from datetime import timedelta

import pytest

from bihuan.domain.clocks import actions as clocks
from bihuan.domain.clocks.models import Clock
from bihuan.domain.ledger.models import Fact
from bihuan.domain.processes import actions
from bihuan.domain.processes.actions import refusals
from bihuan.domain.processes.models import Token
from bihuan.engines.bpmn.model import LimitGroup
from tests.domain.processes.given import (
    HOUR,
    MINUTE,
    NINE,
    SYSTEM,
    facts,
    open_nodes,
    person,
    place,
    publish,
    staff,
    started,
    state,
    submit,
    unit,
)
from tests.engines.bpmn_given import process

pytestmark = pytest.mark.django_db
LINE = process(
    "a user post=agent limit=2h; b user post=agent limit=2h; c user post=agent returnTo=b limit=2h",
    "start a; a b; b c; c end",
    LimitGroup("both", "两步", "3h", ("a", "b"), warn_at=("50%",)),
)
JOINED = process(
    "a user; f and; l user; r user; j and; z user",
    "start a; a f; f l; f r; l j; r j; j z; z end",
)
TIMED = process(
    "a user; a/late boundary timer=PT1H; a/again boundary timer=R3/PT20M interrupting=no; b user; n user",
    "start a; a end; late b; b end; again n; n end",
)


@pytest.fixture
def units():
    return place()


def micros(owner: str) -> int:
    return Clock.objects.get(owner=owner).used_us


def test_a_returned_unit_goes_back_to_who_did_it_with_what_they_wrote(units):
    publish(LINE)
    one, two = person("one", ("agent", units["east"])), person("two", ("agent", units["east"]))
    done = started(units["east"])
    submit(done.id, "a", by=staff(one), note="原因不明")

    actions.return_unit(unit(done.id, "b").pk, reason="补充原因", by=staff(two), at=NINE)

    again = unit(done.id, "a")
    assert (again.state, again.assignee_id, again.draft) == ("CLAIMED", one, {"note": "原因不明"})
    assert again.origin == "RETURN"
    assert Fact.objects.get(name="unit.returned").reason == "补充原因"
    assert facts("unit.cancelled") == []


def test_a_returned_unit_is_open_when_its_worker_has_left_the_post(units):
    publish(LINE)
    gone = person("gone")
    done = started(units["east"])
    actions.submit(unit(done.id, "a").pk, {}, by=SYSTEM, at=NINE)
    Token.objects.filter(node="a").update(assignee_id=gone)

    actions.return_unit(unit(done.id, "b").pk, reason="重做", by=SYSTEM, at=NINE)

    assert (unit(done.id, "a").state, unit(done.id, "a").assignee_id) == ("OPEN", None)


def test_a_return_leads_only_where_the_diagram_allows(units):
    publish(LINE)
    one = person("one", ("agent", units["east"]))
    done = started(units["east"])
    submit(done.id, "a", by=staff(one))
    submit(done.id, "b", by=staff(one))
    last = unit(done.id, "c").pk

    with pytest.raises(refusals.ReturnNotPossible):
        actions.return_unit(last, "a", reason="越级", by=staff(one), at=NINE)
    with pytest.raises(refusals.ReasonMissing):
        actions.return_unit(last, "b", reason=" ", by=staff(one), at=NINE)
    actions.return_unit(last, "b", reason="重办", by=staff(one), at=NINE)

    assert open_nodes(done.id) == ["b"]


def test_a_return_past_a_join_waits_for_one_branch_only(units):
    publish(JOINED)
    done = started(units["east"])
    for node in ("a", "l", "r"):
        submit(done.id, node)

    actions.return_unit(unit(done.id, "z").pk, "l", reason="左边重做", by=SYSTEM, at=NINE)
    between = open_nodes(done.id)
    submit(done.id, "l")

    assert (between, open_nodes(done.id)) == (["l"], ["z"])
    submit(done.id, "z")
    assert state(done.id) == "DONE"


def test_a_submitted_unit_is_withdrawn_until_the_next_is_claimed(units):
    publish(LINE)
    one, two = person("one", ("agent", units["east"])), person("two", ("agent", units["east"]))
    done = started(units["east"])
    first = unit(done.id, "a").pk
    submit(done.id, "a", by=staff(one), note="写错了")

    with pytest.raises(refusals.NotYourUnit):
        actions.withdraw(first, by=staff(two), at=NINE)
    actions.withdraw(first, by=staff(one), at=NINE)
    taken_back = unit(done.id, "a")
    submit(done.id, "a", by=staff(one))
    actions.claim(unit(done.id, "b").pk, by=staff(two), at=NINE)

    assert (taken_back.assignee_id, taken_back.draft) == (one, {"note": "写错了"})
    with pytest.raises(refusals.WithdrawNotPossible):
        actions.withdraw(taken_back.pk, by=staff(one), at=NINE)


def test_a_jump_names_its_reason_and_needs_its_verb(units):
    publish(LINE)
    one = person("one", ("agent", units["east"]))
    chief = person("chief", ("admin", units["hq"]))
    done = started(units["east"])

    with pytest.raises(refusals.NotAllowed):
        actions.jump(done.id, "c", reason="急", by=staff(one), at=NINE)
    with pytest.raises(refusals.ReasonMissing):
        actions.jump(done.id, "c", reason="", by=staff(chief), at=NINE)
    with pytest.raises(refusals.JumpNotPossible):
        actions.jump(done.id, "end", reason="急", by=staff(chief), at=NINE)
    actions.jump(done.id, "c", reason="领导交办", by=staff(chief), at=NINE)

    assert open_nodes(done.id) == ["c"]
    fact = Fact.objects.get(name="process.jumped")
    assert (fact.reason, fact.actor, fact.data["to"]) == ("领导交办", f"staff:{chief}", "c")
    with pytest.raises(refusals.ReturnNotPossible):
        actions.return_unit(unit(done.id, "c").pk, "a", reason="回", by=SYSTEM, at=NINE)


def test_suspending_stops_every_clock_and_resuming_gives_the_time_back(units):
    publish(LINE)
    done = started(units["east"])
    first = unit(done.id, "a").pk

    actions.suspend(done.id, reason="等客户", by=SYSTEM, at=NINE + HOUR)
    paused = unit(done.id, "a").due_at
    with pytest.raises(refusals.ProcessNotRunning):
        submit(done.id, "a", NINE + HOUR)
    actions.resume(done.id, by=SYSTEM, at=NINE + timedelta(hours=24))

    assert paused is None
    assert unit(done.id, "a").due_at == NINE + timedelta(hours=25)
    assert micros(f"unit:{first}") == HOUR / timedelta(microseconds=1)


def test_a_suspension_until_a_moment_ends_by_itself(units):
    publish(LINE)
    done = started(units["east"])
    actions.suspend(done.id, reason="约定上午十点", until=NINE + HOUR, by=SYSTEM, at=NINE)

    clocks.fire_due(NINE + 2 * HOUR)

    assert state(done.id) == "RUNNING"
    assert unit(done.id, "a").due_at == NINE + 3 * HOUR
    assert Fact.objects.get(name="process.resumed").at == NINE + HOUR


def test_terminating_cancels_all_and_stops_all_clocks(units):
    publish(JOINED)
    done = started(units["east"])
    submit(done.id, "a")

    end = actions.terminate(done.id, reason="重复受理", by=SYSTEM, at=NINE)

    assert (state(done.id), end.units) == ("TERMINATED", ())
    assert facts("process") == ["process.started", "process.terminated"]
    with pytest.raises(refusals.ProcessNotRunning):
        actions.terminate(done.id, reason="再终止", by=SYSTEM, at=NINE)
    assert not Clock.objects.exclude(state="STOPPED").exists()


def test_a_limit_group_runs_while_any_member_is_open(units):
    publish(LINE)
    done = started(units["east"])
    owner = f"group:{done.id}:both"
    submit(done.id, "a", NINE + HOUR)
    running = Clock.objects.get(owner=owner).state
    submit(done.id, "b", NINE + HOUR + 30 * MINUTE)
    between = (Clock.objects.get(owner=owner).state, micros(owner))
    actions.return_unit(unit(done.id, "c").pk, "b", reason="重办", by=SYSTEM, at=NINE + 2 * HOUR)
    again = Clock.objects.get(owner=owner).state
    submit(done.id, "b", NINE + 2 * HOUR + 30 * MINUTE)
    submit(done.id, "c", NINE + 3 * HOUR)

    assert running == "RUNNING"
    assert between == ("PAUSED", 5_400_000_000)
    assert again == "RUNNING"
    assert (Clock.objects.get(owner=owner).state, micros(owner)) == ("STOPPED", 7_200_000_000)


def test_timers_fire_when_the_dispatcher_comes(units):
    publish(TIMED)
    done = started(units["east"])

    while clocks.fire_due(NINE + 45 * MINUTE):
        pass
    after_two = open_nodes(done.id)
    while clocks.fire_due(NINE + 2 * HOUR):
        pass

    assert after_two == ["a", "n", "n"]
    assert open_nodes(done.id) == ["n", "n", "b"]
    assert unit(done.id, "b").opened_at == NINE + HOUR


def test_a_late_action_fires_the_timers_first_at_their_own_moments(units):
    publish(TIMED)
    done = started(units["east"])
    first = unit(done.id, "a").pk

    with pytest.raises(refusals.UnitNotOpen):
        actions.submit(first, {}, by=SYSTEM, at=NINE + 2 * HOUR)
    actions.submit(first, {}, by=SYSTEM, at=NINE + 30 * MINUTE)

    assert [f.at for f in Fact.objects.filter(name="timer.fired")] == [NINE + 20 * MINUTE]
    assert open_nodes(done.id) == ["n"]
    assert Clock.objects.filter(owner__startswith="timer", state="RUNNING").count() == 0


@pytest.mark.parametrize("dispatched", [True, False])
def test_facts_are_the_same_with_and_without_a_dispatcher(units, dispatched):
    publish(
        process(
            "a user limit=1h warnAt=50%; a/late boundary timer=PT3H; b user limit=30m; c user; w user",
            "start a; start w; a b; late c; c b; b end; w end",
        )
    )
    done = started(units["east"])
    for at in (NINE + HOUR, NINE + 4 * HOUR, NINE + 6 * HOUR):
        while dispatched and clocks.fire_due(at):
            pass
    submit(done.id, "w", NINE + 7 * HOUR)
    submit(done.id, "c", NINE + 7 * HOUR)
    submit(done.id, "b", NINE + 9 * HOUR)

    seen = sorted(
        (fact.at, fact.name, fact.subject.partition(":")[0])
        for fact in Fact.objects.filter(root="thing:1")
    )

    assert [(at - NINE, name, kind) for at, name, kind in seen] == [
        (timedelta(0), "process.started", "process"),
        (timedelta(0), "unit.opened", "unit"),
        (timedelta(0), "unit.opened", "unit"),
        (30 * MINUTE, "clock.warned", "unit"),
        (HOUR, "clock.overdue", "unit"),
        (3 * HOUR, "timer.fired", "timer"),
        (3 * HOUR, "unit.cancelled", "unit"),
        (3 * HOUR, "unit.opened", "unit"),
        (7 * HOUR, "unit.opened", "unit"),
        (7 * HOUR, "unit.submitted", "unit"),
        (7 * HOUR, "unit.submitted", "unit"),
        (7 * HOUR + 30 * MINUTE, "clock.overdue", "unit"),
        (9 * HOUR, "process.ended", "process"),
        (9 * HOUR, "unit.submitted", "unit"),
    ]


def test_a_changed_calendar_moves_the_unit_in_the_inbox(units):
    publish(process("a user post=agent limit=2h calendar=office", "start a; a end"))
    done = started(units["east"])
    holiday = clocks.DayEdit(NINE.date(), ())

    clocks.edit_days("office", [holiday], by=SYSTEM, at=NINE)
    clocks.recompute_stale()

    moved = unit(done.id, "a")
    assert moved.due_at == NINE + timedelta(hours=25.5)
    assert moved.turn_at == moved.rank_at == moved.due_at == Clock.objects.get().due_at
