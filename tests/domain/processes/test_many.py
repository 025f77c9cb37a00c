"""One operation on many units: each is done or refused by itself."""

import pytest

from bihuan.domain.processes import actions
from bihuan.domain.processes.actions import ManyUnits, Outcome, Recipients, refusals
from tests.domain.processes.given import (
    MINUTE,
    NINE,
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
LINE = process("a user post=agent limit=2h; b user post=agent", "start a; a b; b end")


@pytest.fixture
def units():
    publish(LINE)
    return place()


@pytest.fixture
def ada(units):
    return person("ada", ("agent", units["east"]))


@pytest.fixture
def lee(units):
    return person("lee", ("admin", units["hq"]))


def done(by: int, operation: str, *unit_ids: int, **values) -> list[Outcome]:
    wanted = ManyUnits(operation, unit_ids, **values)
    return actions.do_many(wanted, by=staff(by), at=NINE)


def test_what_is_refused_leaves_the_others_alone(units, ada):
    mine, other = (unit(started(units[where]).id, "a").pk for where in ("east", "west"))
    finished = unit(started(units["east"]).id, "a").pk
    submit(finished >> 20, "a")

    outcomes = done(ada, "claim", finished, other, mine, mine)

    assert [(one.unit_id, one.code) for one in outcomes] == [
        (finished, "unit_not_open"),
        (other, "not_your_post"),
        (mine, ""),
    ]
    assert all(one.is_done or one.message.endswith("。") for one in outcomes)
    assert unit(mine >> 20, "a").assignee_id == ada
    assert unit(other >> 20, "a").assignee_id is None
    assert facts("unit.claimed") == ["unit.claimed"]


def test_every_operation_that_needs_no_look_is_done_on_many(units, ada, lee):
    found = [unit(started(units["east"]).id, "a").pk for _ in range(3)]
    steps = [
        ("assign", {"to_staff_id": ada}),
        ("release", {}),
        ("transfer", {"to_org_unit_id": units["west"], "reason": "归西区"}),
        ("urge", {"reason": "请尽快", "for_customer": True}),
        ("carbon_copy", {"copy_to": Recipients((ada,))}),
        ("suspend", {"reason": "停电"}),
        ("resume", {}),
    ]
    for operation, values in steps:
        outcomes = done(lee, operation, *found, **values)
        assert [one.code for one in outcomes] == ["", "", ""], operation
    assert {state(one >> 20) for one in found} == {"RUNNING"}
    assert len(facts("unit.urged")) == len(facts("unit.copied")) == 3


def test_units_of_one_process_are_suspended_once(units, lee):
    first = unit(started(units["east"]).id, "a").pk
    again = done(lee, "suspend", first, reason="停电")
    assert [one.code for one in again] == [""]
    assert [one.code for one in done(lee, "suspend", first, reason="停电")] == [
        "process_not_running"
    ]


def test_what_needs_a_look_or_is_too_much_is_refused_whole(units, ada):
    first = unit(started(units["east"]).id, "a").pk
    with pytest.raises(refusals.NotForMany):
        done(ada, "submit", first)
    with pytest.raises(refusals.TooManyUnits):
        done(ada, "claim", *range(1, 202))
    outcomes = done(ada, "assign", first)
    assert outcomes[0].code == "receiver_missing"
    assert unit(first >> 20, "a").assignee_id is None
    submit(first >> 20, "a", NINE + MINUTE)
