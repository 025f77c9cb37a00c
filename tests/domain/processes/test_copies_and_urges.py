"""Copies for information open one case to read; urges are counted, and kept apart."""

from datetime import timedelta

import pytest

from bihuan.domain.ledger.models import Fact
from bihuan.domain.notifications.models import Notice
from bihuan.domain.org import actions as org
from bihuan.domain.org.queries import access_of
from bihuan.domain.processes import actions, queries
from bihuan.domain.processes.actions import Recipients, refusals
from bihuan.domain.processes.models import Copy, Urge
from bihuan.domain.processes.queries import CopyMissing, UnitMissing
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


def copied(unit_id: int, by: int, *people: int, posts=(), note="", at=NINE) -> int:
    to = Recipients(people, tuple(posts))
    return actions.carbon_copy(unit_id, to=to, note=note, by=staff(by), at=at)


def list_of(staff_id: int, *, unread: bool = False, at=NINE + HOUR) -> list[str]:
    page = queries.copies_for(access_of(staff_id, at), unread_only=unread)
    return [row.node for row in page.rows]


# ------------------------------------------------------------------ copies
def test_a_copy_opens_that_case_to_whom_it_is_sent_and_to_nobody_else(units, ada):
    max_, kim = person("max", ("agent", units["west"])), person("kim", ("agent", units["west"]))
    first = unit(started(units["east"]).id, "a").pk
    with pytest.raises(UnitMissing):
        queries.unit(access_of(max_, NINE), first, at=NINE)

    assert copied(first, ada, max_, note="请知悉") == 1

    view = queries.unit(access_of(max_, NINE), first, at=NINE)
    assert view.operations == frozenset()
    assert list_of(max_) == ["a"]
    assert list_of(kim) == []
    with pytest.raises(UnitMissing):
        queries.unit(access_of(kim, NINE), first, at=NINE)


def test_a_copy_to_a_post_reaches_who_holds_it_when_they_look(units, ada):
    first = unit(started(units["east"]).id, "a").pk
    copied(first, ada, posts=[("supervisor", units["west"])])
    late = person("late", ("supervisor", units["west"]))
    above = person("above", ("supervisor", units["hq"]))
    other = person("other", ("supervisor", units["east"]))

    assert list_of(late) == ["a"]
    assert list_of(above) == ["a"]
    assert list_of(other) == []
    assert queries.is_copied_to(access_of(late, NINE), "thing:1")


def test_a_copy_sent_again_changes_nothing(units, ada):
    max_ = person("max", ("agent", units["west"]))
    first = unit(started(units["east"]).id, "a").pk
    copied(first, ada, max_)
    told = facts()

    assert copied(first, ada, max_, at=NINE + HOUR) == 0
    assert facts() == told
    assert Copy.objects.count() == 1


def test_reading_is_noted_once_for_each_reader(units, ada):
    max_, kim = person("max", ("agent", units["west"])), person("kim", ("agent", units["west"]))
    first = unit(started(units["east"]).id, "a").pk
    copied(first, ada, max_)
    copied(first, ada, posts=[("agent", units["west"])])
    to_post = Copy.objects.get(post="agent").pk

    for _ in range(2):
        actions.mark_copy_read(to_post, by=staff(max_), at=NINE + MINUTE)

    assert list_of(max_) == ["a", "a"]
    assert list_of(max_, unread=True) == ["a"]
    assert list_of(kim, unread=True) == ["a"]
    assert queries.unread_copies(access_of(kim, NINE)) == 1
    assert facts("unit.copy_read") == ["unit.copy_read"]


def test_nobody_marks_what_was_sent_to_others(units, ada):
    max_, kim = person("max"), person("kim")
    first = unit(started(units["east"]).id, "a").pk
    copied(first, ada, max_)

    with pytest.raises(CopyMissing):
        actions.mark_copy_read(Copy.objects.get().pk, by=staff(kim), at=NINE)


def test_copies_are_sent_by_who_works_on_the_unit_or_has_the_verb(units, ada, lee):
    first = unit(started(units["east"]).id, "a").pk
    max_ = person("max", ("agent", units["west"]))
    with pytest.raises(NotAllowed):
        copied(first, max_, max_)

    submit(first >> 20, "a", NINE, staff(ada))

    assert copied(first, ada, max_) == 1
    assert copied(first, lee, ada) == 1


def test_a_copy_goes_to_somebody_at_work(units, ada):
    first = unit(started(units["east"]).id, "a").pk
    gone = person("gone")
    org.let_go(staff_id=gone, reason="离职", by=SYSTEM, at=NINE - HOUR)

    with pytest.raises(refusals.RecipientMissing):
        copied(first, ada)
    with pytest.raises(refusals.RecipientUnknown):
        copied(first, ada, gone)
    with pytest.raises(refusals.RecipientUnknown):
        copied(first, ada, posts=[("nothing", units["west"])])
    with pytest.raises(refusals.TooManyRecipients):
        copied(first, ada, *range(51))
    assert Copy.objects.count() == 0


