"""Supervision orders and the customer's urging: MON-08, TKT-23."""

import pytest

from bihuan.domain.cases import actions, queries
from bihuan.domain.cases.actions import steps, supervision
from bihuan.domain.cases.actions.supervision import Order
from bihuan.domain.cases.choices import ClosureKind
from bihuan.domain.cases.models import Case, SupervisionOrder
from bihuan.domain.clocks import actions as clocks
from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.ledger.queries import facts_of
from bihuan.domain.notifications import queries as notices
from bihuan.domain.notifications.models import Notice
from bihuan.domain.org import actions as org
from bihuan.domain.org.queries import access_of, actor_for, staff_by_login
from bihuan.domain.processes import actions as processes
from bihuan.kit.problems import NotAllowed
from tests.domain.cases import given
from tests.domain.cases.given import MORNING, later
from tests.domain.escalations.test_ladders import NINE, loop, minutes, open_unit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def places() -> dict[str, int]:
    centre = given.org_unit()
    return {"centre": centre, "north": given.org_unit("NORTH", "北区", centre)}


@pytest.fixture
def lee(places) -> Actor:
    """The supervisor."""
    return Actor(given.person("lee", places["centre"], "case.view", "case.supervise").ref)


@pytest.fixture
def kim(places) -> Actor:
    """Who must answer, in a unit below."""
    return Actor(given.person("kim", places["north"], "case.view", "unit.work").ref)


@pytest.fixture
def ann(places) -> Actor:
    """Kim's own superior."""
    return Actor(given.person("ann", places["north"], "case.view", "case.supervise").ref)


def issued(case: Case, lee: Actor, kim: Actor, limit: str = "PT2H") -> SupervisionOrder:
    order = Order(kim.staff_id, "三天没有答复客户", limit, "")
    found = actions.issue_supervision(case_id=case.pk, order=order, by=lee, at=later(1))
    return SupervisionOrder.objects.get(pk=found)


def told(case: Case) -> list[str]:
    return [fact.name for fact in reversed(facts_of(f"case:{case.pk}", size=100).rows)]


def titles(who: Actor) -> list[str]:
    access = access_of(who.staff_id, later(1))
    return [one.title for one in notices.notices_for(access).rows]


def dispatch(hours: float) -> None:
    while clocks.fire_due(later(hours)):
        pass


def test_an_order_names_who_why_and_until_when_and_the_addressee_is_told(lee, kim):
    case = given.stored_case()

    order = issued(case, lee, kim)

    assert (order.state, order.due_at) == ("ISSUED", later(3))
    assert told(case) == ["case.supervision_issued"]
    assert titles(kim) == ["260302-0001 督办：三天没有答复客户"]
    assert titles(lee) == []


def test_an_answer_in_time_stops_the_clock_and_waits_for_the_issuer(lee, kim):
    case = given.stored_case()
    order = issued(case, lee, kim)

    actions.answer_supervision(order_id=order.pk, answer="已联系客户", by=kim, at=later(2))
    dispatch(9)

    order.refresh_from_db()
    assert (order.state, order.answer, order.escalated_at) == ("ANSWERED", "已联系客户", None)
    assert titles(lee) == ["260302-0001 督办已答复：三天没有答复客户"]


def test_an_order_nobody_answers_goes_to_the_superiors_once(lee, kim, ann):
    case = given.stored_case()
    order = issued(case, lee, kim)

    dispatch(3)
    dispatch(30)

    order.refresh_from_db()
    assert order.escalated_at == later(3)
    assert titles(ann) == ["260302-0001 督办逾期未答复：三天没有答复客户"]
    assert titles(lee) == titles(ann)
    assert told(case).count("case.supervision_overdue") == 1


def test_an_answer_late_by_the_clock_escalates_first_even_without_a_dispatcher(lee, kim, ann):
    case = given.stored_case()
    order = issued(case, lee, kim)

    actions.answer_supervision(order_id=order.pk, answer="来晚了", by=kim, at=later(5))

    order.refresh_from_db()
    assert (order.state, order.escalated_at) == ("ANSWERED", later(3))
    assert len(titles(ann)) == 1
    assert told(case)[1:] == ["case.supervision_overdue", "case.supervision_answered"]


def test_an_answer_that_is_not_enough_begins_another_round_with_the_same_limit(lee, kim):
    case = given.stored_case()
    order = issued(case, lee, kim)
    actions.answer_supervision(order_id=order.pk, answer="在办", by=kim, at=later(2))

    actions.confirm_supervision(
        order_id=order.pk, is_enough=False, note="没有说明何时办完", by=lee, at=later(2.5)
    )

    order.refresh_from_db()
    assert (order.state, order.round, order.due_at) == ("ISSUED", 2, later(4.5))
    assert titles(kim)[0].startswith("260302-0001 督办答复被退回")


