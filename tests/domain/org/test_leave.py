"""TKT-11: work goes to the delegate when leave begins and comes back by itself when it ends."""

import pytest
from django.db import IntegrityError, transaction

from bihuan.domain.ledger import queries as ledger
from bihuan.domain.org import actions, queries, rules
from bihuan.domain.org.models import Leave
from bihuan.kit.problems import NotAllowed
from tests.domain.org import given
from tests.domain.org.given import DAY, HOUR, NOON, START

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids():
    return given.organisation()


@pytest.fixture
def kim(ids):
    return given.person("kim", ("agent", ids["east"]))


@pytest.fixture
def ann(ids):
    return given.person("ann", ("agent", ids["west"]))


@pytest.fixture
def bob(ids):
    return given.person("bob", ("agent", ids["west"]))


def test_the_delegate_covers_exactly_while_the_leave_lasts(kim, ann):
    given.away(kim, NOON, NOON + DAY, ann)

    covered = [
        queries.access_of(ann, moment).delegated_from
        for moment in (NOON - HOUR, NOON, NOON + DAY - HOUR, NOON + DAY, NOON + 9 * DAY)
    ]

    assert covered == [(), (kim,), (kim,), (), ()]


def test_the_delegate_may_take_the_work_of_the_post_and_it_is_known_whose_it_is(ids, kim, ann):
    given.away(kim, NOON, NOON + DAY, ann)

    during, after = queries.access_of(ann, NOON), queries.access_of(ann, NOON + DAY)

    assert during.posts == (("agent", ids["west"]), ("agent", ids["east"]))
    assert during.own_posts == (("agent", ids["west"]),)
    assert during.behind(("agent", ids["east"])) == kim
    assert during.behind(("agent", ids["west"])) is None
    assert during.may("unit.work", ids["east1"])
    assert after.posts == (("agent", ids["west"]),)
    assert not after.may("unit.work", ids["east1"])


def test_leave_lends_work_but_not_office(ids, ann):
    lee = given.person("lee", ("admin", ids["hq"]))
    given.away(lee, NOON, NOON + DAY, ann)

    access = queries.access_of(ann, NOON)

    assert access.may("unit.assign", ids["east"])
    lent = [
        v
        for v in ("customer.see_phone", "org.manage", "pack.install", "export.run")
        if access.may(v)
    ]
    assert lent == []


def test_work_passes_on_when_the_delegate_is_away_too_and_returns_step_by_step(kim, ann, bob):
    given.away(kim, NOON, NOON + 5 * DAY, ann)
    given.away(ann, NOON + DAY, NOON + 2 * DAY, bob)

    covers = {
        day: (
            queries.access_of(ann, NOON + day * DAY).delegated_from,
            queries.access_of(bob, NOON + day * DAY).delegated_from,
        )
        for day in (0, 1, 2, 5)
    }

    assert covers == {
        0: ((kim,), ()),
        1: ((), (kim, ann)),
        2: ((kim,), ()),
        5: ((), ()),
    }


def test_leave_whose_work_would_come_back_to_its_owner_is_refused(kim, ann, bob):
    given.away(kim, NOON, NOON + 5 * DAY, ann)
    given.away(ann, NOON + DAY, NOON + 3 * DAY, bob)

    with pytest.raises(actions.DelegationLoop):
        given.away(bob, NOON + 2 * DAY, NOON + 4 * DAY, kim)

    assert Leave.objects.filter(staff=bob).count() == 0
    # Once Ann is back the same chain is no loop.
    given.away(bob, NOON + 3 * DAY, NOON + 4 * DAY, kim)
    assert set(queries.access_of(ann, NOON + 3 * DAY).delegated_from) == {bob, kim}


def test_loops_are_looked_for_where_periods_meet():
    def absence(staff: int, delegate: int, since: int, until: int) -> rules.Absence:
        return rules.Absence(staff, delegate, START + since * DAY, START + until * DAY)

    others = [absence(1, 2, 0, 3), absence(2, 3, 2, 6)]

    assert rules.closes_a_loop(absence(3, 1, 2, 5), others)
    assert not rules.closes_a_loop(absence(3, 1, 3, 5), others)
    assert rules.closes_a_loop(absence(3, 2, 5, 7), others)
    assert not rules.closes_a_loop(absence(4, 1, 0, 9), others)


def test_coming_back_early_gives_the_work_back_at_once(kim, ann):
    leave = given.away(kim, NOON, NOON + 5 * DAY, ann)

    actions.end_leave(leave_id=leave, by=given.actor(kim), at=NOON + DAY)

    assert queries.access_of(ann, NOON + DAY).delegated_from == ()
    assert queries.access_of(ann, NOON + HOUR).delegated_from == (kim,)
    names = [fact.name for fact in ledger.facts_of(f"staff:{kim}", names=["leave."]).rows]
    assert names == ["leave.ended", "leave.recorded"]


def test_a_leave_that_has_not_begun_is_withdrawn(kim, ann):
    leave = given.away(kim, NOON, NOON + DAY, ann)

    actions.end_leave(leave_id=leave, by=given.actor(kim), at=NOON - DAY)

    assert Leave.objects.count() == 0


def test_people_record_their_own_leave_and_not_each_others(kim, ann):
    absence = actions.Absence(kim, NOON, NOON + DAY, ann)

    with pytest.raises(NotAllowed):
        actions.record_leave(absence=absence, by=given.actor(ann), at=START)
    assert Leave.objects.count() == 0
    actions.record_leave(absence=absence, by=given.actor(kim), at=START)
    assert Leave.objects.count() == 1


@pytest.mark.parametrize("who", ["kim", "left"])
def test_the_delegate_is_another_person_who_works_here(ids, kim, who):
    delegate = kim
    if who == "left":
        delegate = given.person("max")
        actions.let_go(staff_id=delegate, reason="", by=given.SYSTEM, at=NOON)

    with pytest.raises(actions.DelegateUnusable):
        given.away(kim, NOON, NOON + DAY, delegate)

    assert Leave.objects.count() == 0


def test_nobody_is_away_twice_at_a_time(kim, ann):
    given.away(kim, NOON, NOON + DAY, ann)

    with pytest.raises(actions.AlreadyAway):
        given.away(kim, NOON + HOUR, NOON + 2 * DAY, None)
    with pytest.raises(IntegrityError, match="leave_is_taken_once_at_a_time"), transaction.atomic():
        Leave.objects.create(
            staff_id=kim, away_from=NOON + HOUR, away_until=NOON + 2 * DAY, recorded_at=START
        )
    given.away(kim, NOON + DAY, NOON + 2 * DAY, ann)

    assert Leave.objects.count() == 2
