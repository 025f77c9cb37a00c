"""The customer's own answer on the portal is an answer like that of a call-back, and nobody else's (decision 0200)."""

from datetime import timedelta

import pytest

from bihuan.domain.cases import actions
from bihuan.domain.cases.actions import portal
from bihuan.domain.cases.actions.portal import answering, pressing
from bihuan.domain.cases.actions.steps import CaseAlreadyClosed, CaseIsMerged
from bihuan.domain.cases.models import Closure, Consent, CustomerUrge
from bihuan.domain.cases.queries.progress import progress
from bihuan.domain.clocks import actions as clocks
from bihuan.domain.ledger.events import Actor
from bihuan.domain.ledger.queries import facts_of
from bihuan.domain.notifications.models import Notice
from bihuan.domain.org.models import Staff
from bihuan.domain.processes import actions as processes
from bihuan.kit.problems import Invalid, NotFound
from tests.domain.cases.portal import given
from tests.domain.cases.portal.given import minutes

pytestmark = pytest.mark.django_db
YES = portal.PublicAnswer(agreed=True, score=5, words="谢谢")
NO = portal.PublicAnswer(agreed=False, reason="还在漏，开热水时滴水")


def answer(made: portal.Sent, said: portal.PublicAnswer, at: float = 40) -> None:
    portal.answer_case(made.case_id, said, by=given.customer(made), at=minutes(at))


def test_agreeing_closes_by_consent_of_the_customer_themselves():
    made = given.handled()

    answer(made, YES)

    consent, closure = Consent.objects.get(), Closure.objects.get()
    assert (consent.asked_by, consent.channel) == (f"customer:{made.customer_id}", "WEB")
    assert (consent.score, consent.note) == (5, "谢谢")
    assert (closure.kind, given.case(made).state) == ("CONSENT", "CLOSED")
    verified = next(f for f in facts_of(f"case:{made.case_id}").rows if f.name == "case.verified")
    assert verified.on_behalf_of == f"customer:{made.customer_id}"


def test_refusing_is_rework_with_a_raised_level_as_after_a_call():
    made = given.handled()

    answer(made, NO)

    case = given.case(made)
    assert (case.state, case.rework_count, case.level) == ("OPEN", 1, 2)
    assert given.open_unit(made.case_id).node == "handle"
    assert Consent.objects.get().note == NO.reason


def test_a_unit_somebody_was_about_to_call_from_is_taken_out_of_their_hands():
    made = given.handled()
    processes.claim(given.open_unit(made.case_id).pk, by=given.person("yh-murong"), at=minutes(35))

    answer(made, YES)

    told = Notice.objects.get(staff__login_name="yh-murong", topic="CASE")
    assert "客户已在网上答复" in told.title
    assert Consent.objects.get().asked_by == f"customer:{made.customer_id}"


def test_the_customer_may_answer_while_the_process_waits_to_call_again():
    made = given.handled()
    given.submit(made.case_id, "yh-murong", {"reached": "silent"}, 35)

    answer(made, YES, at=50)

    assert given.case(made).state == "CLOSED"


def test_the_customer_may_answer_when_the_case_is_held():
    made = given.handled()
    at = 35
    for _ in range(3):
        given.submit(made.case_id, "yh-murong", {"reached": "silent"}, at)
        at += 24 * 60 + 1
        while clocks.fire_due(minutes(at)):
            pass
    assert given.open_unit(made.case_id).node == "hold"

    answer(made, YES, at=at + 1)

    assert given.case(made).state == "CLOSED"