def test_a_copy_makes_nobodys_page_stale(units, ada, lee):
    first = unit(started(units["east"]).id, "a").pk
    rev = queries.unit(access_of(ada, NINE), first, at=NINE).rev
    copied(first, ada, lee)
    actions.urge(first, by=staff(lee), at=NINE)

    change = actions.submit(first, {}, rev=rev, by=staff(ada), at=NINE + MINUTE)

    assert [one.node for one in change.units] == ["b"]


# ------------------------------------------------------------------ urges
def test_an_urge_is_counted_on_the_unit_and_its_case(units, ada, lee):
    done = started(units["east"])
    first = unit(done.id, "a").pk
    assert actions.urge(first, note="客户来电", for_customer=True, by=staff(lee), at=NINE) == 1
    submit(done.id, "a", NINE + HOUR, staff(ada))
    second = unit(done.id, "b").pk
    later = NINE + 2 * HOUR
    actions.urge(second, by=staff(lee), at=later)

    view = queries.unit(access_of(ada, later), second, at=later)
    assert (view.urges.unit, view.urges.case, view.urges.last_at) == (1, 2, later)
    told = Fact.objects.filter(name="unit.urged").order_by("id")
    assert [(one.actor, one.reason, one.data["for_customer"]) for one in told] == [
        (f"staff:{lee}", "客户来电", True),
        (f"staff:{lee}", "", False),
    ]


def test_the_same_person_waits_half_an_hour_before_urging_again(units, ada, lee):
    first = unit(started(units["east"]).id, "a").pk
    second = person("second", ("admin", units["hq"]))
    actions.urge(first, by=staff(lee), at=NINE)

    with pytest.raises(refusals.UrgedJustNow):
        actions.urge(first, by=staff(lee), at=NINE + timedelta(minutes=29))
    assert actions.urge(first, by=staff(second), at=NINE + MINUTE) == 2
    assert actions.urge(first, by=staff(lee), at=NINE + timedelta(minutes=30)) == 3


def test_an_urge_needs_the_verb_and_an_open_unit(units, ada, lee):
    done = started(units["east"])
    first = unit(done.id, "a").pk
    with pytest.raises(NotAllowed):
        actions.urge(first, by=staff(ada), at=NINE)
    submit(done.id, "a", NINE, staff(ada))

    with pytest.raises(refusals.UnitNotOpen):
        actions.urge(first, by=staff(lee), at=NINE)
    assert Urge.objects.count() == 0


def test_who_may_is_told_by_the_unit(units, ada, lee):
    first = unit(started(units["east"]).id, "a").pk

    offered = {
        who: queries.unit(access_of(who, NINE), first, at=NINE).operations for who in (ada, lee)
    }
    assert "carbon_copy" in offered[ada]
    assert "urge" not in offered[ada]
    assert {"carbon_copy", "urge"} <= offered[lee]


# ------------------------------------------------------------------ notices
def test_those_concerned_are_told_and_nobody_of_their_own_doing(units, ada, lee):
    max_ = person("max", ("agent", units["west"]))
    first = unit(started(units["east"]).id, "a").pk
    actions.claim(first, by=staff(ada), at=NINE)
    copied(first, ada, max_, ada)
    actions.urge(first, note="客户在等", by=staff(lee), at=NINE)
    terms = actions.DelegationTerms(max_)
    actions.delegate(first, terms=terms, reason="出差", by=staff(ada), at=NINE)
    actions.complete_delegation(first, {}, by=staff(max_), at=NINE + MINUTE)
    wanted = actions.MoreTime("1h")
    asked = actions.request_extension(
        first, wanted=wanted, reason="缺料", by=staff(ada), at=NINE + MINUTE
    )
    actions.refuse_extension(asked, reason="不行", by=staff(lee), at=NINE + MINUTE)

    told = Notice.objects.order_by("id").values_list("staff_id", "title")
    assert list(told) == [
        (max_, "抄送：a"),
        (ada, "催办第 1 次：a"),
        (max_, "委派给您：a"),
        (ada, "委派已办好，请确认提交：a"),
        (lee, "申请延期，请审批：a"),
        (ada, "延期未批准：a"),
    ]


def test_who_holds_a_post_is_told_of_its_copies(units, ada, lee):
    max_ = person("max", ("agent", units["hq"]))
    first = unit(started(units["east"]).id, "a").pk
    to = Recipients(staff_ids=(max_,), posts=(("agent", units["east"]),))

    actions.carbon_copy(first, to=to, note="请知悉", by=staff(lee), at=NINE)
    actions.carbon_copy(first, to=to, note="请知悉", by=staff(lee), at=NINE)

    told = Notice.objects.values_list("staff_id", "title", "text")
    assert sorted(told) == sorted((one, "抄送：a", "请知悉") for one in {ada, max_})
