"""Units as people work on them: claim, submit, hand over; who may, and what is left behind."""

from datetime import timedelta

import pytest

from bihuan.domain.clocks.models import Clock
from bihuan.domain.ledger.models import Fact
from bihuan.domain.processes import actions
from bihuan.domain.processes.actions import refusals
from bihuan.domain.processes.models import ProcessInstance, Token
from bihuan.domain.processes.ports import VERBS, VerbCall
from tests.domain.org.given import away
from tests.domain.processes.given import (
    HOUR,
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
    "a user post=agent limit=2h warnAt=50%; b user post=supervisor limit=1wd",
    "start a; a b; b end",
)


@pytest.fixture
def units():
    return place()


def test_starting_opens_the_first_unit_with_its_clock(units):
    publish(LINE)

    done = started(units["east"])

    first = unit(done.id, "a")
    assert (first.state, first.post, first.unit_id) == ("OPEN", "agent", units["east"])
    assert first.due_at == NINE + 2 * HOUR
    assert first.id >> 20 == done.id
    assert facts("process", "unit") == ["process.started", "unit.opened"]
    assert [u.node for u in done.opened] == ["a"]


def test_a_submit_claims_closes_opens_the_next_and_moves_the_clocks(units):
    publish(LINE)
    agent = person("lin", ("agent", units["east"]))
    done = started(units["east"])

    submit(done.id, "a", NINE + HOUR, staff(agent), note="好")

    first = unit(done.id, "a")
    assert (first.state, first.assignee_id, first.form) == ("DONE", agent, {"note": "好"})
    assert open_nodes(done.id) == ["b"]
    clock = Clock.objects.get(owner=f"unit:{first.pk}")
    assert (clock.state, clock.used_us) == ("STOPPED", HOUR / timedelta(microseconds=1))
    assert facts("unit", "clock")[1:] == [
        "clock.warned", "unit.claimed", "unit.submitted", "unit.opened",
    ]  # fmt: skip
    assert Fact.objects.get(name="clock.warned").at == NINE + HOUR


def test_the_last_submit_ends_the_instance(units):
    publish(LINE)
    done = started(units["east"])

    submit(done.id, "a")
    end = submit(done.id, "b")

    assert (state(done.id), end.units, end.due_at) == ("DONE", (), None)
    assert not Clock.objects.exclude(state="STOPPED").exists()
    assert facts("process")[-1] == "process.ended"


def test_only_holders_of_the_post_at_or_above_the_place_may_claim(units):
    publish(LINE)
    above = person("above", ("agent", units["hq"]))
    beside = person("beside", ("agent", units["west"]))
    other = person("other", ("admin", units["east"]))
    done = started(units["east"])
    first = unit(done.id, "a").pk

    for stranger in (beside, other):
        with pytest.raises(refusals.NotYourPost):
            actions.claim(first, by=staff(stranger), at=NINE)
    actions.claim(first, by=staff(above), at=NINE)

    assert unit(done.id, "a").assignee_id == above


def test_a_claimed_unit_is_taken_until_it_is_released(units):
    publish(LINE)
    one, two = person("one", ("agent", units["east"])), person("two", ("agent", units["east"]))
    done = started(units["east"])
    first = unit(done.id, "a").pk
    actions.claim(first, by=staff(one), at=NINE)

    with pytest.raises(refusals.UnitAlreadyTaken):
        actions.submit(first, {}, by=staff(two), at=NINE)
    actions.release(first, by=staff(one), at=NINE)
    actions.submit(first, {}, by=staff(two), at=NINE)

    assert unit(done.id, "a").assignee_id == two


def test_a_delegate_works_on_behalf_of_the_colleague_on_leave(units):
    publish(LINE)
    owner, helper = (
        person("owner", ("agent", units["east"])),
        person("helper", ("agent", units["west"])),
    )
    done = started(units["east"])
    first = unit(done.id, "a").pk
    actions.claim(first, by=staff(owner), at=NINE)
    away(owner, NINE, NINE + 2 * HOUR, helper)

    actions.submit(first, {}, by=staff(helper), at=NINE + HOUR)

    fact = Fact.objects.get(name="unit.submitted")
    assert (fact.actor, fact.on_behalf_of) == (f"staff:{helper}", f"staff:{owner}")
    done_unit = unit(done.id, "a")
    assert (done_unit.assignee_id, done_unit.owner_id, done_unit.delegate_of_id) == (
        helper, owner, owner,
    )  # fmt: skip


def test_after_the_leave_the_delegate_may_no_longer(units):
    publish(LINE)
    owner, helper = (
        person("owner", ("agent", units["east"])),
        person("helper", ("agent", units["west"])),
    )
    done = started(units["east"])
    away(owner, NINE, NINE + HOUR, helper)

    with pytest.raises(refusals.NotYourPost):
        actions.claim(unit(done.id, "a").pk, by=staff(helper), at=NINE + HOUR)


