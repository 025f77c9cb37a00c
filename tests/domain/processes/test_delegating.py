"""A delegated unit stays its owner's: somebody else works on it, and it comes back (TKT-11)."""

from datetime import datetime, timedelta

import pytest

from bihuan.domain.clocks import actions as clocks
from bihuan.domain.clocks.models import Clock
from bihuan.domain.ledger.models import Fact
from bihuan.domain.org import actions as org
from bihuan.domain.org.queries import access_of
from bihuan.domain.processes import actions, queries
from bihuan.domain.processes.actions import DelegationTerms, refusals
from bihuan.kit.problems import NotAllowed
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
    submit,
    unit,
)
from tests.engines.bpmn_given import process

pytestmark = pytest.mark.django_db
LINE = process(
    "a user post=agent limit=2h warnAt=50%; b user post=agent returnTo=a excludes=a",
    "start a; a b; b end",
)
LATER = NINE + 10 * MINUTE


@pytest.fixture
def units():
    publish(LINE)
    return place()


@pytest.fixture
def ada(units):
    return person("ada", ("agent", units["east"]))


@pytest.fixture
def max_(units):
    """Somebody at work who holds no post in the process."""
    return person("max", ("supervisor", units["west"]))


@pytest.fixture
def lee(units):
    return person("lee", ("admin", units["hq"]))


@pytest.fixture
def first(units) -> int:
    return unit(started(units["east"]).id, "a").pk


def lent(unit_id: int, owner: int, to: int, *, at: datetime = NINE, **terms) -> None:
    terms = DelegationTerms(to, **terms)
    actions.delegate(unit_id, terms=terms, reason="出差", by=staff(owner), at=at)


def people(unit_id: int) -> tuple[int | None, int | None, int | None]:
    found = unit(unit_id >> 20, "a")
    return found.owner_id, found.assignee_id, found.delegate_of_id


def inbox(staff_id: int, at: datetime = LATER) -> list[int]:
    return [row.id for row in queries.inbox(access_of(staff_id, at), at=at).rows]


def offered(staff_id: int, unit_id: int, at: datetime = LATER) -> frozenset[str]:
    return queries.unit(access_of(staff_id, at), unit_id, at=at).operations


def test_the_owner_keeps_it_and_the_delegate_works_on_it(ada, max_, first):
    lent(first, ada, max_)

    assert people(first) == (ada, max_, ada)
    assert inbox(ada) == inbox(max_) == [first]
    actions.save_draft(first, {"x": 1}, by=staff(max_), at=LATER)
    told = Fact.objects.filter(name="unit.drafted").get()
    assert (told.actor, told.on_behalf_of) == (f"staff:{max_}", f"staff:{ada}")
    assert facts("unit.")[:3] == ["unit.opened", "unit.claimed", "unit.delegated"]
    assert queries.inbox_counts(access_of(max_, LATER), at=LATER).titles == {"a": 1}


def test_what_the_delegate_has_done_comes_back_to_be_submitted(ada, max_, first):
    lent(first, ada, max_)
    assert {"complete_delegation", "give_back", "save_draft"} <= offered(max_, first)
    assert not offered(max_, first) & {"submit", "return", "transfer", "release", "delegate"}
    with pytest.raises(refusals.OwnerDecides):
        actions.submit(first, {}, by=staff(max_), at=LATER)
    with pytest.raises(refusals.OwnerDecides):
        actions.transfer(first, to_staff_id=ada, by=staff(max_), at=LATER)
    with pytest.raises(refusals.OwnerDecides):
        actions.release(first, by=staff(max_), at=LATER)

    actions.complete_delegation(first, {"note": "看过了"}, by=staff(max_), at=LATER)

    assert people(first) == (ada, ada, None)
    assert unit(first >> 20, "a").draft == {"note": "看过了"}
    assert inbox(max_) == []
    with pytest.raises(NotAllowed):
        actions.save_draft(first, {}, by=staff(max_), at=LATER)
    submit(first >> 20, "a", LATER, staff(ada))
    assert facts("unit.del", "unit.sub") == [
        "unit.delegated",
        "unit.delegation_completed",
        "unit.submitted",
    ]


def test_a_delegate_who_may_submits_on_the_owners_behalf(ada, max_, first):
    lent(first, ada, max_, may_submit=True)
    assert "submit" in offered(max_, first)

    submit(first >> 20, "a", LATER, staff(max_))

    told = Fact.objects.get(name="unit.submitted")
    assert (told.actor, told.on_behalf_of) == (f"staff:{max_}", f"staff:{ada}")
    second = unit(first >> 20, "b").pk
    for one in (ada, max_):
        with pytest.raises(refusals.HandledByTheSamePerson):
            actions.assign(second, to_staff_id=one, by=SYSTEM, at=LATER)
    # Given back, it is the owner's again.
    actions.return_unit(second, reason="缺照片", by=SYSTEM, at=LATER)
    assert people(unit(first >> 20, "a").pk) == (ada, ada, None)


def test_the_owner_may_submit_what_is_delegated(ada, max_, first):
    lent(first, ada, max_, until=NINE + HOUR)

    submit(first >> 20, "a", LATER, staff(ada))

    assert people(first) == (ada, ada, None)
    assert Clock.objects.get(owner=f"delegation:{first}").state == "STOPPED"


