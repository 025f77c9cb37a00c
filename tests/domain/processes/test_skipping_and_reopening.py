"""Skipping, reopening, operators: rights, facts, and what the clocks do."""

from datetime import timedelta

import pytest

from bihuan.domain.clocks import actions as clocks
from bihuan.domain.clocks.models import Clock
from bihuan.domain.ledger.models import Fact
from bihuan.domain.org.queries import access_of
from bihuan.domain.processes import actions, queries
from bihuan.domain.processes.actions import refusals
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
    "a user post=agent limit=2h; b user post=agent limit=2h; c user post=agent limit=2h",
    "start a; a b; b c; c end",
    LimitGroup("whole", "整单", "5h", ("a", "b", "c")),
)
LOW = process(
    "a user post=agent limit=1h warnAt=50% priority=10 skipOnOverdue=yes; b user post=agent limit=1h",
    "start a; a b; b end",
)


@pytest.fixture
def units():
    return place()


@pytest.fixture
def agents(units):
    return [person(f"agent{n}", ("agent", units["east"])) for n in range(3)]


# ---------------------------------------------------------------- skipping
def test_a_skip_by_hand_needs_its_verb_and_counts_against_the_owner(units, agents):
    publish(LINE)
    chief = person("chief", ("admin", units["hq"]))
    done = started(units["east"])
    first = unit(done.id, "a").pk
    actions.claim(first, by=staff(agents[0]), at=NINE)

    with pytest.raises(refusals.NotAllowed):
        actions.skip_unit(first, reason="不需要", by=staff(agents[0]), at=NINE)
    with pytest.raises(refusals.ReasonMissing):
        actions.skip_unit(first, reason=" ", by=staff(chief), at=NINE)
    actions.skip_unit(first, reason="不需要", by=staff(chief), at=NINE + HOUR)

    fact = Fact.objects.get(name="unit.skipped")
    assert (fact.reason, fact.data["how"]) == ("不需要", "manual")
    assert fact.data["owner"] == f"staff:{agents[0]}"
    assert open_nodes(done.id) == ["b"]
    assert Clock.objects.get(owner=f"unit:{first}").state == "STOPPED"


@pytest.mark.parametrize("dispatched", [True, False])
def test_an_overdue_unit_of_low_priority_is_passed_over(units, agents, dispatched):
    publish(LOW)
    done = started(units["east"])
    first = unit(done.id, "a").pk
    actions.claim(first, by=staff(agents[0]), at=NINE)

    while dispatched and clocks.fire_due(NINE + 90 * MINUTE):
        pass
    actions.claim(
        unit(done.id, "b").pk if dispatched else (done.id << 20) + 2,
        by=staff(agents[0]), at=NINE + 90 * MINUTE,
    )  # fmt: skip

    fact = Fact.objects.get(name="unit.skipped")
    assert (fact.at, fact.data["how"]) == (NINE + HOUR, "overdue")
    assert fact.data["owner"] == f"staff:{agents[0]}"
    assert facts("clock.") == ["clock.warned", "clock.overdue"]
    assert unit(done.id, "b").opened_at == NINE + HOUR


def test_a_unit_the_flow_needs_stays_although_it_is_overdue(units, agents):
    publish(
        process(
            "a user post=agent limit=1h priority=10 skipOnOverdue=yes; x xor; b user; c user",
            "start a; a x; x b if ok == true; x c if ok == false; b end; c end",
        )
    )
    done = started(units["east"])

    while clocks.fire_due(NINE + 2 * HOUR):
        pass

    assert (open_nodes(done.id), facts("unit.skipped")) == (["a"], [])
    submit(done.id, "a", NINE + 3 * HOUR, ok=True)
    assert open_nodes(done.id) == ["b"]


def test_a_suspended_unit_is_not_passed_over(units, agents):
    publish(LOW)
    done = started(units["east"])
    actions.suspend(done.id, reason="等", by=SYSTEM, at=NINE + 30 * MINUTE)

    while clocks.fire_due(NINE + 2 * HOUR):
        pass
    actions.resume(done.id, by=SYSTEM, at=NINE + 2 * HOUR)
    while clocks.fire_due(NINE + 2 * HOUR + 30 * MINUTE):
        pass

    assert open_nodes(done.id) == ["b"]
    assert Fact.objects.get(name="unit.skipped").at == NINE + 2 * HOUR + 30 * MINUTE


