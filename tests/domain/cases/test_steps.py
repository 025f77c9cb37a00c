"""No close without consent: what the steps do, and what the tables refuse by themselves."""

import pytest
from django.db import IntegrityError, transaction

from bihuan.domain.cases.actions import steps
from bihuan.domain.cases.choices import ClosureKind
from bihuan.domain.cases.models import Case, Closure, Consent
from bihuan.domain.ledger.queries import facts_of
from tests.domain.cases import given
from tests.domain.cases.given import AGREED, KIM, LEE, REFUSED, step

pytestmark = pytest.mark.django_db


def told(case: Case) -> list[str]:
    return [fact.name for fact in reversed(facts_of(f"case:{case.pk}").rows)]


def test_a_case_is_closed_with_the_consent_of_the_round():
    case = given.stored_case()
    given.handled_by(case, KIM)

    assert steps.verify(step(case, LEE, 2), AGREED) == "AGREED"
    steps.close(step(case, LEE, 3))

    case.refresh_from_db()
    assert (case.state, case.closed_at) == ("CLOSED", given.later(3))
    assert (case.closure.kind, case.closure.consent.score) == ("CONSENT", 5)
    assert told(case) == ["case.handled", "case.resolved", "case.verified", "case.closed"]


def test_a_refusal_sends_the_case_back_to_work_and_counts():
    case = given.stored_case()
    given.handled_by(case, KIM)
    steps.verify(step(case, LEE, 2), REFUSED)

    with pytest.raises(steps.CustomerHasNotAgreed):
        steps.close(step(case, LEE, 3))
    assert steps.rework(step(case, LEE, 3)) == 1

    case.refresh_from_db()
    assert (case.state, case.round, case.rework_count) == ("OPEN", 2, 1)
    given.handled_by(case, KIM, 4)
    steps.verify(step(case, LEE, 5), AGREED)
    steps.close(step(case, LEE, 6))
    assert told(case).count("case.reworked") == 1


def test_whoever_handled_the_case_may_not_ask_the_customer():
    case = given.stored_case()
    given.handled_by(case, KIM)

    with pytest.raises(steps.VerifierHandledTheCase):
        steps.verify(step(case, KIM, 2), AGREED)

    assert not Consent.objects.exists()


def test_the_customer_is_not_asked_before_the_case_is_handled():
    case = given.stored_case()

    with pytest.raises(steps.CaseNotResolved):
        steps.verify(step(case, LEE), AGREED)


def test_the_customer_answers_once_in_a_round():
    case = given.stored_case()
    given.handled_by(case, KIM)
    steps.verify(step(case, LEE, 2), REFUSED)

    with pytest.raises(steps.CustomerAlreadyAnswered):
        steps.verify(step(case, LEE, 2), AGREED)


def test_an_agreed_case_needs_no_rework():
    case = given.stored_case()
    given.handled_by(case, KIM)
    steps.verify(step(case, LEE, 2), AGREED)

    with pytest.raises(steps.CustomerHasNotRefused):
        steps.rework(step(case, LEE, 3))


def test_a_closed_case_takes_no_more_steps_until_it_is_reopened():
    case = given.stored_case()
    given.handled_by(case, KIM)
    steps.verify(step(case, LEE, 2), AGREED)
    steps.close(step(case, LEE, 3))

    with pytest.raises(steps.CaseAlreadyClosed):
        steps.resolve(step(case, KIM, 4))
    assert steps.reopen(step(case, KIM, 5), reason="又坏了") == 1

    case.refresh_from_db()
    assert (case.state, case.round, case.closure_id) == ("OPEN", 2, None)
    assert Closure.objects.filter(case=case).count() == 1


def test_a_withdrawn_case_is_cancelled_and_counted_apart():
    case = given.stored_case()

    steps.close_apart(step(case), ClosureKind.WITHDRAWN, reason="客户撤回")

    case.refresh_from_db()
    assert (case.state, case.closure.kind) == ("CANCELLED", "WITHDRAWN")
    assert told(case) == ["case.withdrawn"]


def test_classifying_takes_the_class_from_the_cases_own_pack():
    given.classes()
    case = given.stored_case()

    chosen = steps.classify(step(case), "complaint.service")

    assert (chosen.name, chosen.grade, chosen.process_key) == (
        "服务态度",
        "IMPORTANT",
        "demo.handling",
    )
    with pytest.raises(steps.ClassUnknown):
        steps.classify(step(case), "no.such")


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"state": "CLOSED"}, "case_is_closed_if_and_only_if_it_has_a_closure"),
        ({"state": "RESOLVED"}, "resolved_case_says_when"),
        ({"state": "DONE"}, "case_state_is_known"),
        ({"rework_count": 1}, "case_round_counts_reworks_and_reopenings"),
        ({"urgency": 4}, "importance_urgency_and_scope_are_one_to_three"),
    ],
)
def test_the_table_refuses(values, constraint):
    case = given.stored_case()

    with pytest.raises(IntegrityError, match=constraint):
        Case.objects.filter(pk=case.pk).update(**values)


def test_no_statement_closes_a_case_without_an_agreed_consent():
    case, other = given.stored_case(), given.stored_case("260302-0002")
    refused = Consent.objects.create(
        case=case, round=1, answer="REFUSED", channel="PHONE", asked_by="staff:2", at=given.MORNING
    )
    foreign = Consent.objects.create(
        case=other, round=1, answer="AGREED", channel="PHONE", asked_by="staff:2", at=given.MORNING
    )
    closing = {"case": case, "kind": "CONSENT", "at": given.MORNING, "by": "staff:2"}

    for consent, answer, constraint in (
        (None, None, "closure_needs_an_agreed_consent_or_a_kind_counted_apart"),
        (refused, "REFUSED", "closure_needs_an_agreed_consent_or_a_kind_counted_apart"),
        (refused, "AGREED", "closure_refers_to_an_agreed_consent_of_its_own_case"),
        (foreign, "AGREED", "closure_refers_to_an_agreed_consent_of_its_own_case"),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Closure.objects.create(**closing, consent=consent, consent_answer=answer)


def test_a_case_cannot_borrow_another_cases_closure():
    case, other = given.stored_case(), given.stored_case("260302-0002")
    steps.close_apart(step(other), ClosureKind.WITHDRAWN, reason="撤回")
    closure = Closure.objects.get(case=other)
    Case.objects.filter(pk=other.pk).update(closure=None, state="OPEN", closed_at=None)

    with (
        pytest.raises(IntegrityError, match="case_refers_to_a_closure_of_its_own"),
        transaction.atomic(),
    ):
        Case.objects.filter(pk=case.pk).update(
            closure=closure, state="CLOSED", closed_at=given.MORNING
        )