@pytest.mark.parametrize("who", ["ada", "max_", "lee"])
def test_it_is_given_back_by_hand(ada, max_, lee, first, who):
    by = {"ada": ada, "max_": max_, "lee": lee}[who]
    lent(first, ada, max_)
    assert "give_back" in offered(by, first)

    actions.give_back(first, reason="人手不够", by=staff(by), at=LATER)

    assert people(first) == (ada, ada, None)
    how = Fact.objects.get(name="unit.given_back").data["how"]
    assert how == ("BY_DELEGATE" if by == max_ else "BY_OWNER")
    with pytest.raises(refusals.NotDelegated):
        actions.give_back(first, by=staff(ada), at=LATER)


@pytest.mark.parametrize("dispatched", [True, False])
def test_it_returns_by_itself_at_the_moment_set(ada, max_, first, dispatched):
    until = NINE + HOUR
    lent(first, ada, max_, until=until)
    assert inbox(max_, until - MINUTE) == [first]
    assert inbox(max_, until) == []
    if dispatched:
        while clocks.fire_due(until + MINUTE):
            pass
    with pytest.raises(NotAllowed):
        actions.save_draft(first, {}, by=staff(max_), at=until + MINUTE)
    submit(first >> 20, "a", until + 2 * MINUTE, staff(ada))

    told = Fact.objects.get(name="unit.given_back")
    assert (told.at, told.actor, told.data["how"]) == (until, "system:engine", "EXPIRED")


def test_a_date_is_a_date_also_for_a_suspended_process(ada, max_, first):
    lent(first, ada, max_, until=NINE + HOUR)
    actions.suspend(first >> 20, reason="等", by=SYSTEM, at=LATER)
    while clocks.fire_due(NINE + 2 * HOUR):
        pass

    assert people(first) == (ada, ada, None)
    assert Fact.objects.get(name="unit.given_back").at == NINE + HOUR


@pytest.mark.parametrize("back_early", [True, False])
def test_it_returns_when_the_leave_ends(ada, max_, first, back_early):
    with pytest.raises(refusals.OwnerNotAway):
        lent(first, ada, max_, while_away=True)
    leave = away(ada, NINE + HOUR, NINE + 3 * HOUR, None)
    lent(first, ada, max_, while_away=True)
    end = NINE + 2 * HOUR if back_early else NINE + 3 * HOUR
    if back_early:
        org.end_leave(leave_id=leave, by=SYSTEM, at=end)
    else:
        while clocks.fire_due(end):
            pass

    assert people(first) == (ada, ada, None)
    told = Fact.objects.get(name="unit.given_back")
    assert (told.at, told.data["how"]) == (end, "LEAVE_ENDED" if back_early else "EXPIRED")


def test_the_clock_goes_on_and_warns_the_delegate_as_they_like(ada, max_, first):
    actions.set_warning_lead(staff_id=max_, lead="90m", by=staff(max_), at=NINE)
    lent(first, ada, max_)
    clock = Clock.objects.get(owner=f"unit:{first}")
    assert (clock.due_at, tuple(clock.warn_texts)) == (NINE + 2 * HOUR, ("90m", "50%"))

    actions.give_back(first, by=staff(ada), at=LATER)

    assert tuple(Clock.objects.get(owner=f"unit:{first}").warn_texts) == ("50%",)


def test_a_unit_is_delegated_once_and_to_somebody_else_at_work(units, ada, max_, first):
    ill, gone = person("ill"), person("gone")
    away(ill, NINE - HOUR, NINE + HOUR, None)
    org.let_go(staff_id=gone, reason="离职", by=SYSTEM, at=NINE - HOUR)
    for nobody in (ada, ill, gone, 999):
        with pytest.raises(refusals.DelegateNotAvailable):
            lent(first, ada, nobody)
    with pytest.raises(refusals.DelegationOver):
        lent(first, ada, max_, until=NINE)
    assert people(first) == (None, None, None)
    lent(first, ada, max_)

    with pytest.raises(refusals.AlreadyDelegated):
        lent(first, max_, ill)
    with pytest.raises(refusals.AlreadyDelegated):
        lent(first, ada, ill)


def test_strangers_neither_delegate_nor_take_back(units, ada, max_, first):
    kim = person("kim", ("agent", units["west"]))
    with pytest.raises(NotAllowed):
        lent(first, kim, max_)
    lent(first, ada, max_)

    for verb in (actions.give_back, lambda *a, **k: actions.complete_delegation(*a, {}, **k)):
        with pytest.raises(NotAllowed):
            verb(first, by=staff(kim), at=LATER)
    with pytest.raises(NotAllowed):
        actions.complete_delegation(first, {}, by=staff(ada), at=LATER)


def test_a_supervisor_who_moves_the_unit_ends_the_delegation(units, ada, max_, lee, first):
    kim = person("kim", ("agent", units["east"]))
    lent(first, ada, max_, until=NINE + HOUR)

    actions.assign(first, to_staff_id=kim, by=staff(lee), at=LATER)

    assert people(first) == (kim, kim, None)
    assert inbox(max_) == []
    while clocks.fire_due(NINE + 90 * MINUTE):
        pass
    assert people(first) == (kim, kim, None)


def test_who_covers_for_the_delegate_works_on_it_too(units, ada, max_, first):
    kim = person("kim", ("agent", units["west"]))
    lent(first, ada, max_)
    away(max_, LATER, LATER + HOUR, kim)

    actions.complete_delegation(first, {}, by=staff(kim), at=LATER + timedelta(minutes=1))

    told = Fact.objects.get(name="unit.delegation_completed")
    assert (told.actor, told.on_behalf_of) == (f"staff:{kim}", f"staff:{ada}")
