"""Every operation refuses everybody who lacks the post, the verb or the place, whenever that is so."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bihuan.domain.clocks import actions as clocks
from bihuan.domain.clocks.models import Clock
from bihuan.domain.ledger.models import Fact
from bihuan.domain.org import actions as org
from bihuan.domain.org.models import Holding
from bihuan.domain.org.queries import access_of
from bihuan.domain.processes import actions, queries
from bihuan.domain.processes.actions import refusals
from bihuan.domain.processes.models import ProcessInstance, Token
from bihuan.kit.problems import NotAllowed, Refused
from tests.domain.org.given import away
from tests.domain.processes.given import (
    HOUR,
    MINUTE,
    NINE,
    SYSTEM,
    facts,
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
    "a user post=agent limit=2h warnAt=50%; b user post=agent limit=1wd returnTo=a",
    "start a; a b; b end",
)
Verb = Callable[[Any, int], object]


def of_unit(verb: str, *args: object, **kwargs: object) -> Verb:
    return lambda by, instance: getattr(actions, verb)(
        unit(instance, "b").pk, *args, by=by, at=NINE + HOUR, **kwargs
    )


def of_whole(verb: str, *args: object, **kwargs: object) -> Verb:
    return lambda by, instance: getattr(actions, verb)(
        instance, *args, by=by, at=NINE + HOUR, **kwargs
    )


OPERATIONS: dict[str, Verb] = {
    "claim": of_unit("claim"),
    "release": of_unit("release"),
    "save_draft": of_unit("save_draft", {}),
    "submit": of_unit("submit", {}),
    "return": of_unit("return_unit", reason="退"),
    "assign": of_unit("assign", to_staff_id=1),
    "transfer": of_unit("transfer", to_org_unit_id=1),
    "withdraw": lambda by, instance: actions.withdraw(
        unit(instance, "a").pk, by=by, at=NINE + HOUR
    ),
    "jump": of_whole("jump", "a", reason="急"),
    "suspend": of_whole("suspend", reason="等"),
    "resume": of_whole("resume"),
    "terminate": of_whole("terminate", reason="停"),
}


@pytest.fixture
def units():
    return place()


def outside(units: dict[str, int], _owner: int) -> int:
    return person("x", ("agent", units["west"]))


def below(units: dict[str, int], _owner: int) -> int:
    return person("x", ("agent", units["east1"]))


def other_post(units: dict[str, int], _owner: int) -> int:
    return person("x", ("supervisor", units["west"]))


def delegate_after_the_leave(units: dict[str, int], owner: int) -> int:
    found = person("x", ("agent", units["west"]))
    away(owner, NINE - HOUR, NINE + HOUR, found)
    return found


def once_on_the_post(units: dict[str, int], owner: int) -> int:
    found = person("x", ("agent", units["east"]))
    end(found)
    return found


def end(staff_id: int) -> None:
    held = Holding.objects.get(staff_id=staff_id)
    org.end_holding(holding_id=held.pk, by=SYSTEM, at=NINE + MINUTE)


@pytest.mark.parametrize("claimed", [True, False])
@pytest.mark.parametrize(
    "who", [outside, below, other_post, delegate_after_the_leave, once_on_the_post]
)
def test_no_operation_is_open_to_who_has_no_business_there(units, who, claimed):
    publish(LINE)
    owner = person("owner", ("agent", units["east"]))
    done = started(units["east"])
    submit(done.id, "a", NINE, staff(owner))
    if claimed:
        actions.claim(unit(done.id, "b").pk, by=staff(owner), at=NINE)
    stranger = who(units, owner)
    before = facts()

    for name, operation in OPERATIONS.items():
        with pytest.raises(Refused) as refused:
            operation(staff(stranger), done.id)
        assert refused.value.status in {403, 409}, name
        assert refused.value.message.endswith("。"), name
    assert facts() == before


def test_who_left_the_post_loses_what_is_still_in_their_name(units):
    publish(LINE)
    owner = person("owner", ("agent", units["east"]))
    done = started(units["east"])
    submit(done.id, "a", NINE, staff(owner))
    actions.claim(unit(done.id, "b").pk, by=staff(owner), at=NINE)
    end(owner)

    for name in ("submit", "save_draft", "release", "return", "transfer", "withdraw"):
        with pytest.raises(NotAllowed):
            OPERATIONS[name](staff(owner), done.id)


def test_a_moved_unit_of_the_organisation_takes_its_work_along(units):
    publish(LINE)
    east = person("east", ("agent", units["east"]))
    done = started(units["east1"])
    org.move_unit(unit_id=units["east1"], parent_id=units["west"], by=SYSTEM, at=NINE)

    with pytest.raises(refusals.NotYourPost):
        actions.claim(unit(done.id, "a").pk, by=staff(east), at=NINE)


def test_what_a_delegate_took_on_returns_with_the_colleague(units):
    publish(LINE)
    owner = person("owner", ("agent", units["east"]))
    helper = person("helper", ("agent", units["west"]))
    done = started(units["east"])
    first = unit(done.id, "a").pk
    away(owner, NINE, NINE + HOUR, helper)
    actions.claim(first, by=staff(helper), at=NINE)
    actions.save_draft(first, {"note": "写了一半"}, by=staff(helper), at=NINE)
    later = NINE + HOUR

    assert [row.id for row in queries.inbox(access_of(owner, later), at=later).rows] == [first]
    assert queries.inbox(access_of(helper, later), at=later).rows == []
    with pytest.raises(NotAllowed):
        actions.submit(first, {}, by=staff(helper), at=later)
    actions.submit(first, {}, by=staff(owner), at=later)

    done_unit = unit(done.id, "a")
    assert (done_unit.assignee_id, done_unit.delegate_of_id) == (owner, None)
    told = Fact.objects.filter(name__startswith="unit.").exclude(name="unit.opened")
    assert [(one.actor, one.on_behalf_of) for one in told.order_by("id")] == [
        (f"staff:{helper}", f"staff:{owner}"),
        (f"staff:{helper}", f"staff:{owner}"),
        (f"staff:{owner}", ""),
    ]


def test_a_delegate_who_did_it_and_the_colleague_may_not_check_it(units):
    publish(
        process(
            "handle user post=agent; verify user post=agent excludes=handle",
            "start handle; handle verify; verify end",
        )
    )
    owner = person("owner", ("agent", units["east"]))
    helper = person("helper", ("agent", units["hq"]))
    done = started(units["east"])
    away(owner, NINE, NINE + HOUR, helper)
    actions.claim(unit(done.id, "handle").pk, by=staff(owner), at=NINE - MINUTE)
    submit(done.id, "handle", NINE, staff(helper))
    second = unit(done.id, "verify").pk

    for one in (owner, helper):
        with pytest.raises(refusals.HandledByTheSamePerson):
            actions.claim(second, by=staff(one), at=NINE + HOUR)
        with pytest.raises(refusals.HandledByTheSamePerson):
            actions.transfer(second, to_staff_id=one, by=SYSTEM, at=NINE + HOUR)


# ------------------------------------------------------------------ refusals instead of errors
def test_a_transfer_to_nowhere_is_refused(units):
    publish(LINE)
    done = started(units["east"])
    with pytest.raises(refusals.PlaceUnknown):
        actions.transfer(unit(done.id, "a").pk, to_org_unit_id=999_999, by=SYSTEM, at=NINE)


def test_nothing_happens_before_what_has_happened(units):
    publish(LINE)
    done = started(units["east"])
    actions.claim(
        unit(done.id, "a").pk, by=staff(person("p", ("agent", units["hq"]))), at=NINE + HOUR
    )

    with pytest.raises(refusals.EarlierThanHistory):
        submit(done.id, "a", NINE)
    submit(done.id, "a", NINE + HOUR - timedelta(seconds=5))

    assert unit(done.id, "a").closed_at == NINE + HOUR
    assert Fact.objects.get(name="unit.submitted").at == NINE + HOUR


def test_a_suspension_ends_in_the_future(units):
    publish(LINE)
    done = started(units["east"])
    with pytest.raises(refusals.SuspensionOver):
        actions.suspend(done.id, reason="等", until=NINE, by=SYSTEM, at=NINE)


@pytest.mark.parametrize("limit", ["soon", "99999999wd"])
def test_a_limit_that_cannot_be_counted_is_refused(units, limit):
    publish(process("a user; b user limit=${given}", "start a; a b; b end"))
    done = started(units["east"])
    with pytest.raises(refusals.LimitUnreadable):
        submit(done.id, "a", given=limit)


def test_an_instance_whose_timer_leads_nowhere_can_still_be_ended(units):
    publish(
        process(
            "a user post=agent; a/late boundary timer=PT1H; x xor; b user",
            "start a; a end; late x; x b if go == 1; b end",
        )
    )
    done = started(units["east"], go=2)
    while clocks.fire_due(NINE + HOUR):
        pass

    with pytest.raises(refusals.NoFlowTaken):
        submit(done.id, "a", NINE + HOUR)
    actions.terminate(done.id, reason="走不通", by=SYSTEM, at=NINE + 2 * HOUR)

    assert state(done.id) == "TERMINATED"
    assert not Clock.objects.exclude(state="STOPPED").exists()


# ------------------------------------------------------------------ clocks and their owners
def test_clocks_without_an_owner_are_stopped_and_block_nobody(units):
    publish(LINE)
    ended, gone, good = (started(units["east"], NINE) for _ in range(3))
    Token.objects.filter(instance_id=ended.id).update(state="CANCELLED", closed_at=NINE)
    ProcessInstance.objects.filter(pk=ended.id).update(state="DONE", ended_at=NINE)
    Clock.objects.filter(owner=f"unit:{unit(gone.id, 'a').pk}").update(
        owner=f"unit:{(gone.id + 9999) << 20 | 1}"
    )
    Clock.objects.filter(owner=f"unit:{unit(ended.id, 'a').pk}").update(root="thing:2")
    Clock.objects.filter(owner__startswith=f"unit:{(gone.id + 9999) << 20 | 1}").update(
        root="thing:3"
    )

    for _ in range(6):
        clocks.fire_due(NINE + 9 * HOUR, limit=1)

    assert [f.subject for f in Fact.objects.filter(name="clock.overdue")] == [
        f"unit:{unit(good.id, 'a').pk}"
    ]
    assert Clock.objects.filter(state="STOPPED").count() == 2
    assert clocks.fire_due(NINE + 9 * HOUR) == 0


@pytest.mark.parametrize("counted", [True, False])
def test_a_holiday_counts_for_a_submit_before_the_dispatcher_saw_it(units, counted):
    publish(LINE)
    done = started(units["east"])
    shut = clocks.DayEdit(NINE.date(), ())
    clocks.edit_days("office", [shut], by=SYSTEM, at=NINE + 30 * MINUTE)
    if counted:
        assert clocks.recompute_stale() == 1

    submit(done.id, "a", NINE + 5 * HOUR)

    assert facts("clock") == ["clock.recomputed"]
    assert Clock.objects.get(owner=f"unit:{unit(done.id, 'a').pk}").used_us == 0
