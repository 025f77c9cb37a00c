"""Links, mass incidents, merges with undo, bursts (TKT-18, TKT-19)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from bihuan.domain.cases import actions, queries
from bihuan.domain.cases.actions import bursts, gathering, open_case, steps
from bihuan.domain.cases.actions.gathering import JointAnswer
from bihuan.domain.cases.events import CaseRequest, OpenedCase
from bihuan.domain.cases.models import Burst, Case
from bihuan.domain.cases.rules import Weight
from bihuan.domain.clocks import queries as clock_queries
from bihuan.domain.escalations.models import Escalation
from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.ledger.queries import facts_of
from bihuan.domain.notifications.models import Notice
from bihuan.domain.org.queries import access_of, actor_for, staff_by_login, unit_by_code
from bihuan.domain.processes import actions as processes
from bihuan.domain.processes.models import Token
from bihuan.kit.problems import NotAllowed
from tests.domain.escalations.test_ladders import DESK, NINE, dispatch, loop, minutes, open_unit

pytestmark = pytest.mark.django_db
HANDLE = {
    "contacted_at": "2026-03-02 09:20",
    "cause": "works",
    "handling": "重做防水层并试水",
    "reply": "已修好请验收",
}


def another(title: str = "又漏水", at: float = 0) -> OpenedCase:
    request = CaseRequest(
        "complaint", title, unit_by_code("yh").id, class_code="complaint.quality.leak"
    )
    case = open_case(request, by=SYSTEM, at=minutes(at))
    processes.submit(open_unit(case), DESK, by=SYSTEM, at=minutes(at))
    return case


def person(login: str) -> Actor:
    return actor_for(staff_by_login(login).pk, NINE)


def merge(one: OpenedCase, into: OpenedCase, at: float, by: Actor | None = None) -> int:
    by = by or person("yh-taoran")
    return actions.merge_case(
        case_id=one.id, into_id=into.id, reason="同一处漏水", by=by, at=minutes(at)
    )


def undo(one: OpenedCase, at: float) -> None:
    actions.undo_merge(case_id=one.id, reason="不是同一户", by=person("yh-taoran"), at=minutes(at))


def state(case: OpenedCase) -> dict[str, object]:
    """Everything a list, a page or a metric reads of a case."""
    row = Case.objects.values().get(pk=case.id)
    units = Token.objects.filter(instance_id=case.instance_id, kind="USER").order_by("id")
    left = {
        one.owner: (one.state, one.limit_text, one.level, one.calendar)
        for one in clock_queries.clocks_of(case.ref)
    }
    return {**row, "units": list(units.values_list("node", "state", "assignee_id")), "left": left}


def left_of(case: OpenedCase, at: float) -> timedelta:
    clock = clock_queries.live_clock(f"unit:{open_unit(case)}")
    assert clock is not None
    assert clock.due_at is not None
    return clock.due_at - minutes(at)


def told(case: OpenedCase) -> list[str]:
    return [fact.name for fact in reversed(facts_of(case.ref, size=200).rows)]


def test_three_merged_and_one_taken_back_stands_as_it_stood():
    first, second, third = loop(), another("楼下漏水"), another("阳台漏水")
    before, timeline = state(third), told(third)
    left = left_of(third, 30)

    merge(second, first, 30)
    merge(third, first, 30)
    undo(third, 90)

    after = state(third)
    assert after == before
    assert left_of(third, 90) == left
    assert told(third)[: len(timeline)] == timeline
    added = told(third)[len(timeline) :]
    assert [name for name in added if name.startswith("case.")] == ["case.merged", "case.unmerged"]
    assert Case.objects.get(pk=second.id).state == "MERGED"
    assert Case.objects.get(pk=first.id).state == "OPEN"
    assert queries.survivor_number(second.number) == first.number
    assert queries.survivor_number(third.number) == third.number


def test_merging_into_a_merged_case_goes_to_its_survivor():
    first, second, third = loop(), another(), another()
    merge(second, first, 10)

    survivor = merge(third, second, 20)

    assert survivor == first.id
    assert Case.objects.get(pk=third.id).merged_into_id == first.id


def test_a_chain_leads_to_its_end_and_undoing_the_middle_keeps_the_rest():
    first, second, third = loop(), another(), another()
    merge(third, second, 10)
    merge(second, first, 20)

    assert queries.survivor_number(third.number) == first.number
    undo(second, 30)

    assert queries.survivor_number(third.number) == second.number


def test_no_ring_of_merges():
    first, second = loop(), another()
    merge(second, first, 10)

    with pytest.raises(gathering.MergedIntoItself):
        merge(first, second, 20)
    with pytest.raises(gathering.SameCase):
        merge(first, first, 20)

    assert Case.objects.get(pk=first.id).state == "OPEN"


def test_a_merged_case_rests_its_clocks_and_its_ladder():
    first, second = loop(), another()
    merge(second, first, 30)

    dispatch(minutes(3000))

    assert not Escalation.objects.filter(subject=second.ref).exists()
    assert Escalation.objects.filter(subject=first.ref).exists()


def test_nothing_moves_a_merged_case_and_resuming_it_is_refused():
    first, second = loop(), another()
    merge(second, first, 30)
    lead = person("yh-situ")

    with pytest.raises(steps.CaseIsMerged):
        processes.resume(second.instance_id, by=lead, at=minutes(40))
    with pytest.raises(steps.ComplaintNeedsTheCustomer):
        processes.terminate(second.instance_id, reason="清理", by=lead, at=minutes(40))
    with pytest.raises(steps.CaseIsMerged):
        actions.grade_case(case_id=second.id, weight=Weight(3, 3, 3), by=lead, at=minutes(40))

    assert Case.objects.get(pk=second.id).state == "MERGED"


def test_what_rested_before_the_merge_rests_after_it_is_undone():
    first, second = loop(), another()
    processes.suspend(second.instance_id, reason="等客户", by=person("yh-situ"), at=minutes(20))

    merge(second, first, 30)
    undo(second, 60)

    clock = clock_queries.live_clock(f"unit:{open_unit(second)}")
    assert clock is not None
    assert clock.state == "PAUSED"


def test_who_may_not_merge_does_not():
    first, second = loop(), another()

    with pytest.raises(NotAllowed):
        merge(second, first, 10, by=person("yh-shimo"))

    assert Case.objects.get(pk=second.id).merged_into_id is None


def test_the_database_refuses_a_merged_state_without_a_survivor():
    case = loop()

    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.filter(pk=case.id).update(state="MERGED")


def test_one_answer_serves_all_children_under_their_own_rules():
    parent, first, second = loop(), another(), another()
    who = {"by": person("yh-taoran"), "at": minutes(5)}
    for child in (first, second):
        actions.join_incident(case_id=child.id, parent_id=parent.id, **who)
    processes.suspend(second.instance_id, reason="等客户", by=person("yh-situ"), at=minutes(6))

    kept = actions.answer_together(
        case_id=parent.id,
        answer=JointAnswer("整楼外墙统一维修", "handle", HANDLE),
        by=person("yh-shimo"),
        at=minutes(60),
    )

    assert list(kept) == [second.number]
    assert Token.objects.get(pk=open_unit(first)).node == "review"
    assert Token.objects.get(pk=open_unit(second)).node == "handle"
    around = queries.gathered(access_of(person("yh-situ").staff_id, NINE), parent.id)
    assert [row.number for row in around.children] == [first.number, second.number]


def test_a_mass_incident_has_one_level():
    parent, child, other = loop(), another(), another()
    who = {"by": person("yh-taoran"), "at": minutes(5)}
    actions.join_incident(case_id=child.id, parent_id=parent.id, **who)

    with pytest.raises(gathering.NotAParent):
        actions.join_incident(case_id=other.id, parent_id=child.id, **who)
    with pytest.raises(gathering.NotAParent):
        actions.join_incident(case_id=parent.id, parent_id=other.id, **who)


def test_links_are_made_once_and_taken_back():
    first, second = loop(), another()
    who = {"by": person("yh-taoran"), "at": minutes(5)}

    assert actions.link_cases(case_id=first.id, other_id=second.id, **who)
    assert not actions.link_cases(case_id=second.id, other_id=first.id, **who)
    actions.unlink_cases(case_id=second.id, other_id=first.id, **who)

    access = access_of(person("yh-situ").staff_id, NINE)
    assert queries.gathered(access, first.id).linked == ()
    assert told(second)[-2:] == ["case.linked", "case.unlinked"]


def test_the_same_problem_five_times_in_two_hours_is_reported_upwards_once():
    loop()
    for at in (10, 20, 30):
        another(at=at)
    assert not Burst.objects.exists()

    last = another(at=40)
    another(at=50)

    burst = Burst.objects.get()
    assert (len(burst.case_ids), burst.detected_at) == (6, minutes(40))
    assert "case.burst_detected" in told(last)
    lead = person("yh-situ")
    notices = Notice.objects.filter(staff_id=lead.staff_id, topic="BURST")
    assert [one.title for one in notices] == ["云海集团“漏水渗水”短时间内出现 5 件"]


def test_a_burst_is_taken_in_hand_once_by_one_of_those_told():
    loop()
    for at in (10, 20, 30, 40):
        another(at=at)
    burst, lead = Burst.objects.get(), person("yh-situ")

    with pytest.raises(NotAllowed):
        actions.take_burst(burst_id=burst.pk, by=person("yh-taoran"), at=minutes(50))
    assert [one.can_take for one in queries.bursts(access_of(lead.staff_id, NINE))] == [True]
    actions.take_burst(burst_id=burst.pk, note="组织排查", by=lead, at=minutes(50))
    with pytest.raises(bursts.BurstTaken):
        actions.take_burst(burst_id=burst.pk, by=lead, at=minutes(55))

    assert queries.bursts(access_of(lead.staff_id, NINE)) == []


def test_five_cases_over_a_week_are_no_burst():
    loop()
    for day in range(1, 5):
        another(at=day * 24 * 60)

    assert not Burst.objects.exists()


def test_what_nobody_has_judged_is_no_burst_until_it_gets_its_class():
    loop()
    request = CaseRequest("complaint", "来信", unit_by_code("yh").id, channel="EMAIL")
    cases = [open_case(request, by=SYSTEM, at=minutes(at)) for at in (10, 20, 30, 40, 50)]
    assert not Burst.objects.exists()

    for case in cases:
        steps.classify(steps.Step(case.id, SYSTEM, minutes(55)), "complaint.quality.leak")

    assert {case.id for case in cases} <= set(Burst.objects.get().case_ids)
