"""Cause, result review, arbitration, CAPA, case base, compensation (CMP-09, 12, 14, 20, 21; TKT-16, 17)."""

from datetime import date

import pytest

from bihuan.domain.cases import actions, queries
from bihuan.domain.cases.actions import improving
from bihuan.domain.cases.actions.improving import Measures, Study
from bihuan.domain.cases.events import OpenedCase
from bihuan.domain.cases.models import Capa, CauseCoding, Grant
from bihuan.domain.notifications.models import Notice
from bihuan.domain.org.queries import access_of, unit_by_code
from bihuan.domain.processes import actions as processes
from bihuan.kit.money import Money
from bihuan.kit.problems import NotAllowed
from tests.domain.cases.test_gathering import HANDLE, person
from tests.domain.escalations.test_ladders import NINE, loop, minutes, open_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def case() -> OpenedCase:
    """A complaint that 石墨 handled and 诸葛明 reviewed."""
    made = loop()
    processes.submit(open_unit(made), HANDLE, by=person("yh-shimo"), at=minutes(40))
    passed = {"review": "pass", "attribution": "conduct"}
    processes.submit(open_unit(made), passed, by=person("yh-zhuge"), at=minutes(60))
    return made


def who(login: str, at: float = 70) -> dict[str, object]:
    return {"by": person(login), "at": minutes(at)}


def allowed(case: OpenedCase, login: str) -> tuple[str, ...]:
    access = access_of(person(login).staff_id, NINE)
    units = [unit_by_code(code).id for code in ("yh", "yh-east-works")]
    return queries.improvement(access, case.id, *units).operations


def test_a_review_that_names_the_fault_codes_the_cause(case):
    coding = CauseCoding.objects.get()

    assert (coding.attribution, coding.cause) == ("CONDUCT", "works")
    assert coding.org_unit_id == unit_by_code("yh-east-works").id


def test_a_later_coding_supersedes_and_the_first_stays(case):
    actions.code_cause(case_id=case.id, attribution="MISTAKE", cause="材料错配", **who("yh-linghu"))

    access = access_of(person("yh-linghu").staff_id, NINE)
    causes = queries.improvement(access, case.id, unit_by_code("yh").id).causes
    assert [one["attribution"] for one in causes] == ["MISTAKE", "CONDUCT"]


def test_a_handler_neither_reviews_nor_rules(case):
    lead = person("yh-situ")
    actions.record_handling(case_id=case.id, text="亲自上门", **who("yh-situ"))

    with pytest.raises(improving.HandlerJudges):
        actions.review_result(case_id=case.id, result="PASSED", basis="合同", **who("yh-situ"))
    assert "review_result" not in allowed(case, "yh-situ")
    assert lead.staff_id is not None


def test_inspection_rules_on_somebody_elses_question_with_grounds(case):
    actions.ask_arbitration(case_id=case.id, question="是否属于保修", **who("yh-shimo"))
    inspector = person("yh-linghu")

    assert Notice.objects.filter(staff_id=inspector.staff_id).count() == 1
    assert "rule" in allowed(case, "yh-linghu")
    with pytest.raises(improving.ArbitrationUnderWay):
        actions.ask_arbitration(case_id=case.id, question="再问", **who("yh-beilei"))
    with pytest.raises(NotAllowed):
        actions.rule(case_id=case.id, ruling="UNIT", grounds="自己裁", **who("yh-shimo"))
    actions.rule(case_id=case.id, ruling="CUSTOMER", grounds="在保修期内", **who("yh-linghu"))

    assert "rule" not in allowed(case, "yh-linghu")


def test_measures_are_planned_done_and_checked_by_somebody_else(case):
    owner = person("yh-shimo")
    plan = Measures("防水层漏涂", "返工", "加一道闭水试验", owner.staff_id, date(2026, 3, 20))
    actions.plan_capa(case_id=case.id, measures=plan, **who("yh-zhuge"))

    assert "finish_capa" in allowed(case, "yh-shimo")
    with pytest.raises(NotAllowed):
        actions.finish_capa(case_id=case.id, evidence="已做", **who("yh-beilei"))
    actions.finish_capa(case_id=case.id, evidence="新规范已发", **who("yh-shimo"))
    actions.check_capa(case_id=case.id, is_effective=False, **who("yh-zhuge"))
    assert Capa.objects.get().state == "PLANNED"
    actions.finish_capa(case_id=case.id, evidence="已培训", **who("yh-shimo"))
    actions.check_capa(case_id=case.id, is_effective=True, **who("yh-zhuge"))

    assert (Capa.objects.get().state, Capa.objects.get().is_effective) == ("CHECKED", True)


def test_the_case_base_offers_what_is_near_once_published(case):
    study = Study("卫生间顶面渗水", "防水层漏涂", "重做防水层并闭水试验 48 小时")
    written = actions.write_study(case_id=case.id, study=study, **who("yh-zhuge"))
    assert queries.search_studies("顶面渗水", pack="complaint") == []

    with pytest.raises(NotAllowed):
        actions.publish_study(study_id=written, **who("yh-zhuge"))
    actions.publish_study(study_id=written, **who("yh-situ"))

    [found] = queries.search_studies("我家顶面又渗水了", pack="complaint")
    assert (found.solution, found.score > 0.2) == (study.solution, True)
    assert queries.search_studies("电梯不开门", pack="complaint") == []
    [same] = queries.search_studies(
        "电梯不开门", pack="complaint", class_code="complaint.quality.leak"
    )
    assert same.score == pytest.approx(0.3)


def test_money_is_proposed_by_one_and_decided_by_another(case):
    grant = actions.propose_grant(
        case_id=case.id,
        kind="COMPENSATION",
        money=Money.of("300"),
        reason="延误三天",
        **who("yh-shangguan"),
    )

    with pytest.raises(improving.OwnGrant):
        actions.decide_grant(grant_id=grant, is_approved=True, **who("yh-shangguan"))
    assert "decide_grant" in allowed(case, "yh-situ")
    actions.decide_grant(grant_id=grant, is_approved=True, **who("yh-situ"))
    with pytest.raises(improving.GrantMissing):
        actions.decide_grant(grant_id=grant, is_approved=False, note="迟了", **who("yh-situ"))

    assert Grant.objects.get().state == "APPROVED"


def test_nothing_is_given_for_less_than_nothing(case):
    with pytest.raises(improving.AmountInvalid):
        actions.propose_grant(
            case_id=case.id,
            kind="REWARD",
            money=Money.of("0"),
            reason="好建议",
            **who("yh-situ"),
        )

    assert not Grant.objects.exists()