def test_a_unit_not_entered_is_told_apart_from_one_skipped(units, agents):
    publish(process("a user enterIf=need; b user", "start a; a b; b end"))
    started(units["east"], need=False)

    assert Fact.objects.get(name="unit.skipped").data["how"] == "condition"


# ---------------------------------------------------------------- reopening
def test_an_ended_instance_is_opened_again_with_new_clocks(units, agents):
    publish(LINE)
    done = started(units["east"])
    for node in ("a", "b", "c"):
        submit(done.id, node, NINE + HOUR)

    with pytest.raises(refusals.NotAllowed):
        actions.reopen_instance(done.id, "b", reason="又坏了", by=staff(agents[0]), at=NINE + HOUR)
    with pytest.raises(refusals.ReasonMissing):
        actions.reopen_instance(done.id, "b", reason="", by=SYSTEM, at=NINE + HOUR)
    with pytest.raises(refusals.ReopenNotPossible):
        actions.reopen_instance(done.id, "end", reason="x", by=SYSTEM, at=NINE + HOUR)
    tomorrow = NINE + timedelta(days=1)
    actions.reopen_instance(done.id, "b", reason="又坏了", by=SYSTEM, at=tomorrow)
    with pytest.raises(refusals.ProcessNotEnded):
        actions.reopen_instance(done.id, "b", reason="x", by=SYSTEM, at=tomorrow)

    assert (state(done.id), open_nodes(done.id)) == ("RUNNING", ["b"])
    assert unit(done.id, "b").origin == "REOPEN"
    assert unit(done.id, "b").due_at == tomorrow + 2 * HOUR
    groups = Clock.objects.filter(owner=f"group:{done.id}:whole").order_by("id")
    assert [clock.state for clock in groups] == ["STOPPED", "RUNNING"]
    assert (groups[1].used_us, groups[0].used_us) == (0, 3_600_000_000)
    fact = Fact.objects.get(name="process.reopened")
    assert (fact.reason, fact.data["to"]) == ("又坏了", "b")
    with pytest.raises(refusals.ReturnNotPossible):
        actions.return_unit(unit(done.id, "b").pk, "a", reason="回", by=SYSTEM, at=tomorrow)


# ---------------------------------------------------------------- operators
def test_only_operators_claim_get_and_submit_a_unit_that_names_them(units, agents):
    one, two, three = agents
    chief = person("chief", ("admin", units["hq"]))
    publish(
        process(f"a user post=agent operators=agent0,staff:{two}; b user", "start a; a b; b end")
    )
    done = started(units["east"])
    first = unit(done.id, "a").pk

    with pytest.raises(refusals.NotAnOperator):
        actions.claim(first, by=staff(three), at=NINE)
    with pytest.raises(refusals.NotAnOperator):
        actions.assign(first, to_staff_id=three, by=staff(chief), at=NINE)
    with pytest.raises(refusals.NotAnOperator):
        submit(done.id, "a", by=staff(three))
    actions.claim(first, by=staff(two), at=NINE)
    actions.release(first, by=staff(two), at=NINE)
    submit(done.id, "a", by=staff(one))

    assert open_nodes(done.id) == ["b"]


def test_operators_may_be_a_post(units, agents):
    publish(process("a user operators=admin; b user", "start a; a b; b end"))
    chief = person("chief", ("admin", units["hq"]))
    done = started(units["east"])

    with pytest.raises(refusals.NotAnOperator):
        submit(done.id, "a", by=staff(agents[0]))
    submit(done.id, "a", by=staff(chief))


def test_skips_are_counted_by_who_had_the_units(units, agents):
    publish(LOW)
    chief = person("chief", ("admin", units["hq"]))
    done = started(units["east"])
    actions.claim(unit(done.id, "a").pk, by=staff(agents[0]), at=NINE)
    while clocks.fire_due(NINE + HOUR):
        pass
    actions.skip_unit(unit(done.id, "b").pk, reason="不需要", by=staff(chief), at=NINE + HOUR)
    period = {"since": NINE, "until": NINE + 2 * HOUR}

    found = queries.skips_by_owner(access_of(chief, NINE), **period)
    nobody = queries.skips_by_owner(access_of(agents[0], NINE), **period)

    assert sorted((one.owner_id or 0, one.how, one.count) for one in found) == [
        (0, "manual", 1),
        (agents[0], "overdue", 1),
    ]
    assert nobody == []