def test_in_the_hotline_consent_leads_on_to_archiving():
    made = given.sent(
        pack="hotline", class_code="fault.low.single", text="家里突然没电，邻居正常。"
    )
    given.submit(made.case_id, "linxiao", {
        "contact_name": "阮文清", "request_summary": "家里突然没电，邻居正常", "contact_phone": given.PHONE,
    }, 5)  # fmt: skip
    given.submit(made.case_id, "shenzhiyuan", {
        "class_code": "fault.low.single", "importance": "2", "urgency": "2", "scope": "1",
        "complexity": "simple",
    }, 6)  # fmt: skip
    given.submit(made.case_id, "gumingyu", {
        "org_unit": "qingxi-dongmen", "needs_visit": False, "instruction": "尽快联系客户",
    }, 7)  # fmt: skip
    given.submit(made.case_id, "zhouli", {
        "contacted_at": "2026-03-02 09:05", "cause": "equipment",
        "handling": "更换了熔断器，已恢复供电。", "reply": "已修好，请放心使用", "customer_told": True,
    }, 20)  # fmt: skip
    given.submit(made.case_id, "sumin", {"review": "pass", "attribution": "none"}, 30)

    answer(made, YES)

    assert given.open_unit(made.case_id).node == "archive"
    assert progress(made.case_id, at=minutes(41)).answered == "AGREED"
    with pytest.raises(answering.AnsweredAlready):
        answer(made, YES, at=42)


def test_the_receipt_alone_does_not_end_a_case_but_may_refuse():
    made = given.handled()
    receipt = portal.Proof.RECEIPT

    with pytest.raises(answering.PhoneNotProven):
        answer(made, portal.PublicAnswer(agreed=True, score=5, proof=receipt))
    with pytest.raises(answering.PhoneNotProven):
        portal.take_back(
            made.case_id, reason="不用了", proof=receipt, by=given.customer(made), at=minutes(41)
        )
    answer(made, portal.PublicAnswer(agreed=False, reason="还在漏水", proof=receipt), at=42)

    assert given.case(made).rework_count == 1


def test_a_handler_cannot_consent_with_a_phone_of_their_own():
    Staff.objects.filter(login_name="yh-shimo").update(phone=f"+86 {given.PHONE}")
    made = given.handled()

    with pytest.raises(answering.HandlersOwnPhone):
        answer(made, YES)

    assert (Consent.objects.count(), given.case(made).state) == (0, "RESOLVED")


def test_nobody_answers_before_it_is_handled():
    made = given.sent()

    with pytest.raises(answering.NotYetToAnswer):
        answer(made, YES, at=1)


def test_another_customer_finds_no_case():
    made, other = given.handled(), given.sent(key="k2", phone="13700003333", at=60)
    stranger = given.customer(other)

    for deed in (
        lambda: portal.answer_case(made.case_id, YES, by=stranger, at=minutes(61)),
        lambda: portal.press(made.case_id, by=stranger, at=minutes(61)),
        lambda: portal.add_to_case(made.case_id, "补充", by=stranger, at=minutes(61)),
        lambda: portal.answer_case(made.case_id, YES, by=Actor("system:portal"), at=minutes(61)),
    ):
        with pytest.raises(NotFound):
            deed()


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (portal.PublicAnswer(agreed=True), "score"),
        (portal.PublicAnswer(agreed=True, score=2), "words"),
        (portal.PublicAnswer(agreed=False, reason="不"), "reason"),
    ],
)
def test_an_answer_says_enough(said, field):
    made = given.handled()

    with pytest.raises(Invalid) as refused:
        answer(made, said)

    assert set(refused.value.fields) == {field}


def test_pressing_is_counted_once_in_half_an_hour():
    made = given.sent()
    by = given.customer(made)

    assert portal.press(made.case_id, by=by, at=minutes(5)) == 1
    with pytest.raises(pressing.UrgedJustNow):
        portal.press(made.case_id, by=by, at=minutes(6))
    assert portal.press(made.case_id, by=by, at=minutes(36)) == 2
    assert CustomerUrge.objects.filter(channel="WEB").count() == 2