def test_who_handled_may_not_verify(units):
    publish(
        process(
            "handle user post=agent; verify user post=agent excludes=handle",
            "start handle; handle verify; verify end",
        )
    )
    one, two = person("one", ("agent", units["east"])), person("two", ("agent", units["east"]))
    done = started(units["east"])
    submit(done.id, "handle", by=staff(one))
    second = unit(done.id, "verify").pk

    with pytest.raises(refusals.HandledByTheSamePerson):
        actions.claim(second, by=staff(one), at=NINE)
    with pytest.raises(refusals.HandledByTheSamePerson):
        actions.submit(second, {}, by=staff(one), at=NINE)
    with pytest.raises(refusals.HandledByTheSamePerson):
        actions.assign(second, to_staff_id=one, by=SYSTEM, at=NINE)
    submit(done.id, "verify", by=staff(two))

    assert state(done.id) == "DONE"


def test_a_page_drawn_before_a_change_is_refused(units):
    publish(LINE)
    done = started(units["east"])
    first = unit(done.id, "a").pk
    actions.save_draft(first, {"note": "x"}, by=SYSTEM, at=NINE)

    with pytest.raises(refusals.StalePage):
        actions.submit(first, {}, rev=0, by=SYSTEM, at=NINE)
    actions.submit(first, {}, rev=1, by=SYSTEM, at=NINE)

    assert ProcessInstance.objects.get().rev == 2


def test_a_draft_is_kept_and_goes_when_the_unit_is_submitted(units):
    publish(LINE)
    done = started(units["east"])
    first = unit(done.id, "a").pk

    actions.save_draft(first, {"note": "草稿"}, by=SYSTEM, at=NINE)
    kept = unit(done.id, "a").draft
    actions.submit(first, {"note": "完"}, by=SYSTEM, at=NINE)

    assert kept == {"note": "草稿"}
    assert (unit(done.id, "a").draft, unit(done.id, "a").form) == (None, {"note": "完"})


def test_no_flow_rolls_everything_back(units):
    publish(process("a user; x xor; b user", "start a; a x; x b if go == 1; b end"))
    done = started(units["east"])
    before = facts()

    with pytest.raises(refusals.NoFlowTaken) as refused:
        submit(done.id, "a", go=2)

    assert refused.value.code == "no_flow"
    assert (open_nodes(done.id), facts()) == (["a"], before)


def test_a_condition_over_a_missing_value_names_it(units):
    publish(process("a user; x xor; b user", "start a; a x; x b if grade == 1; b end"))
    done = started(units["east"])

    with pytest.raises(refusals.ConditionUndecided, match="grade"):
        submit(done.id, "a")


def test_assigning_needs_the_verb_and_a_receiver_on_the_post(units):
    publish(LINE)
    boss = person("boss", ("supervisor", units["hq"]))
    agent, other = (
        person("agent", ("agent", units["east"])),
        person("other", ("supervisor", units["east"])),
    )
    done = started(units["east"])
    first = unit(done.id, "a").pk

    with pytest.raises(refusals.NotAllowed):
        actions.assign(first, to_staff_id=agent, by=staff(agent), at=NINE)
    with pytest.raises(refusals.ReceiverNotOnPost):
        actions.assign(first, to_staff_id=other, by=staff(boss), at=NINE)
    actions.assign(first, to_staff_id=agent, reason="熟悉情况", by=staff(boss), at=NINE)

    assert (unit(done.id, "a").state, unit(done.id, "a").assignee_id) == ("CLAIMED", agent)


def test_a_transfer_to_a_person_elsewhere_moves_the_unit_there(units):
    publish(LINE)
    one, far = person("one", ("agent", units["east"])), person("far", ("agent", units["west"]))
    done = started(units["east"])
    first = unit(done.id, "a").pk
    actions.claim(first, by=staff(one), at=NINE)

    actions.transfer(first, to_staff_id=far, reason="对口", by=staff(one), at=NINE)

    moved = unit(done.id, "a")
    assert (moved.assignee_id, moved.unit_id, moved.state) == (far, units["west"], "CLAIMED")


def test_a_transfer_to_an_org_unit_opens_it_for_the_post_there(units):
    publish(LINE)
    one, far = person("one", ("agent", units["east"])), person("far", ("agent", units["west"]))
    done = started(units["east"])
    first = unit(done.id, "a").pk

    actions.transfer(first, to_org_unit_id=units["west"], by=staff(one), at=NINE)
    actions.claim(first, by=staff(far), at=NINE)

    assert unit(done.id, "a").assignee_id == far


def test_a_variable_says_where_the_next_unit_is_done(units):
    publish(process("a user; b user unit=responsible_unit", "start a; a b; b end"))
    done = started(units["east"])

    submit(done.id, "a", responsible_unit="west")

    assert unit(done.id, "b").unit_id == units["west"]


def test_a_service_task_is_called_in_the_same_transaction_and_routes(units):
    calls: list[VerbCall] = []

    def grade(call: VerbCall) -> dict[str, int]:
        calls.append(call)
        return {"grade": 3}

    VERBS.register("test.grade", grade)
    publish(
        process(
            "a user; s service verb=test.grade; x xor default=no; b user; c user",
            "start a; a s; s x; x b if grade == 3; x c as no; b end; c end",
        )
    )
    done = started(units["east"])

    submit(done.id, "a", note="灯不亮")

    assert open_nodes(done.id) == ["b"]
    assert (calls[0].form, calls[0].subject) == ({"note": "灯不亮"}, "thing:1")
    assert Token.objects.count() == 2