def test_a_confirmed_order_is_ended_and_can_be_neither_answered_nor_withdrawn(lee, kim):
    order = issued(given.stored_case(), lee, kim)
    actions.answer_supervision(order_id=order.pk, answer="已办完", by=kim, at=later(2))
    actions.confirm_supervision(order_id=order.pk, is_enough=True, by=lee, at=later(3))

    with pytest.raises(supervision.SupervisionNotOpen):
        actions.answer_supervision(order_id=order.pk, answer="再答", by=kim, at=later(4))
    with pytest.raises(supervision.SupervisionNotOpen):
        actions.withdraw_supervision(order_id=order.pk, reason="误发", by=lee, at=later(4))

    order.refresh_from_db()
    assert (order.state, order.ended_at) == ("CONFIRMED", later(3))


def test_only_the_addressee_or_who_stands_in_answers(lee, kim, places):
    max_ = Actor(given.person("max", places["north"], "case.view", "unit.work").ref)
    order = issued(given.stored_case(), lee, kim)

    with pytest.raises(NotAllowed):
        actions.answer_supervision(order_id=order.pk, answer="代答", by=max_, at=later(2))
    leave = org.Absence(kim.staff_id, later(1.5), later(48), delegate_id=max_.staff_id)
    org.record_leave(absence=leave, by=SYSTEM, at=later(1.5))
    actions.answer_supervision(order_id=order.pk, answer="代答", by=max_, at=later(2))

    fact = facts_of(f"case:{order.case_id}", names=["case.supervision_answered"]).rows[0]
    assert (fact.actor, fact.on_behalf_of) == (max_.ref, kim.ref)


def test_whoever_may_not_supervise_there_issues_nothing(kim, ann):
    case = given.stored_case()

    with pytest.raises(NotAllowed):
        issued(case, ann, kim)

    assert told(case) == []


def test_the_addressee_may_see_the_case_they_must_answer_about(lee, places):
    south = given.org_unit("SOUTH", "南区", places["centre"])
    eve = given.person("eve", south, "case.view")
    case = given.stored_case(org_unit_id=places["north"])

    issued(case, lee, Actor(eve.ref))

    assert queries.case_view(eve, case.number).row.id == case.pk
    [row] = queries.supervision_to_answer(eve).rows
    assert (row.number, row.operations) == (case.number, ("answer",))


def test_the_operations_offered_follow_the_state(lee, kim):
    case = given.stored_case()
    order = issued(case, lee, kim)
    boss, clerk = (access_of(one.staff_id, later(2)) for one in (lee, kim))

    assert queries.supervision_order(boss, order.pk).operations == ("withdraw",)
    actions.answer_supervision(order_id=order.pk, answer="已办", by=kim, at=later(2))
    assert queries.supervision_order(boss, order.pk).operations == (
        "confirm",
        "return",
        "withdraw",
    )
    assert queries.supervision_order(clerk, order.pk).operations == ()


def test_a_customer_urges_their_own_case_and_it_is_counted(kim, places):
    ada = given.customer("周文静", places["centre"])
    case = given.stored_case(customer_id=ada)
    given.Standing.objects.filter(case=case).update(assignee_id=kim.staff_id)

    first = actions.urge_case(case_id=case.pk, by=Actor(f"customer:{ada}"), at=later(1))
    count = actions.urge_case(case_id=case.pk, note="还没人来", by=SYSTEM, at=later(2))

    case.refresh_from_db()
    assert (first, count, case.urge_count) == (1, 2, 2)
    assert titles(kim) == [
        "260302-0001 客户第 2 次催办：路灯不亮",
        "260302-0001 客户第 1 次催办：路灯不亮",
    ]
    with pytest.raises(NotAllowed):
        actions.urge_case(case_id=case.pk, by=Actor(f"customer:{ada + 1}"), at=later(3))


def test_a_closed_case_is_not_urged():
    case = given.stored_case()
    step = given.step(case, Actor("system:import"))
    steps.close_apart(step, ClosureKind.IMPORTED, reason="对方已关闭")

    with pytest.raises(steps.CaseAlreadyClosed):
        actions.urge_case(case_id=case.pk, by=SYSTEM, at=later(2))

    case.refresh_from_db()
    assert case.urge_count == 0
    assert case.opened_at == MORNING


def test_what_others_put_into_ones_hands_is_told_and_what_one_takes_is_not():
    case = loop()
    lead, shimo, beilei = (staff_by_login(f"yh-{one}").pk for one in ("situ", "shimo", "beilei"))

    processes.claim(open_unit(case), by=actor_for(shimo, NINE), at=minutes(5))
    assert not Notice.objects.filter(topic="DISPATCH").exists()
    who = {"by": actor_for(lead, NINE), "at": minutes(10)}
    processes.assign(open_unit(case), to_staff_id=beilei, reason="石墨外出", **who)

    [notice] = Notice.objects.filter(topic="DISPATCH")
    assert (notice.staff_id, notice.title) == (
        beilei,
        f"{case.number} 责任部门办理派给您：漏水",
    )
