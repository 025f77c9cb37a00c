"""Call activities in the database: one call tree, one transaction, one lock."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from bihuan.domain.clocks import actions as clocks
from bihuan.domain.clocks.models import Clock
from bihuan.domain.ledger.models import Fact
from bihuan.domain.packs.models import Definition
from bihuan.domain.processes import actions, queries
from bihuan.domain.processes.actions import refusals
from bihuan.domain.processes.models import ProcessInstance, Token
from tests.domain.processes import given
from tests.domain.processes.given import HOUR, MINUTE, NINE, SYSTEM
from tests.engines.bpmn_given import process

pytestmark = pytest.mark.django_db
CALLER = process(
    """a user post=agent; c call calls=test.below; c/late boundary timer=PT5H; b user post=agent
    r user post=agent""",
    "start a; a c; c b; b end; late r; r end",
)
BELOW = process("x user post=agent limit=2h; y user post=agent", "start x; x y; y end")


@pytest.fixture
def unit_id() -> int:
    return given.place()["east"]


def begun(unit_id: int, caller: Any = CALLER, below: Any = BELOW, **variables: Any) -> int:
    """Start a process that calls another; return the caller."""
    given.publish(caller)
    if below is not None:
        given.publish(below, "test.below")
    return given.started(unit_id, **variables).id


def called(caller_id: int) -> ProcessInstance:
    """Return the instance called last."""
    return ProcessInstance.objects.filter(top=caller_id, parent_token__isnull=False).order_by(
        "-id"
    )[0]


def in_call(unit_id: int, **variables: Any) -> tuple[int, int]:
    caller_id = begun(unit_id, **variables)
    given.submit(caller_id, "a")
    return caller_id, called(caller_id).pk


def open_everywhere() -> list[str]:
    found = Token.objects.filter(kind="USER", state__in=["OPEN", "CLAIMED"]).order_by("id")
    return [token.node for token in found]


def test_a_called_process_has_its_callers_subject_and_a_copy_of_its_variables(unit_id: int):
    caller_id, below_id = in_call(unit_id, level=3)

    below = ProcessInstance.objects.get(pk=below_id)
    assert below.parent_token == given.unit(caller_id, "c").pk
    assert (below.subject, below.root, below.top, below.depth) == (
        "thing:1",
        "thing:1",
        caller_id,
        1,
    )
    assert below.variables == {"level": 3}
    told = Fact.objects.get(name="process.started", subject=f"process:{below_id}")
    assert told.data == {"definition": "test.below", "caller": f"process:{caller_id}", "node": "c"}


def test_the_caller_goes_on_when_the_called_process_ends(unit_id: int):
    caller_id, below_id = in_call(unit_id)

    given.submit(below_id, "x")
    change = given.submit(below_id, "y", at=NINE + MINUTE)

    assert [given.state(one) for one in (caller_id, below_id)] == ["RUNNING", "DONE"]
    assert given.open_nodes(caller_id) == ["b"]
    assert change.instance_id == caller_id
    assert [unit.node for unit in change.units] == ["b"]


def test_what_the_caller_refuses_keeps_the_called_unit_open(unit_id: int):
    caller = process(
        "a user post=agent; c call calls=test.below; x xor; b user post=agent",
        "start a; a c; c x; x b if ok == true; b end",
    )
    caller_id = begun(unit_id, caller, process("y user post=agent", "start y; y end"), ok=False)
    given.submit(caller_id, "a")
    below_id = called(caller_id).pk

    with pytest.raises(refusals.NoFlowTaken):
        given.submit(below_id, "y", at=NINE + MINUTE)

    assert given.state(below_id) == "RUNNING"
    assert given.open_nodes(below_id) == ["y"]
    assert given.unit(caller_id, "c").state == "OPEN"


def test_a_callers_timer_cancels_what_was_called(unit_id: int):
    _, below_id = in_call(unit_id)

    while clocks.fire_due(NINE + 6 * HOUR):
        pass

    assert given.state(below_id) == "TERMINATED"
    assert open_everywhere() == ["r"]
    assert set(Clock.objects.values_list("state", flat=True)) == {"STOPPED"}
    assert given.facts("process.cancelled") == ["process.cancelled"]
    assert Token.objects.filter(instance_id=below_id, closed_at=NINE + 5 * HOUR).exists()


def test_a_callers_timer_fires_before_a_later_act_below(unit_id: int):
    caller_id, below_id = in_call(unit_id)

    with pytest.raises(refusals.UnitNotOpen):
        given.submit(below_id, "x", at=NINE + 6 * HOUR)
    actions.jump(caller_id, "b", reason="看", by=SYSTEM, at=NINE + 6 * HOUR)

    assert given.state(below_id) == "TERMINATED"


def test_a_timer_of_a_called_process_fires_before_a_later_act_of_the_caller(unit_id: int):
    caller = process(
        "a user post=agent; c call calls=test.below; f and; b user post=agent; d user post=agent",
        "start f; f a; f c; a end; c d; d end; b end",
    )
    below = process("t catch timer=PT1H", "start t; t end")
    caller_id = begun(unit_id, caller, below)

    given.submit(caller_id, "a", at=NINE + 2 * HOUR)

    assert given.open_nodes(caller_id) == ["d"]
    assert given.unit(caller_id, "d").opened_at == NINE + HOUR


def test_suspending_the_caller_stops_the_clocks_of_what_it_called(unit_id: int):
    caller_id, below_id = in_call(unit_id)

    actions.suspend(caller_id, reason="等料", by=SYSTEM, at=NINE + HOUR)
    with pytest.raises(refusals.ProcessNotRunning):
        given.submit(below_id, "x", at=NINE + HOUR)
    with pytest.raises(refusals.CallerSuspended):
        actions.resume(below_id, by=SYSTEM, at=NINE + HOUR)
    assert set(Clock.objects.values_list("state", flat=True)) == {"PAUSED"}
    actions.resume(caller_id, by=SYSTEM, at=NINE + timedelta(days=1))

    assert given.state(below_id) == "RUNNING"
    assert set(Clock.objects.values_list("state", flat=True)) == {"RUNNING"}
    assert given.unit(below_id, "x").due_at == NINE + timedelta(days=1) + HOUR


def test_a_suspension_that_ends_by_itself_ends_below_too(unit_id: int):
    caller_id, below_id = in_call(unit_id)

    actions.suspend(caller_id, reason="等料", until=NINE + 2 * HOUR, by=SYSTEM, at=NINE + HOUR)
    given.submit(below_id, "x", at=NINE + 3 * HOUR)

    assert given.state(caller_id) == given.state(below_id) == "RUNNING"
    assert given.open_nodes(below_id) == ["y"]


@pytest.mark.parametrize("verb", ["terminate", "jump"])
def test_what_ends_the_call_ends_what_was_called(unit_id: int, verb: str):
    caller_id, below_id = in_call(unit_id)

    if verb == "jump":
        actions.jump(caller_id, "b", reason="急", by=SYSTEM, at=NINE + MINUTE)
    else:
        actions.terminate(caller_id, reason="完", by=SYSTEM, at=NINE + MINUTE)

    assert given.state(below_id) == "TERMINATED"
    assert open_everywhere() == (["b"] if verb == "jump" else [])


def test_terminating_a_called_process_lets_its_caller_go_on(unit_id: int):
    _, below_id = in_call(unit_id)

    actions.terminate(below_id, reason="不用做", by=SYSTEM, at=NINE + MINUTE)

    assert given.state(below_id) == "TERMINATED"
    assert open_everywhere() == ["b"]


def test_what_a_resting_caller_calls_rests_with_it(unit_id: int):
    twice = process(
        "a user post=agent; c call calls=test.below; d call calls=test.below",
        "start a; a c; c d; d end",
    )
    caller_id = begun(unit_id, twice)
    given.submit(caller_id, "a")
    actions.suspend(caller_id, reason="等料", by=SYSTEM, at=NINE + HOUR)

    actions.terminate(called(caller_id).pk, reason="不用做", by=SYSTEM, at=NINE + HOUR)
    second_id = called(caller_id).pk
    with pytest.raises(refusals.ProcessNotRunning):
        given.submit(second_id, "x", at=NINE + 2 * HOUR)

    assert given.state(second_id) == "SUSPENDED"
    actions.resume(caller_id, by=SYSTEM, at=NINE + 2 * HOUR)
    assert given.unit(second_id, "x").due_at == NINE + 5 * HOUR + 30 * MINUTE  # noon rests


def test_a_unit_is_not_withdrawn_out_of_a_called_process(unit_id: int):
    caller_id, _ = in_call(unit_id)

    with pytest.raises(refusals.WithdrawNotPossible):
        actions.withdraw(given.unit(caller_id, "a").pk, by=SYSTEM, at=NINE + MINUTE)
    assert open_everywhere() == ["x"]


def test_a_first_unit_below_can_not_be_returned_to_the_caller(unit_id: int):
    _, below_id = in_call(unit_id)

    with pytest.raises(refusals.ReturnNotPossible):
        actions.return_unit(
            given.unit(below_id, "x").pk, "previous", reason="错", by=SYSTEM, at=NINE + MINUTE
        )


@pytest.mark.parametrize("end", ["error", "escalation"])
def test_the_caller_catches_what_the_called_process_throws(unit_id: int, end: str):
    caller = process(
        f"a user post=agent; c call calls=test.below; c/bad boundary {end}=E1; b user post=agent; r user post=agent",
        "start a; a c; c b; b end; bad r; r end",
    )
    below = process(
        f"f and; x user post=agent; w user post=agent; e end {end}=E1",
        "start f; f x; f w; x e; w end",
    )
    caller_id = begun(unit_id, caller, below)
    given.submit(caller_id, "a")
    below_id = called(caller_id).pk

    given.submit(below_id, "x", at=NINE + MINUTE)

    assert open_everywhere() == ["r"]
    assert ProcessInstance.objects.get(pk=below_id).ended_at == NINE + MINUTE


def test_a_non_interrupting_escalation_leaves_both_running(unit_id: int):
    caller = process(
        """c call calls=test.below; c/told boundary escalation=E1 interrupting=no; b user post=agent
        r user post=agent""",
        "start c; c b; b end; told r; r end",
    )
    below = process("t throw escalation=E1; x user post=agent", "start t; t x; x end")
    caller_id = begun(unit_id, caller, below)

    assert sorted(open_everywhere()) == ["r", "x"]
    given.submit(called(caller_id).pk, "x")
    assert sorted(open_everywhere()) == ["b", "r"]


def test_an_error_nobody_catches_ends_the_whole_tree_and_is_told(unit_id: int):
    below = process("x user post=agent; e end error=E1", "start x; x e")
    caller_id = begun(unit_id, CALLER, below)
    given.submit(caller_id, "a")

    given.submit(called(caller_id).pk, "x", at=NINE + MINUTE)

    assert given.facts("process.failed", "process.ended") == ["process.failed"] * 2
    assert given.state(caller_id) == "DONE"
    assert open_everywhere() == []


def test_several_calls_at_once_each_have_their_item(unit_id: int):
    caller = process(
        "c call calls=test.below each=places item=spot; b user post=agent", "start c; c b; b end"
    )
    caller_id = begun(
        unit_id, caller, process("x user post=agent", "start x; x end"), places=["n", "s"]
    )
    below = list(ProcessInstance.objects.filter(top=caller_id, depth=1).order_by("id"))

    assert [one.variables["spot"] for one in below] == ["n", "s"]
    change = given.submit(below[0].pk, "x")
    assert [unit.node for unit in change.units] == ["x"]
    given.submit(below[1].pk, "x")
    assert open_everywhere() == ["b"]


def test_calls_that_never_end_are_refused_and_nothing_is_kept(unit_id: int):
    given.publish(process("c call calls=test.b", "start c; c end"))
    given.publish(process("c call calls=test.work", "start c; c end"), "test.b")

    with pytest.raises(refusals.CallsTooDeep, match="16"), transaction.atomic():
        given.started(unit_id)
    assert not ProcessInstance.objects.exists()


def test_a_circle_of_automatic_steps_is_refused_and_nothing_is_kept(unit_id: int):
    loop = process("a user post=agent; t task; x xor", "start a; a t; t x; x t if again; x end")
    given.publish(loop)
    caller_id = given.started(unit_id, again=True).id

    with pytest.raises(refusals.NeverRests):
        given.submit(caller_id, "a")
    assert open_everywhere() == ["a"]


def test_a_process_whose_timer_never_rests_can_still_be_ended(unit_id: int):
    loop = process(
        "a user post=agent; t catch timer=PT0S; x xor", "start a; a t; t x; x t if again; x end"
    )
    given.publish(loop)
    caller_id = given.started(unit_id, again=True).id
    given.submit(caller_id, "a")

    with pytest.raises(refusals.NeverRests):
        actions.suspend(caller_id, reason="停", by=SYSTEM, at=NINE + MINUTE)
    actions.terminate(caller_id, reason="停", by=SYSTEM, at=NINE + MINUTE)

    assert given.state(caller_id) == "TERMINATED"


def test_a_circle_through_a_call_is_refused_too(unit_id: int):
    caller = process(
        "a user post=agent; c call calls=test.below; x xor",
        "start a; a c; c x; x c if again; x end",
    )
    caller_id = begun(unit_id, caller, process("t task", "start t; t end"), again=True)

    with pytest.raises(refusals.NeverRests):
        given.submit(caller_id, "a")
    assert ProcessInstance.objects.count() == 1


def test_a_pinned_call_starts_the_version_of_its_time(unit_id: int):
    pinned = process("c call calls=test.below binding=pinned", "start c; c end")
    old = given.publish(BELOW, "test.below")
    given.publish(pinned)
    Definition.objects.filter(pk=old.pk).update(status="RETIRED", retired_at=NINE)
    new = given.publish_version(
        process("z user post=agent", "start z; z end"), "test.below", 2, NINE
    )

    assert new.version == 2

    given.started(unit_id)

    assert open_everywhere() == ["x"]


def test_a_called_process_may_call_on_and_all_end_together(unit_id: int):
    given.publish(
        process("m call calls=test.low; b user post=agent", "start m; m b; b end"), "test.below"
    )
    given.publish(process("x user post=agent", "start x; x end"), "test.low")
    caller_id = begun(unit_id, below=None)
    given.submit(caller_id, "a")
    low = ProcessInstance.objects.get(depth=2)

    assert low.top == caller_id
    actions.terminate(caller_id, reason="完", by=SYSTEM, at=NINE + MINUTE)
    assert set(ProcessInstance.objects.values_list("state", flat=True)) == {"TERMINATED"}


def test_a_batch_plays_a_call_as_single_operations_do(unit_id: int):
    given.publish(CALLER)
    given.publish(BELOW, "test.below")

    with actions.batch() as work:
        caller_id = given.started(unit_id).id
        for node in ("a", "x", "y", "b"):
            found = next(unit for unit in work.units(caller_id) if unit.node == node)
            work.submit(found.id, {}, by=SYSTEM, at=NINE + MINUTE)

    assert set(ProcessInstance.objects.values_list("state", flat=True)) == {"DONE"}
    assert given.facts("unit.submitted") == ["unit.submitted"] * 4


def test_a_batch_goes_on_with_a_tree_it_did_not_start(unit_id: int):
    caller_id, below_id = in_call(unit_id)

    with actions.batch() as work:
        work.submit(given.unit(below_id, "x").pk, {}, by=SYSTEM, at=NINE + MINUTE)
        y = next(unit for unit in work.units(below_id) if unit.node == "y")
        work.submit(y.id, {}, by=SYSTEM, at=NINE + 2 * MINUTE)
        b = next(unit for unit in work.units(caller_id) if unit.node == "b")
        work.submit(b.id, {}, by=SYSTEM, at=NINE + 3 * MINUTE)

    assert given.state(caller_id) == "DONE"


def test_a_case_shows_the_units_of_what_its_process_called(unit_id: int):
    caller_id, below_id = in_call(unit_id)

    found = queries.units_of(caller_id)
    given.submit(below_id, "x")
    later = queries.units_of(caller_id)

    assert [unit.node for unit in found] == ["a", "x", "y", "b", "r"]
    assert [unit.state for unit in found] == ["DONE", "OPEN", "", "", ""]
    assert [unit.state for unit in later] == ["DONE", "DONE", "OPEN", "", ""]
