"""Customers go to somebody else on a manager's signature, all or none; the new owner calls in one working day."""

from datetime import timedelta

import pytest

from bihuan.domain.clocks import actions as clocks, queries as clock_queries
from bihuan.domain.customers.actions import profiling, segments
from bihuan.domain.customers.models import Customer, Tenure
from bihuan.domain.customers.queries import CustomerUnknown
from bihuan.domain.customers.queries.segments import SegmentUnknown
from bihuan.domain.ledger import queries as ledger
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.notifications.models import Notice
from bihuan.domain.portfolios.actions import first_calls, handovers
from bihuan.domain.portfolios.actions.telling import OwnMatter
from bihuan.domain.portfolios.choices import CallOutcome, HandoverState
from bihuan.domain.portfolios.queries import handovers as queries
from bihuan.kit.problems import NotAllowed
from tests.domain.org.given import NOON
from tests.domain.portfolios import given

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def house():
    return given.house()


@pytest.fixture
def three(house):
    return [
        given.customer(house, name, f"1381234000{n}", house.ada)
        for n, name in enumerate(("甲公司", "乙公司", "丙公司"))
    ]


def ask(house, ids, who=None):
    new = handovers.NewHandover(ids, "换片区，交给白雅", "全部客户")
    return handovers.ask_for_handover(new=new, by=given.by(who or house.ada), at=NOON)


def sign(house, asked, at=NOON):
    return handovers.sign_handover(
        handover_id=asked.pk, owner_id=house.bea, by=given.by(house.boss), at=at
    )


def owners(ids):
    return list(
        Customer.objects.filter(pk__in=ids).order_by("id").values_list("owner_id", flat=True)
    )


def call(house, line, at, who=None):
    return first_calls.note_first_call(
        line_id=line.pk,
        call=first_calls.FirstCall(CallOutcome.REACHED, "客户知道了"),
        by=given.by(who or house.bea),
        at=at,
    )


def test_signed_all_move_at_once_and_both_are_told(house, three):
    asked = ask(house, three)
    assert owners(three) == [house.ada] * 3

    sign(house, asked)

    assert owners(three) == [house.bea] * 3
    held = Tenure.objects.filter(customer_id=three[0]).order_by("id")
    assert [(one.staff_id, one.owned_until) for one in held] == [
        (house.ada, NOON),
        (house.bea, None),
    ]
    fact = next(
        one
        for one in ledger.facts_of(f"customer:{three[0]}").rows
        if one.name == "customer.owner_changed"
    )
    assert fact.data == {"before": house.ada, "owner": house.bea}
    assert fact.reason.startswith(f"划转 H{asked.pk}")
    told = {one.staff_id: one.title for one in Notice.objects.filter(root=f"handover:{asked.pk}")}
    assert set(told) == {house.boss, house.bea, house.ada}
    assert told[house.bea].startswith("新接手 3 位客户")


def test_one_that_moved_in_between_stops_all(house, three):
    asked = ask(house, three)
    profiling.assign_owner(
        customer_id=three[1], staff_id=house.bea, reason="另行安排", by=SYSTEM, at=NOON
    )

    with pytest.raises(handovers.OwnersChanged):
        sign(house, asked)

    assert owners(three) == [house.ada, house.bea, house.ada]
    asked.refresh_from_db()
    assert asked.state == HandoverState.ASKED


def test_nobody_asks_for_customers_they_do_not_see_nor_signs_their_own(house, three):
    with pytest.raises(CustomerUnknown):
        ask(house, three, house.bea)
    asked = ask(house, three)
    with pytest.raises(NotAllowed):
        handovers.sign_handover(
            handover_id=asked.pk, owner_id=house.bea, by=given.by(house.bea), at=NOON
        )
    by_boss = handovers.ask_for_handover(
        new=handovers.NewHandover(three, "集中到白雅"), by=given.by(house.boss), at=NOON
    )
    with pytest.raises(OwnMatter):
        sign(house, by_boss)
    with pytest.raises(handovers.OwnerUnusable):
        handovers.sign_handover(
            handover_id=asked.pk, owner_id=house.outsider, by=given.by(house.boss), at=NOON
        )


