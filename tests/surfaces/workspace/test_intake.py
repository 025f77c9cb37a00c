"""The intake page: what belongs to a channel is asked, nothing typed is lost, and what is the same is not opened twice."""

import re

import pytest
from django.test import Client

from bihuan.domain.cases import actions
from bihuan.domain.cases.events import CaseRequest, Intake
from bihuan.domain.cases.models import Case, Participant, Referral
from bihuan.domain.interactions.models import Interaction
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.org import actions as org
from bihuan.domain.org.models import Staff
from bihuan.domain.org.queries import unit_by_code
from bihuan.kit import clock
from tests.domain.cases.given import MORNING
from tests.packs import standing

pytestmark = pytest.mark.django_db
TYPED = {
    "pack": "hotline",
    "contact_name": "周文静",
    "contact_phone": "13800002046",
    "channel": "PHONE",
    "title": "柳荫巷整楼停电",
    "description": "十分钟前整栋楼没电了，邻居都没有电",
    "class_1": "fault",
    "class_2": "fault.low",
    "class_3": "fault.low.building",
}


@pytest.fixture
def desk(client: Client) -> Client:
    standing.install("base", "hotline", at=MORNING)
    who = {"by": SYSTEM, "at": MORNING}
    new = org.NewStaff(login_name="lin", name="林晓", must_change_password=False)
    staff = org.create_staff(new=new, **who)
    place, period = unit_by_code("csc").id, org.Period(MORNING)
    org.hold_post(staff_id=staff.pk, post_code="intake", unit_id=place, period=period, **who)
    client.force_login(Staff.objects.get(pk=staff.pk))
    return client


def opened(**values: object) -> Case:
    request = CaseRequest(
        pack="hotline",
        title="柳荫巷整栋楼停电",
        description="整栋楼都没电",
        org_unit_id=unit_by_code("csc").id,
        contact_name="何平",
        contact_phone="13900001111",
        **values,
    )
    found = actions.accept_request(Intake(request), by=SYSTEM, at=clock.now())
    return Case.objects.get(pk=found.id)


def test_a_likely_duplicate_is_shown_before_saving_and_added_to(desk):
    case = opened()
    page = desk.post("/intake/match/", TYPED).content.decode()
    assert case.number in page
    assert f"add:{case.number}" in page

    done = desk.post("/intake/", {**TYPED, "same_as": f"add:{case.number}"})

    assert done.status_code == 302
    assert Case.objects.count() == 1
    outcomes = Interaction.objects.order_by("id").values_list("outcome", flat=True)
    assert list(outcomes) == ["OPENED", "ADDED"]


def test_a_case_is_opened_as_part_of_another_or_not_at_all(desk):
    case = opened()
    desk.post("/intake/", {**TYPED, "same_as": f"child:{case.number}"})
    part = Case.objects.exclude(pk=case.pk).get()
    assert part.parent_id == case.pk

    refused = desk.post("/intake/", {**TYPED, "same_as": f"child:{part.number}"})

    assert refused.status_code == 422
    assert "十分钟前整栋楼没电了" in refused.content.decode()
    assert Case.objects.count() == 2


def test_a_letter_and_its_people_are_asked_for_and_kept(desk):
    letter = {**TYPED, "channel": "GOVERNMENT", "is_petition": "1"}
    asked = desk.post("/intake/arrival/", letter).content.decode()
    assert all(f'name="{name}"' in asked for name in ("sender", "reply_due_at", "people"))
    assert 'name="sender"' not in desk.post("/intake/arrival/", TYPED).content.decode()

    missing = desk.post("/intake/", {**letter, "people": "何平 13900001111"})
    assert missing.status_code == 422
    assert "填写来文单位" in missing.content.decode()
    unreadable = desk.post("/intake/", {**letter, "sender": "市信访局", "reply_due_at": "下周"})
    assert "写成 2026-01-31 08:30" in unreadable.content.decode()
    assert Case.objects.count() == 0

    letter |= {"sender": "市信访局", "people": "何平 13900001111\n丁一", "headcount": "30"}
    assert desk.post("/intake/", letter).status_code == 302
    assert Referral.objects.get().sender == "市信访局"
    people = Participant.objects.order_by("id").values_list("name", "is_representative")
    assert list(people) == [("何平", True), ("丁一", False)]


def test_the_class_brings_what_to_ask_and_say_and_who_is_responsible(desk):
    page = desk.post(
        "/intake/classes/", {**TYPED, "address": "青溪区东门街", "ask": "已核对户号后四位"}
    )
    text = page.content.decode()
    assert "1 / 5" in text
    assert "周文静您好，您那里的整楼停电" in text
    assert "东门供电所" in text
    desk.post("/intake/", {**TYPED, "ask": "已核对户号后四位"})
    assert "受理要点：已核对户号后四位；未问：" in Interaction.objects.get().remark


def test_a_class_is_found_by_sound(desk):
    found = desk.post("/intake/find/", {"pack": "hotline", "class_find": "zltd"}).content.decode()
    assert re.findall(r"<b>(.*?)</b>", found) == ["整楼停电"]


def test_what_is_answered_at_once_is_registered_and_shown(desk):
    assert desk.post("/intake/answered/", TYPED).status_code == 422
    assert desk.post("/intake/answered/", {**TYPED, "answer": "已告知抢修进度"}).status_code == 302
    register = desk.get("/register/?outcome=ANSWERED").content.decode()
    assert "已告知抢修进度" in register
    assert "138****2046" in register
    assert Case.objects.count() == 0


def test_topics_have_their_page(desk):
    assert "没有热点" in desk.get("/topics/").content.decode()
    assert desk.get("/topics/?of=stretch").status_code == 200
    assert desk.get("/topics/99/").status_code == 404
