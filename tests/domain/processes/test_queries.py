"""Lists and views: who sees which unit, in which order, and what they may do with it."""

from datetime import timedelta

import pytest

from bihuan.domain.org.queries import access_of
from bihuan.domain.processes import actions, queries
from bihuan.domain.processes.actions.reordering import reorder
from bihuan.domain.processes.choices import Tier
from bihuan.domain.processes.models import ProcessInstance
from bihuan.domain.processes.queries import InboxFilter, UnitMissing
from bihuan.engines.bpmn.model import LimitGroup
from tests.domain.org.given import away
from tests.domain.processes.given import (
    HOUR,
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
LINE = process(
    "a user post=agent limit=2h warnAt=50%; b user post=supervisor excludes=a",
    "start a; a b; b end",
    LimitGroup("whole", "整单", "1wd", ("a", "b")),
)


@pytest.fixture
def units():
    publish(LINE)
    return place()


def seen(staff_id, at=NINE, **wanted):
    return [
        row.id
        for row in queries.inbox(access_of(staff_id, at), at=at, wanted=InboxFilter(**wanted)).rows
    ]


def test_the_inbox_shows_open_units_of_ones_posts_below_ones_place(units):
    top, east = person("top", ("agent", units["hq"])), person("east", ("agent", units["east"]))
    boss = person("boss", ("supervisor", units["hq"]))
    here, there = started(units["east1"]), started(units["west"])

    assert set(seen(top)) == {unit(here.id, "a").pk, unit(there.id, "a").pk}
    assert seen(east) == [unit(here.id, "a").pk]
    assert seen(boss) == []


def test_a_claimed_unit_is_in_one_inbox_only(units):
    one, two = person("one", ("agent", units["east"])), person("two", ("agent", units["east"]))
    first = unit(started(units["east"]).id, "a").pk
    actions.claim(first, by=staff(one), at=NINE)

    assert (seen(one), seen(two), seen(one, open_only=True)) == ([first], [], [])


def test_the_delegate_sees_the_work_of_the_colleague_on_leave_and_only_then(units):
    owner, helper = person("owner", ("agent", units["east"])), person("helper")
    mine = unit(started(units["east"]).id, "a").pk
    open_one = unit(started(units["east"]).id, "a").pk
    actions.claim(mine, by=staff(owner), at=NINE)
    away(owner, NINE, NINE + HOUR, helper)

    assert set(seen(helper, NINE)) == {mine, open_one}
    assert seen(helper, NINE + HOUR) == []


def test_the_most_overdue_comes_first_and_the_paused_last(units):
    agent = person("agent", ("agent", units["east"]))
    made = [
        started(units["east"], NINE + delay * timedelta(minutes=1)) for delay in (30, 0, 60, 45)
    ]
    actions.suspend(made[3].id, reason="等客户", by=SYSTEM, at=NINE + HOUR)

    order = [row.instance_id for row in queries.inbox(access_of(agent, NINE), at=NINE).rows]

    assert order == [made[1].id, made[0].id, made[2].id, made[3].id]


def test_priority_gives_a_head_start_but_nobody_is_overdue_by_it(units):
    agent = person("agent", ("agent", units["east"]))
    made = [started(units["east"], NINE + delay * HOUR) for delay in (0, 2, 3)]
    ProcessInstance.objects.filter(pk=made[2].id).update(root="thing:2")
    assert [reorder({"thing:2": 80}) for _ in range(2)] == [1, 0]
    now = (
        NINE + 2 * HOUR
    )  # the first is overdue, the third due in three hours: 2.4 hours of head start

    order = [row.instance_id for row in queries.inbox(access_of(agent, now), at=now).rows]
    assert order == [made[0].id, made[2].id, made[1].id]
    assert [row.priority for row in queries.inbox(access_of(agent, now), at=now).rows] == [0, 80, 0]
    counts = queries.inbox_counts(access_of(agent, now), at=now).tiers
    for tier in Tier:
        assert len(seen(agent, now, tier=tier)) == counts[tier], tier
    late = (
        NINE + 3 * HOUR + timedelta(minutes=30)
    )  # its turn has come, it is not due: not among the overdue
    assert unit(made[2].id, "a").pk not in seen(agent, late, tier=Tier.OVERDUE)
    assert unit(made[2].id, "a").pk in seen(agent, late, tier=Tier.NORMAL)


def test_tiles_count_what_the_filter_shows(units):
    agent = person("agent", ("agent", units["east"]))
    starts = {Tier.OVERDUE: 0, Tier.WARN: 45, Tier.NORMAL: 110}
    for minutes in starts.values():
        started(units["east"], NINE + minutes * timedelta(minutes=1))
    paused = started(units["east"])
    actions.suspend(paused.id, reason="等客户", by=SYSTEM, at=NINE)
    now = NINE + 2 * HOUR

    counts = queries.inbox_counts(access_of(agent, now), at=now)

    assert counts.tiers == {"overdue": 1, "warn": 1, "normal": 1, "paused": 1}
    assert counts.titles == {"a": 4}
    for tier in Tier:
        rows = queries.inbox(access_of(agent, now), at=now, wanted=InboxFilter(tier=tier)).rows
        assert [row.tier for row in rows] == [tier]


def test_the_inbox_pages_both_ways_without_gaps(units):
    agent = person("agent", ("agent", units["east"]))
    all_of_them = [started(units["east"], NINE + n * timedelta(minutes=1)).id for n in range(7)]
    access = access_of(agent, NINE)

    def page(**where):
        return queries.inbox(access, at=NINE, size=3, **where)

    first = page()
    second = page(after=first.next_cursor)
    third = page(after=second.next_cursor)
    back = page(before=third.prev_cursor)

    pages = [[row.instance_id for row in one.rows] for one in (first, second, third, back)]
    assert pages == [all_of_them[:3], all_of_them[3:6], all_of_them[6:], all_of_them[3:6]]
    assert (first.prev_cursor, third.next_cursor) == ("", "")


def test_a_unit_offers_what_this_person_may_do(units):
    agent, other = (
        person("agent", ("agent", units["east"])),
        person("other", ("agent", units["west"])),
    )
    boss = person("boss", ("supervisor", units["hq"]))
    done = started(units["east"])
    first = unit(done.id, "a").pk

    before = queries.unit(access_of(agent, NINE), first, at=NINE)
    actions.claim(first, by=staff(agent), at=NINE)
    after = queries.unit(access_of(agent, NINE), first, at=NINE)
    from_above = queries.unit(access_of(boss, NINE), first, at=NINE)

    always = {"submit", "save_draft", "return", "transfer", "carbon_copy", "request_extension"}
    mine = {*always, "add_co_handler", "delegate"}
    assert before.operations == {"claim", *mine}
    assert after.operations == {"release", *mine}
    from_above_too = {"assign", "transfer", "release", "add_co_handler", "delegate"}
    assert from_above.operations == from_above_too
    assert (after.assignee, after.rev) == ("Agent", 1)
    with pytest.raises(UnitMissing):
        queries.unit(access_of(other, NINE), 1 << 50, at=NINE)


def test_the_handler_is_not_offered_the_verification(units):
    both = person("both", ("agent", units["east"]), ("supervisor", units["east"]))
    done = started(units["east"])
    submit(done.id, "a", by=staff(both))

    view = queries.unit(access_of(both, NINE), unit(done.id, "b").pk, at=NINE)

    assert not view.operations & {"claim", "submit"}
    assert [(t.node, t.title) for t in view.return_targets] == [("a", "a")]


def test_the_strip_shows_every_unit_with_its_latest_run(units):
    done = started(units["east"])
    submit(done.id, "a")
    actions.return_unit(unit(done.id, "b").pk, reason="重办", by=SYSTEM, at=NINE)

    strip = queries.units_of(done.id)
    groups = queries.clock_groups(done.id)

    assert [(u.node, u.state, u.visits) for u in strip] == [("a", "OPEN", 2), ("b", "CANCELLED", 1)]
    assert [(g.id, g.owner) for g in groups] == [("whole", f"group:{done.id}:whole")]


def test_the_latest_form_with_a_field_says_who_filled_it_in(units):
    agent = person("agent", ("agent", units["east"]))
    done = started(units["east"])
    submit(done.id, "a", by=staff(agent), handling="换灯泡")

    found = queries.last_form_with(done.id, "handling")

    assert found is not None
    assert (found.form["handling"], found.by.ref) == ("换灯泡", f"staff:{agent}")
    assert queries.last_form_with(done.id, "nothing") is None
