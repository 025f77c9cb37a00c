"""A unit says which operations are open to this person now; each offer is one the action keeps."""

import pytest

from bihuan.domain.org.queries import access_of
from bihuan.domain.processes import actions, queries
from tests.domain.processes.given import (
    NINE,
    SYSTEM,
    person,
    place,
    publish,
    staff,
    started,
    submit,
    unit,
)
from tests.engines.bpmn_given import process

pytestmark = pytest.mark.django_db
LINE = process("a user post=agent; b user post=agent", "start a; a b; b end")


@pytest.fixture
def units():
    return place()


def offered(staff_id: int, unit_id: int) -> set[str]:
    return set(queries.unit(access_of(staff_id, NINE), unit_id, at=NINE).operations)


def test_the_worker_may_add_a_co_handler_and_remove_whom_they_added(units):
    publish(LINE)
    one, two = (person(name, ("agent", units["east"])) for name in ("one", "two"))
    done = started(units["east"])
    first = unit(done.id, "a").pk
    actions.claim(first, by=staff(one), at=NINE)
    before = offered(one, first)
    actions.add_co_handler(first, staff_id=two, by=staff(one), at=NINE)
    added = unit(done.id, "a").pk

    assert "add_co_handler" in before
    assert "remove_co_handler" not in before
    assert "remove_co_handler" not in offered(two, added)
    chief = person("chief", ("admin", units["hq"]))
    assert {"remove_co_handler", "skip", "jump"} <= offered(chief, added)
    assert "remove_co_handler" not in offered(chief, first)


def test_a_correction_takes_no_co_handler(units):
    publish(LINE)
    one = person("one", ("agent", units["east"]))
    done = started(units["east"])
    submit(done.id, "a", by=staff(one))
    actions.return_unit(
        unit(done.id, "b").pk, reason="改", then="straight_back", by=staff(one), at=NINE
    )

    assert "add_co_handler" not in offered(one, unit(done.id, "a").pk)


def test_a_withdrawal_is_offered_only_while_it_is_possible(units):
    publish(LINE)
    one, two = (person(name, ("agent", units["east"])) for name in ("one", "two"))
    done = started(units["east"])
    first = unit(done.id, "a").pk
    submit(done.id, "a", by=staff(one))

    open_to_one, open_to_two = offered(one, first), offered(two, first)
    actions.claim(unit(done.id, "b").pk, by=staff(two), at=NINE)

    assert "withdraw" in open_to_one
    assert "withdraw" not in open_to_two
    assert "withdraw" not in offered(one, first)


def test_who_is_no_operator_is_not_offered_to_claim(units):
    publish(process("a user post=agent operators=one; b user", "start a; a b; b end"))
    one, two = (person(name, ("agent", units["east"])) for name in ("one", "two"))
    first = unit(started(units["east"]).id, "a").pk

    assert {"claim", "submit"} <= offered(one, first)
    assert not {"claim", "submit"} & offered(two, first)


def test_an_ended_process_is_offered_to_be_opened_again(units):
    publish(LINE)
    chief = person("chief", ("admin", units["hq"]))
    one = person("one", ("agent", units["east"]))
    done = started(units["east"])
    submit(done.id, "a")
    last = unit(done.id, "b").pk
    actions.submit(last, {}, by=SYSTEM, at=NINE)

    assert "reopen" in offered(chief, last)
    assert "reopen" not in offered(one, last)
