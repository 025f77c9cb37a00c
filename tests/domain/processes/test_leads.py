"""Each person is warned as early as they have set, for the units in their own hands (TKT-07)."""

from datetime import datetime, timedelta

import pytest

from bihuan.domain.clocks import actions as clocks
from bihuan.domain.clocks.models import Clock
from bihuan.domain.ledger.models import Fact
from bihuan.domain.org import actions as org
from bihuan.domain.org.queries import access_of, warning_lead
from bihuan.domain.processes import actions, queries
from bihuan.kit.problems import NotAllowed
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
    submit,
    unit,
)
from tests.engines.bpmn_given import process

pytestmark = pytest.mark.django_db
LINE = process(
    "a user post=agent limit=3h warnAt=80%; b user post=agent returnTo=a", "start a; a b; b end"
)


@pytest.fixture
def units():
    publish(LINE)
    return place()


@pytest.fixture
def ada(units):
    return person("ada", ("agent", units["east"]))


@pytest.fixture
def kim(units):
    return person("kim", ("agent", units["east"]))


def lead(staff_id: int, text: str, at: datetime = NINE - HOUR) -> int:
    return actions.set_warning_lead(staff_id=staff_id, lead=text, by=staff(staff_id), at=at)


def warned(until: datetime) -> list[tuple[str, datetime]]:
    while clocks.fire_due(until):
        pass
    found = Fact.objects.filter(name="clock.warned").order_by("id")
    return [(fact.data["warn"], fact.at) for fact in found]


def warns(unit_id: int) -> tuple[str, ...]:
    return tuple(Clock.objects.get(owner=f"unit:{unit_id}").warn_texts)


def test_a_claim_brings_the_persons_own_warning(units, ada):
    lead(ada, "2h")
    first = unit(started(units["east"]).id, "a").pk

    actions.claim(first, by=staff(ada), at=NINE)

    assert unit(first >> 20, "a").warn_at == NINE + HOUR
    assert warned(NINE + 3 * HOUR) == [("2h", NINE + HOUR), ("80%", NINE + 144 * MINUTE)]
    assert queries.unit(access_of(ada, NINE), first, at=NINE + 61 * MINUTE).row.tier == "warn"


def test_the_warning_goes_with_whoever_has_the_unit(units, ada, kim):
    lead(ada, "2h")
    lead(kim, "50%")
    first = unit(started(units["east"]).id, "a").pk
    actions.claim(first, by=staff(ada), at=NINE)
    actions.transfer(first, to_staff_id=kim, by=staff(ada), at=NINE + MINUTE)
    assert warns(first) == ("50%", "80%")

    actions.release(first, by=staff(kim), at=NINE + 2 * MINUTE)

    assert warns(first) == ("80%",)
    assert warned(NINE + 3 * HOUR) == [("80%", NINE + 144 * MINUTE)]


def test_a_lead_that_lies_behind_shows_but_does_not_warn(units, ada):
    lead(ada, "2h")
    first = unit(started(units["east"]).id, "a").pk

    actions.claim(first, by=staff(ada), at=NINE + 90 * MINUTE)

    at = NINE + 91 * MINUTE
    assert queries.unit(access_of(ada, at), first, at=at).row.tier == "warn"
    assert warned(NINE + 3 * HOUR) == [("80%", NINE + 144 * MINUTE)]


def test_a_changed_lead_counts_for_the_units_in_hand(units, ada, kim):
    first = unit(started(units["east"]).id, "a").pk
    actions.claim(first, by=staff(ada), at=NINE)

    assert lead(ada, "2h", NINE + MINUTE) == 1
    assert warns(first) == ("2h", "80%")
    lead(ada, "30m", NINE + 90 * MINUTE)
    # The two-hour warning was given; the half-hour one replaces what lies ahead.
    assert warned(NINE + 3 * HOUR) == [
        ("2h", NINE + HOUR),
        ("80%", NINE + 144 * MINUTE),
        ("30m", NINE + 150 * MINUTE),
    ]
    assert lead(kim, "2h", NINE + 4 * HOUR) == 0


def test_no_warning_is_given_twice_and_none_is_forgotten(units, ada):
    first = unit(started(units["east"]).id, "a").pk
    actions.claim(first, by=staff(ada), at=NINE)
    after_eighty = NINE + 150 * MINUTE
    lead(ada, "1h", after_eighty)
    lead(ada, "10m", after_eighty + MINUTE)

    assert warned(NINE + 3 * HOUR) == [
        ("80%", NINE + 144 * MINUTE),
        ("10m", NINE + 170 * MINUTE),
    ]


def test_a_suspension_moves_a_persons_warning_too(units, ada):
    lead(ada, "1h")
    first = unit(started(units["east"]).id, "a").pk
    actions.suspend(first >> 20, reason="等", by=SYSTEM, at=NINE + MINUTE)
    actions.assign(first, to_staff_id=ada, by=SYSTEM, at=NINE + 2 * MINUTE)
    actions.resume(first >> 20, by=SYSTEM, at=NINE + 31 * MINUTE)

    assert warned(NINE + timedelta(hours=6)) == [
        ("1h", NINE + 150 * MINUTE),
        ("80%", NINE + 174 * MINUTE),
    ]


def test_a_returned_unit_warns_who_gets_it_back(units, ada):
    lead(ada, "2h")
    done = started(units["east"])
    submit(done.id, "a", NINE, staff(ada))
    actions.return_unit(unit(done.id, "b").pk, reason="缺照片", by=staff(ada), at=NINE + MINUTE)

    assert warns(unit(done.id, "a").pk) == ("2h", "80%")


def test_a_lead_is_remembered_with_the_moment_it_was_set(ada):
    lead(ada, "2h", NINE)
    lead(ada, "1h", NINE + HOUR)
    lead(ada, "", NINE + 2 * HOUR)

    found = [warning_lead(ada, NINE + minutes * MINUTE) for minutes in (-1, 0, 59, 60, 120)]
    assert found == ["", "2h", "2h", "1h", ""]


def test_people_set_their_own_lead_and_nobody_elses(ada, kim):
    with pytest.raises(NotAllowed):
        actions.set_warning_lead(staff_id=kim, lead="1h", by=staff(ada), at=NINE)
    for wrong in ("soon", "100%", "120%", "0m"):
        with pytest.raises(org.WarningLeadUnreadable):
            lead(ada, wrong)
    assert facts("staff.warning") == []
    lead(ada, "1h")
    lead(ada, "1h")
    assert facts("staff.warning") == ["staff.warning_lead_set"]