def test_what_the_customer_adds_reaches_who_works_on_it():
    made = given.sent()
    processes.claim(given.open_unit(made.case_id).pk, by=given.person("yh-taoran"), at=minutes(1))

    portal.add_to_case(made.case_id, "下午三点后在家", by=given.customer(made), at=minutes(2))

    assert Notice.objects.filter(staff__login_name="yh-taoran", topic="CASE").count() == 1
    assert [one.text for one in progress(made.case_id, at=minutes(3)).said] == ["下午三点后在家"]


def test_a_complaint_is_taken_back_by_its_own_customer():
    made = given.sent()

    portal.take_back(
        made.case_id,
        reason="已经自己解决了",
        proof=portal.Proof.PHONE,
        by=given.customer(made),
        at=minutes(5),
    )

    assert Closure.objects.get().kind == "WITHDRAWN"
    with pytest.raises(CaseAlreadyClosed):
        portal.add_to_case(made.case_id, "还有", by=given.customer(made), at=minutes(6))


def test_progress_tells_each_step_and_whether_it_kept_its_promise():
    made = given.sent()
    while clocks.fire_due(minutes(45)):
        pass
    given.submit(made.case_id, "yh-taoran", given.DESK, 45)

    told = progress(made.case_id, at=minutes(50))

    desk, handle, review, confirm = told.steps
    assert [one.state for one in told.steps] == ["done", "now", "later", "later"]
    assert (desk.kept, handle.kept, review.kept) == (False, True, None)
    assert (told.done, told.now, told.next) == (1, handle, review)
    assert handle.where == "东区工程部"
    assert handle.due_at is not None
    assert confirm.name == "您已确认"
    assert told.promised_at is not None
    assert told.may == {"add", "urge", "withdraw"}


def test_after_a_refusal_the_later_steps_lie_ahead_again():
    made = given.handled()
    assert progress(made.case_id, at=minutes(35)).may == {"add", "answer", "withdraw"}
    assert progress(made.case_id, at=minutes(35)).result == given.HANDLE["reply"]

    answer(made, NO)

    told = progress(made.case_id, at=minutes(41))
    assert [one.state for one in told.steps] == ["done", "now", "later", "later"]
    assert (told.steps[1].visits, told.rework_count, told.result) == (2, 1, "")
    assert [one.kind for one in told.said] == ["refused"]


def test_a_closed_case_has_every_step_behind():
    made = given.handled()
    answer(made, YES)

    told = progress(made.case_id, at=minutes(60))

    assert (told.done, told.now, told.is_over, told.may) == (4, None, True, frozenset())
    assert told.closed_at - minutes(40) == timedelta(0)


def test_a_merged_case_tells_how_far_the_other_is_and_nothing_else_of_it():
    made, other = given.sent(), given.sent(key="k2", phone="13700003333", at=1)
    portal.add_to_case(other.case_id, "只有我知道的事", by=given.customer(other), at=minutes(2))
    given.submit(other.case_id, "yh-taoran", given.DESK, 3)
    actions.merge_case(
        case_id=made.case_id,
        into_id=other.case_id,
        reason="同一处漏水",
        by=given.person("yh-taoran"),
        at=minutes(4),
    )

    told = progress(made.case_id, at=minutes(5))

    assert [one.state for one in told.steps] == ["done", "now", "later", "later"]
    assert (told.number, told.may, told.said, told.result) == (made.number, frozenset(), (), "")
    with pytest.raises(CaseIsMerged):
        portal.press(made.case_id, by=given.customer(made), at=minutes(6))


def test_a_suspended_case_says_that_its_time_rests():
    made = given.sent()
    instance = open_instance(made)
    processes.suspend(instance, reason="等客户资料", by=given.person("yh-situ"), at=minutes(5))

    told = progress(made.case_id, at=minutes(90))

    assert told.now is not None
    assert (told.now.is_paused, told.now.kept) == (True, True)


def open_instance(made: portal.Sent) -> int:
    return int(given.case(made).standing.instance_id or 0)
