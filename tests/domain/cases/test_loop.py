"""A case through the whole loop, on the shipped process of packs/itsm."""

from pathlib import Path

import pytest
from django.db import transaction

from bihuan.domain.cases import actions, queries
from bihuan.domain.cases.actions import opening, steps
from bihuan.domain.cases.events import CaseRequest, OpenedCase
from bihuan.domain.cases.models import Case, Consent
from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.ledger.queries import facts_of
from bihuan.domain.org.queries import unit_by_code
from bihuan.domain.processes import actions as processes
from bihuan.domain.processes.models import Token
from bihuan.kit.problems import NotAllowed
from tests.domain.cases import given
from tests.domain.cases.given import MORNING, later
from tests.packs import standing

pytestmark = pytest.mark.django_db
PACKS = Path(__file__).parents[3] / "packs"
DESK = {
    "class_code": "application.access.password",
    "symptom": "登录时提示密码错误",
    "scope": "1",
    "urgency": "2",
    "outcome": "resolved",
    "handling": "已重置密码",
}
AGAIN = {"outcome": "resolved", "diagnosis": "账号被锁定", "handling": "已解锁"}


@pytest.fixture
def desk() -> int:
    standing.install("base", "itsm", at=MORNING)
    return unit_by_code("it").id


def opened(desk: int, **values: object) -> OpenedCase:
    request = CaseRequest(pack="itsm", title="登录不了", org_unit_id=desk, **values)
    return actions.open_case(request, by=SYSTEM, at=MORNING)


def open_unit(case: Case) -> tuple[str, int]:
    case.standing.refresh_from_db()
    token = Token.objects.get(
        instance_id=case.standing.instance_id, kind="USER", state__in=["OPEN", "CLAIMED"]
    )
    return token.node, token.pk


def submit(case: Case, values: dict[str, object], hours: float, by: Actor = SYSTEM) -> str:
    """Submit the open unit and return the node that is open next."""
    processes.submit(open_unit(case)[1], values, by=by, at=later(hours))
    case.refresh_from_db()
    return open_unit(case)[0] if case.closure_id is None else ""


def told(case_id: int) -> list[str]:
    page = facts_of(f"case:{case_id}", names=["case."], size=200)
    return [fact.name for fact in reversed(page.rows)]


def test_opening_numbers_grades_promises_and_starts_the_process(desk):
    made = opened(desk, class_code="application.access.password", contact_phone="+86 138-1234-2046")

    case = Case.objects.get(pk=made.id)
    assert (made.number, case.state) == ("260302-0001", "OPEN")
    assert case.contact_digits == "13812342046"
    assert case.promised_at is not None
    assert case.promised_at > MORNING
    assert open_unit(case)[0] == "desk"
    assert case.standing.current_units == "服务台处理"
    assert case.standing.next_due_at is not None
    fact = facts_of(made.ref, names=["case.opened"]).rows[0]
    assert fact.data["cls"] == "application.access.password"
    assert "138" not in str(fact.data)


def test_a_preview_promises_what_opening_keeps(desk):
    promise = queries.promise("itsm", "application.access.password", at=MORNING)
    made = opened(desk, class_code="application.access.password")

    assert promise.due_at == Case.objects.get(pk=made.id).promised_at
    nodes = [unit.node for unit in promise.units]
    assert nodes == ["desk", "application", "confirm", "vendor"]


def test_the_loop_closes_only_with_consent_and_counts_rework(desk):
    case = Case.objects.get(pk=opened(desk).id)

    assert submit(case, DESK, 1) == "confirm"
    assert case.state == "RESOLVED"
    assert (
        submit(case, {"consent": "refused", "refusal_reason": "还是登录不了"}, 2) == "application"
    )
    assert (case.state, case.rework_count, case.round) == ("OPEN", 1, 2)
    assert submit(case, AGAIN, 3) == "confirm"
    assert submit(case, {"consent": "agreed", "score": "5"}, 4) == ""

    assert case.state == "CLOSED"
    assert case.cls.code == "application.access.password"
    assert case.closure.consent.score == 5
    assert [c.answer for c in Consent.objects.order_by("round")] == ["REFUSED", "AGREED"]
    assert [h.text for h in case.handlings.order_by("id")] == ["已重置密码", "已解锁"]
    assert told(case.pk) == [
        "case.opened",
        "case.classified",
        "case.graded",
        "case.handled",
        "case.resolved",
        "case.verified",
        "case.reworked",
        "case.handled",
        "case.resolved",
        "case.verified",
        "case.closed",
    ]


def test_a_closed_case_reopens_where_rework_begins(desk):
    case = Case.objects.get(pk=opened(desk).id)
    submit(case, DESK, 1)
    submit(case, {"consent": "agreed"}, 2)

    actions.reopen_case(case_id=case.pk, reason="问题又出现", by=SYSTEM, at=later(3))

    case.refresh_from_db()
    assert (case.state, case.reopen_count, open_unit(case)[0]) == ("OPEN", 1, "application")
    with transaction.atomic(), pytest.raises(steps.CaseNotClosed):
        actions.reopen_case(case_id=case.pk, reason="再来", by=SYSTEM, at=later(4))


def test_withdrawing_ends_the_process_and_is_counted_apart(desk):
    case = Case.objects.get(pk=opened(desk).id)

    actions.withdraw_case(case_id=case.pk, reason="用户自己解决了", by=SYSTEM, at=later(1))

    case.refresh_from_db()
    assert (case.state, case.closure.kind) == ("CANCELLED", "WITHDRAWN")
    assert case.closure.reason == "用户自己解决了"
    assert case.standing.process_state == "TERMINATED"


def test_what_an_import_brings_is_opened_once(desk):
    first = opened(desk, source_ref="itsm:mail:7", number="INC0000007")
    second = opened(desk, source_ref="itsm:mail:7")

    assert (first.number, first.is_new) == ("INC0000007", True)
    assert (second.id, second.is_new) == (first.id, False)
    assert Case.objects.count() == 1


def test_opening_is_refused_without_title_class_or_right(desk):
    kim = given.person("kim", desk, "case.view")
    request = CaseRequest(pack="itsm", title=" ", org_unit_id=desk)

    with pytest.raises(opening.TitleMissing):
        actions.open_case(request, by=SYSTEM, at=MORNING)
    with pytest.raises(steps.ClassUnknown):
        opened(desk, class_code="no.such")
    with pytest.raises(NotAllowed):
        actions.open_case(request, by=Actor(kim.ref), at=later(1))
    assert not Case.objects.exists()


def test_a_batch_comes_out_as_the_same_operations_one_by_one(desk):
    plain = Case.objects.get(pk=opened(desk).id)
    submit(plain, DESK, 1)
    submit(plain, {"consent": "agreed"}, 200)

    with transaction.atomic(), processes.batch() as work:
        made = opened(desk)
        unit = work.units(made.instance_id)[0]
        change = work.submit(unit.id, DESK, by=SYSTEM, at=later(1))
        work.submit(change.units[0].id, {"consent": "agreed"}, by=SYSTEM, at=later(200))

    batched = Case.objects.get(pk=made.id)
    assert batched.state == plain.state == "CLOSED"
    assert _history(batched.pk) == _history(plain.pk)


def _history(case_id: int) -> list[tuple[object, ...]]:
    facts = facts_of(f"case:{case_id}", size=200).rows
    return sorted((f.at, f.name, str(f.data.get("node")), f.reason) for f in facts)
