"""Controlled closure: two signatures, a reason, counted apart; and who may end a complaint (CMP-08)."""

import pytest
from django.db import IntegrityError, transaction

from bihuan.domain.cases import actions, queries
from bihuan.domain.cases.actions import control, open_case, steps
from bihuan.domain.cases.events import CaseRequest, OpenedCase
from bihuan.domain.cases.models import Case, Closure
from bihuan.domain.customers import actions as customers
from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.ledger.queries import facts_of
from bihuan.domain.org.queries import access_of, unit_by_code
from bihuan.domain.processes import actions as processes
from bihuan.kit.problems import NotAllowed
from tests.domain.cases.test_gathering import HANDLE, person
from tests.domain.escalations.test_ladders import NINE, loop, minutes, open_unit

pytestmark = pytest.mark.django_db
WHY = "客户要求超出合同约定，已三次当面说明"
REVIEW = {"review": "pass", "attribution": "none"}


@pytest.fixture
def asked() -> OpenedCase:
    """A complaint handled by 石墨 and with the customer."""
    case = loop()
    processes.submit(open_unit(case), HANDLE, by=person("yh-shimo"), at=minutes(40))
    processes.submit(open_unit(case), REVIEW, by=person("yh-zhuge"), at=minutes(60))
    return case


def sign(case: OpenedCase, login: str, at: float = 70, reason: str = WHY) -> bool:
    who = {"by": person(login), "at": minutes(at)}
    return actions.sign_control(case_id=case.id, reason=reason, **who)


def state(case: OpenedCase) -> str:
    return Case.objects.get(pk=case.id).state


def test_the_second_signature_of_another_person_closes(asked):
    assert sign(asked, "yh-situ") is False
    assert state(asked) == "RESOLVED"
    assert sign(asked, "yh-nangong", 80) is True

    closure = Closure.objects.get()
    assert (state(asked), closure.kind, closure.reason) == ("CLOSED", "CONTROLLED", WHY)
    assert closure.signed_by == person("yh-situ").ref
    assert closure.countersigned_by == person("yh-nangong").ref
    fact = facts_of(asked.ref, names=["case.closed"]).rows[0]
    assert fact.data["kind"] == "CONTROLLED"


def test_one_person_does_not_sign_twice(asked):
    sign(asked, "yh-situ")

    with pytest.raises(control.SignedAlready):
        sign(asked, "yh-situ", 80)

    assert state(asked) == "RESOLVED"


def test_who_may_not_sign_does_not_sign(asked):
    with pytest.raises(NotAllowed):
        sign(asked, "yh-shimo")
    with pytest.raises(NotAllowed):
        actions.sign_control(case_id=asked.id, reason=WHY, by=SYSTEM, at=minutes(70))

    assert state(asked) == "RESOLVED"


def test_whoever_handled_the_case_does_not_sign(asked):
    steps.record_handling(steps.Step(asked.id, person("yh-situ"), minutes(65)), "亲自上门")

    with pytest.raises(control.HandlerSigns):
        sign(asked, "yh-situ")


def test_nobody_is_closed_out_before_they_were_asked():
    case = loop()

    with pytest.raises(control.CaseNotAsked):
        sign(case, "yh-situ")


def test_a_reason_is_more_than_a_word(asked):
    with pytest.raises(control.ReasonTooShort):
        sign(asked, "yh-situ", reason="难缠")


def test_a_declined_request_leaves_the_case_open_and_may_be_asked_again(asked):
    sign(asked, "yh-situ")
    actions.decline_control(
        case_id=asked.id, reason="应再上门一次", by=person("yh-nangong"), at=minutes(80)
    )

    with pytest.raises(control.ControlMissing):
        actions.decline_control(
            case_id=asked.id, reason="再次", by=person("yh-nangong"), at=minutes(85)
        )
    assert sign(asked, "yh-nangong", 90) is False
    assert state(asked) == "RESOLVED"


def test_a_signature_of_an_earlier_round_does_not_count(asked):
    sign(asked, "yh-situ")
    refused = {"reached": "yes", "consent": "refused", "refusal_reason": "还在漏"}
    processes.submit(open_unit(asked), refused, by=person("yh-murong"), at=minutes(80))

    assert sign(asked, "yh-nangong", 90) is False
    assert state(asked) == "OPEN"


def test_the_database_refuses_a_controlled_closure_signed_twice_by_one(asked):
    with pytest.raises(IntegrityError), transaction.atomic():
        Closure.objects.create(
            case_id=asked.id,
            kind="CONTROLLED",
            at=NINE,
            by="staff:1",
            reason=WHY,
            signed_by="staff:1",
            countersigned_by="staff:1",
        )


def test_staff_neither_withdraw_a_complaint_nor_end_its_process(asked):
    lead = {"by": person("yh-situ"), "at": minutes(70)}

    with pytest.raises(steps.ComplaintNeedsTheCustomer):
        actions.withdraw_case(case_id=asked.id, reason="客户说算了", **lead)
    with pytest.raises(steps.ComplaintNeedsTheCustomer):
        processes.terminate(asked.instance_id, reason="清理", **lead)

    assert state(asked) == "RESOLVED"


def test_the_customer_takes_their_own_complaint_back():
    loop()
    unit = unit_by_code("yh").id
    new = customers.NewCustomer("阮文清", unit)
    ada = customers.create_customer(new=new, by=SYSTEM, at=NINE).pk
    request = CaseRequest(
        "complaint", "漏水", unit, class_code="complaint.quality.leak", customer_id=ada
    )
    case = open_case(request, by=SYSTEM, at=NINE)

    with pytest.raises(NotAllowed):
        actions.withdraw_case(
            case_id=case.id, reason="冒充", by=Actor(f"customer:{ada + 1}"), at=minutes(5)
        )
    actions.withdraw_case(
        case_id=case.id, reason="已经修好", by=Actor(f"customer:{ada}"), at=minutes(5)
    )

    assert state(case) == "CANCELLED"
    assert Closure.objects.get().kind == "WITHDRAWN"


def offered(case: OpenedCase, login: str) -> tuple[str, ...]:
    access = access_of(person(login).staff_id, NINE)
    return queries.case_operations(access, queries.case_view(access, case.number), at=NINE)


def test_a_page_offers_just_what_may_be_done_now(asked):
    assert "sign_control" in offered(asked, "yh-nangong")
    assert "sign_control" not in offered(asked, "yh-shimo")
    sign(asked, "yh-situ")
    assert "sign_control" not in offered(asked, "yh-situ")
    assert {"sign_control", "decline_control"} <= set(offered(asked, "yh-nangong"))
    sign(asked, "yh-nangong", 80)

    assert {"merge", "urge", "sign_control"}.isdisjoint(offered(asked, "yh-situ"))
    assert "plan_capa" in offered(asked, "yh-situ")