def test_first_calls_are_scored_by_when_they_came(house, three):
    signed = sign(house, ask(house, three))
    due = signed.due_at
    first, second, third = signed.lines.order_by("id")

    assert call(house, first, NOON + timedelta(hours=1)) is True
    with pytest.raises(NotAllowed):
        call(house, second, NOON, house.ada)
    assert call(house, second, due + timedelta(minutes=1)) is False
    assert call(house, first, due + DAY) is True, "noted again, nothing changes"

    row = queries.handover(given.access(house.boss), signed.pk)
    assert (row.count, row.called, row.late, row.in_time) == (3, 2, 1, 33)
    assert clock_queries.live_clock(signed.ref) is not None
    call(house, third, due + timedelta(minutes=2))
    assert clock_queries.live_clock(signed.ref) is None


def test_who_was_not_called_in_time_is_told_of(house, three):
    signed = sign(house, ask(house, three))

    clocks.fire_all_due(at=signed.due_at)

    late = Notice.objects.filter(title__contains="超过一个工作日未联系")
    assert {one.staff_id for one in late} == {house.bea, house.boss}
    warned = Notice.objects.get(title__contains="即将超时")
    assert warned.staff_id == house.bea


def test_undone_before_the_first_call_everybody_goes_back(house, three):
    signed = sign(house, ask(house, three))

    def undo():
        return handovers.undo_handover(
            handover_id=signed.pk, reason="签错了人", by=given.by(house.boss), at=NOON
        )

    undo()
    assert undo().state == HandoverState.UNDONE, "undone twice is undone once"
    assert owners(three) == [house.ada] * 3

    again = sign(house, ask(house, three))
    call(house, again.lines.first(), NOON)
    with pytest.raises(handovers.AlreadyCalled):
        handovers.undo_handover(
            handover_id=again.pk, reason="签错了人", by=given.by(house.boss), at=NOON
        )


def test_packs_say_which_customers_are_found(house, three):
    for customer, size in zip(three, ("2", "3", "许多"), strict=True):
        profiling.set_attributes(
            customer_id=customer, values={"fleet_size": size}, by=SYSTEM, at=NOON
        )
    access = given.access(house.ada)

    def found(code, at=NOON):
        rows = queries.candidates(access, owner_ids=[house.ada], code=code, at=at)
        return [row.name for row in rows]

    assert sorted(found("")) == ["丙公司", "乙公司", "甲公司"]
    assert found("fleets") == ["乙公司"]
    assert found("old") == []
    assert len(found("old", NOON + 400 * DAY)) == 3
    assert queries.candidates(given.access(house.bea), owner_ids=[house.ada], at=NOON) == []


def test_a_kept_segment_finds_customers_too_for_who_may_use_segments(house, three):
    profiling.set_attributes(customer_id=three[1], values={"fleet_size": "3"}, by=SYSTEM, at=NOON)
    condition = {"is": "field.fleet_size", "op": "eq", "value": "3"}
    draft = segments.SegmentDraft("三台车", condition, is_shared=True)
    boss = given.access(house.boss)
    kept = segments.save_segment(access=boss, draft=draft, by=given.by(house.boss), at=NOON)

    code = f"segment-{kept}"
    assert code in [one.code for one in queries.offered(boss)]
    found = queries.candidates(boss, owner_ids=[house.ada], code=code, at=NOON)
    assert [one.id for one in found] == [three[1]]
    assert code not in [one.code for one in queries.offered(given.access(house.ada))]
    with pytest.raises(SegmentUnknown):
        queries.candidates(given.access(house.ada), owner_ids=[house.ada], code=code, at=NOON)
