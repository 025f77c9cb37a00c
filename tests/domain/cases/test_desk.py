"""What the desk asks and says, who is proposed as responsible and why, and what experts are asked."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bihuan.domain.cases import actions, queries
from bihuan.domain.cases.actions.consulting import (
    AlreadyAsked,
    ConsultationMissing,
    GroupEmpty,
    GroupUnknown,
    OpinionMissing,
)
from bihuan.domain.cases.events import CaseRequest
from bihuan.domain.cases.queries import About
from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.ledger.models import Fact
from bihuan.domain.notifications.models import Notice
from bihuan.domain.org import actions as org, queries as org_queries
from bihuan.kit.problems import NotAllowed
from tests.domain.cases.given import MORNING, later, person
from tests.packs import standing

pytestmark = pytest.mark.django_db
PACKS = Path(__file__).parents[3] / "packs"
FAULT = "fault.low.single"


@pytest.fixture(autouse=True)
def _packs():
    standing.install("base", "hotline", at=MORNING)


def handler(login: str, unit: str) -> int:
    who = {"by": SYSTEM, "at": MORNING}
    new = org.NewStaff(login_name=login, name=login.title(), must_change_password=False)
    staff = org.create_staff(new=new, **who)
    place = org_queries.unit_by_code(unit).id
    period = org.Period(MORNING - timedelta(days=1))
    org.hold_post(staff_id=staff.pk, post_code="handler", unit_id=place, period=period, **who)
    return staff.pk


def opened(**values: object):
    desk = org_queries.unit_by_code("csc").id
    request = CaseRequest(pack="hotline", title="家中停电", org_unit_id=desk, **values)
    return actions.open_case(request, by=SYSTEM, at=MORNING)


def test_guidance_is_of_the_class_or_the_nearest_above():
    fault = queries.guidance_for("hotline", FAULT)
    assert "已核对户号后四位" in fault.ask
    assert queries.guidance_for("hotline", "fault.low") == fault
    assert queries.guidance_for("hotline", "fault.hidden.leak") != fault
    assert queries.guidance_for("hotline", "").ask[0] == "已核对身份"
    assert queries.guidance_for("nothing", FAULT).ask == ()


def test_the_place_says_which_station_and_the_least_loaded_comes_first():
    busy, free = handler("bai", "qingxi-dongmen"), handler("chen", "qingxi-dongmen")
    units = opened(class_code=FAULT)
    from bihuan.domain.processes.models import Token  # noqa: PLC0415 -- only here

    Token.objects.filter(instance_id=units.instance_id, kind="USER").update(
        assignee_id=busy, state="CLAIMED"
    )
    about = About("hotline", FAULT, place="青溪区东门街 3 号")

    found = queries.responsible_for(about, at=later(1))

    assert found.org_unit == "东门供电所"
    assert [(one.staff_id, one.in_hand) for one in found.people] == [(free, 0), (busy, 1)]
    assert "Chen 在岗，手上 0 件，最少" in found.reasons
    assert "地点写明东门供电所" in found.reasons


def test_who_is_away_comes_last_with_who_covers():
    away, there = handler("bai", "qingxi-dongmen"), handler("chen", "qingxi-dongmen")
    absence = org.Absence(staff_id=away, away_from=MORNING, away_until=later(48), delegate_id=there)
    org.record_leave(absence=absence, by=SYSTEM, at=MORNING)

    found = queries.responsible_for(About("hotline", FAULT, place="东门"), at=later(1))

    assert [one.staff_id for one in found.people] == [there, away]
    assert "Bai 休假，由 Chen 代办" in found.reasons


def test_the_hour_and_the_class_decide_and_a_place_with_units_below_says_so():
    night = datetime(2026, 3, 2, 19, 0, tzinfo=UTC)  # 03:00 in Shanghai
    found = queries.responsible_for(About("hotline", FAULT, place="青溪"), at=night)
    assert found.org_unit == "青溪区公司"
    assert found.reasons == (
        "夜间报修由值班供电所负责",
        "地点写明青溪区公司",
        "下属单位办理，请选到具体单位",
    )
    bribe = queries.responsible_for(About("hotline", "report.integrity.bribe"), at=night)
    assert (bribe.org_unit_code, bribe.people) == ("csc", ())
    assert queries.responsible_for(About("hotline", FAULT), at=night) is None
    assert queries.responsible_for(About("none", FAULT), at=night) is None


def test_experts_are_asked_judge_and_the_asker_is_told():
    desk = org_queries.unit_by_code("csc").id
    case = opened(class_code=FAULT)
    asker = person("lee", desk, "case.classify", "case.view")
    ask = {"case_id": case.id, "group_key": "hotline.grid", "question": "是户内还是线路问题？"}
    lee = Actor(asker.ref)

    with pytest.raises(GroupEmpty):
        actions.ask_experts(**ask, by=lee, at=later(1))
    expert = handler("pan", "csc")
    place = org.Period(MORNING)
    org.hold_post(
        staff_id=expert, post_code="grid_expert", unit_id=desk, period=place, by=SYSTEM, at=MORNING
    )
    asked = actions.ask_experts(**ask, by=lee, at=later(1))

    access = org_queries.access_of(expert, later(1))
    [row] = queries.consultations_to_answer(access, "hotline", later(1))
    assert (row.id, row.case_number, row.due_at) == (asked, case.number, later(3))
    with pytest.raises(AlreadyAsked):
        actions.ask_experts(**ask, by=lee, at=later(1))
    with pytest.raises(GroupUnknown):
        actions.ask_experts(**{**ask, "group_key": "hotline.none"}, by=lee, at=later(1))
    opinion = actions.Opinion("表后线故障，属客户产权", class_code=FAULT)
    with pytest.raises(NotAllowed):
        actions.answer_consultation(consultation_id=asked, opinion=opinion, by=lee, at=later(2))
    pan = Actor(f"staff:{expert}")
    with pytest.raises(OpinionMissing):
        actions.answer_consultation(
            consultation_id=asked, opinion=actions.Opinion(" "), by=pan, at=later(2)
        )
    actions.answer_consultation(consultation_id=asked, opinion=opinion, by=pan, at=later(2))

    [done] = queries.consultations_of(case.id)
    assert (done.opinion, done.answered_by) == ("表后线故障，属客户产权", pan.ref)
    names = Fact.objects.filter(root=case.ref, name__startswith="case.experts")
    assert sorted(names.values_list("name", flat=True)) == [
        "case.experts_answered",
        "case.experts_asked",
    ]
    assert Notice.objects.filter(staff_id=asker.staff_id).count() == 1
    with pytest.raises(ConsultationMissing):
        actions.withdraw_consultation(consultation_id=asked, reason="不用了", by=lee, at=later(3))


def test_a_question_taken_back_may_be_asked_again():
    desk = org_queries.unit_by_code("csc").id
    case = opened(class_code=FAULT)
    expert = handler("pan", "csc")
    org.hold_post(
        staff_id=expert,
        post_code="grid_expert",
        unit_id=desk,
        period=org.Period(MORNING),
        by=SYSTEM,
        at=MORNING,
    )
    ask = {"case_id": case.id, "group_key": "hotline.grid", "question": "户内还是线路？"}
    first = actions.ask_experts(**ask, by=SYSTEM, at=later(1))
    actions.withdraw_consultation(
        consultation_id=first, reason="客户已说明", by=SYSTEM, at=later(2)
    )
    assert actions.ask_experts(**ask, by=SYSTEM, at=later(3)) > first


def test_groups_are_for_their_classes():
    assert [one.key for one in queries.expert_groups("hotline", FAULT)] == ["hotline.grid"]
    assert [one.key for one in queries.expert_groups("hotline", "complaint.service.delay")] == [
        "hotline.service"
    ]
