"""What a person may do follows from posts and moments, and from nothing else."""

import pytest

from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.org import actions, queries, rules
from bihuan.domain.org.models import Holding
from bihuan.kit.problems import NotAllowed
from tests.domain.org import given
from tests.domain.org.given import DAY, HOUR, NOON, START

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids():
    return given.organisation()


def test_a_post_allows_its_verbs_in_its_subtree_only(ids):
    kim = given.person("kim", ("agent", ids["east"]))

    access = queries.access_of(kim, NOON)

    assert access.name == "Kim"
    assert access.posts == (("agent", ids["east"]),)
    assert {code: rules.may(access, "unit.work", unit) for code, unit in ids.items()} == {
        "hq": False,
        "east": True,
        "east1": True,
        "west": False,
    }
    assert not rules.may(access, "customer.see_phone")
    assert set(access.scope("case.view").unit_ids) == {ids["east"], ids["east1"]}
    assert not access.scope("case.view").everywhere
    assert access.scope("org.manage").unit_ids == ()


def test_a_post_at_the_root_applies_everywhere(ids):
    lee = given.person("lee", ("supervisor", ids["hq"]))

    assert queries.access_of(lee, NOON).scope("case.view").everywhere


def test_somebody_without_a_post_may_do_nothing(ids):
    max_ = given.person("max")

    access = queries.access_of(max_, NOON)

    assert (access.grants, access.posts) == ({}, ())


def test_nobody_knows_a_unit_that_does_not_exist(ids):
    lee = given.person("lee", ("supervisor", ids["hq"]))

    assert not queries.access_of(lee, NOON).may("case.view", 999_999)


def test_a_holding_counts_from_its_beginning_until_just_before_its_end(ids):
    kim = given.person("kim")
    actions.hold_post(
        staff_id=kim,
        post_code="agent",
        unit_id=ids["east"],
        period=actions.Period(NOON, NOON + DAY),
        by=SYSTEM,
        at=START,
    )

    held = {
        moment: queries.access_of(kim, moment).may("unit.work")
        for moment in (NOON - HOUR, NOON, NOON + DAY - HOUR, NOON + DAY)
    }

    assert list(held.values()) == [False, True, True, False]


def test_ending_a_holding_takes_its_verbs_away_at_once(ids):
    kim = given.person("kim", ("agent", ids["east"]))
    assert queries.access_of(kim, NOON).may("unit.work")

    actions.end_holding(holding_id=Holding.objects.get(staff=kim).pk, by=SYSTEM, at=NOON)

    assert not queries.access_of(kim, NOON).may("unit.work")
    assert queries.access_of(kim, NOON - HOUR).may("unit.work")


def test_moving_a_unit_moves_what_people_may_see(ids):
    kim = given.person("kim", ("agent", ids["east"]))
    assert not queries.access_of(kim, NOON).may("case.view", ids["west"])

    actions.move_unit(unit_id=ids["west"], parent_id=ids["east"], by=SYSTEM, at=NOON)

    assert queries.access_of(kim, NOON).may("case.view", ids["west"])


def test_changing_a_role_changes_what_its_holders_may_do(ids):
    kim = given.person("kim", ("agent", ids["east"]))
    assert not queries.access_of(kim, NOON).may("report.view")

    actions.define_role(code="agent", name="agent", verbs=["report.view"], by=SYSTEM, at=NOON)

    access = queries.access_of(kim, NOON)
    assert (access.may("report.view"), access.may("unit.work")) == (True, False)


def test_who_has_left_may_do_nothing(ids):
    kim = given.person("kim", ("agent", ids["east"]))

    actions.let_go(staff_id=kim, reason="离职", by=SYSTEM, at=NOON)

    assert queries.access_of(kim, NOON).grants == {}
    assert queries.access_of(kim, NOON - HOUR).may("unit.work")
    assert queries.staff_holding("agent", ids["east"], NOON) == []


def test_access_is_worked_out_once_while_nothing_begins_or_ends(ids):
    kim = given.person("kim", ("agent", ids["east"]))
    first = queries.access_of(kim, NOON)
    revision = queries.revision()

    assert queries.access_of(kim, NOON + HOUR).grants is first.grants
    assert queries.access_of(kim, NOON, known_revision=revision).grants is first.grants


def test_an_actor_acts_for_the_unit_of_the_post_held_longest(ids):
    kim = given.person("kim", ("agent", ids["east"]), ("agent", ids["west"]))

    assert queries.actor_for(kim, NOON) == Actor(f"staff:{kim}", unit_id=ids["east"])
    assert queries.holdings_of(kim, NOON) == [("agent", ids["east"]), ("agent", ids["west"])]


def test_the_system_and_only_the_system_passes_without_a_post(ids):
    assert queries.authorise(SYSTEM, "org.manage", ids["hq"], at=NOON) is None
    for stranger in (Actor("customer:5"), Actor("staff:999999")):
        with pytest.raises(NotAllowed):
            queries.authorise(stranger, "org.manage", ids["hq"], at=NOON)


def test_nobody_gives_others_more_than_they_have(ids):
    actions.define_role(
        code="clerk", name="人事", verbs=["org.manage", "case.view"], by=SYSTEM, at=START
    )
    actions.define_post(code="clerk", name="人事", role_code="clerk", by=SYSTEM, at=START)
    lee = given.person("lee", ("clerk", ids["hq"]))
    kim = given.person("kim")

    with pytest.raises(actions.GivesMoreThanTheyHave):
        actions.hold_post(
            staff_id=kim,
            post_code="admin",
            unit_id=ids["east"],
            period=actions.Period(NOON),
            by=given.actor(lee),
            at=NOON,
        )

    assert Holding.objects.filter(staff=kim).count() == 0


def test_a_manager_has_no_say_over_people_who_also_work_elsewhere(ids):
    lee = given.person("lee", ("admin", ids["east"]))
    ada = given.person("ada", ("agent", ids["east"]), ("admin", ids["hq"]), password=given.PASSWORD)

    with pytest.raises(NotAllowed):
        actions.set_password(staff_id=ada, password="taken-over-now", by=given.actor(lee), at=NOON)

    assert queries.staff(ada).check_password(given.PASSWORD)


def test_who_holds_a_post_here_and_who_of_them_is_away(ids):
    kim = given.person("kim", ("agent", ids["east"]))
    ann = given.person("ann", ("agent", ids["east1"]))
    given.person("lee", ("supervisor", ids["east"]))
    given.away(kim, NOON, NOON + DAY, ann)

    found = queries.staff_holding("agent", queries.units_under(ids["east"]), NOON)

    assert [(row.id, row.is_away) for row in found] == [(ann, False), (kim, True)]
