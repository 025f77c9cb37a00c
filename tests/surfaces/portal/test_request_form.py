"""The request form: one question a page, nothing lost, sent once."""

import re

import pytest
from django.test import Client

from bihuan.domain.attachments.models import Attachment
from bihuan.domain.cases.models import Case
from tests.domain.cases.portal.given import PHONE

BASE = "/portal/services/complaint/new"
SAID = {
    "kind": {"class_code": "complaint.quality.leak"},
    "what": {"text": "卫生间顶面漏水，楼上说不是他家的问题。", "when": "昨天晚上"},
    "where": {"place": "东区 3 栋 1202"},
    "who": {"phone": PHONE, "name": "阮女士"},
    "files": {},
}
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


def filled(client: Client) -> str:
    """Answer every question; return the page that shows all of it."""
    for step, typed in SAID.items():
        answer = client.post(f"{BASE}/{step}/", typed)
        assert answer.status_code == 302, answer.content.decode()
    return page(client, "check")


def page(client: Client, step: str) -> str:
    return client.get(f"{BASE}/{step}/").content.decode()


def send(client: Client, check: str):
    key = re.search(r'name="key" value="(\w+)"', check)[1]
    return client.post(f"{BASE}/send/", {"key": key}, follow=True)


def test_the_promised_time_is_shown_before_sending(client):
    check = filled(client)

    assert re.search(r"我们承诺<b class=\"num\">\d+月\d+日 \d\d:\d\d 前</b>办好", check)
    assert "漏水、渗水" in check


def test_after_sending_there_are_a_number_and_a_receipt(client):
    shown = send(client, filled(client)).content.decode()

    case = Case.objects.get()
    assert case.number in shown
    assert re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}", shown)
    assert "卫生间顶面漏水" in client.get(f"/portal/cases/{case.number}/").content.decode()


def test_pressed_twice_one_case_is_made(client):
    check = filled(client)

    first, again = send(client, check), send(client, check)

    assert Case.objects.count() == 1
    assert Case.objects.get().number in again.content.decode()
    assert first.redirect_chain == again.redirect_chain


@pytest.mark.parametrize(("step", "typed"), [("what", "text"), ("where", "place"), ("who", "name")])
def test_what_was_typed_is_there_on_reload_and_on_the_way_back(client, step, typed):
    filled(client)

    assert SAID[step][typed] in page(client, step)


def test_what_is_typed_is_kept_before_the_page_is_sent(client):
    client.post(f"{BASE}/draft/", {"text": "写到一半"})

    assert "写到一半" in page(client, "what")


def test_going_back_keeps_an_answer_that_is_not_good_enough_yet(client):
    answer = client.post(f"{BASE}/what/", {"text": "漏", "back": "kind"})

    assert answer.headers["Location"].endswith("/kind/")
    assert "漏</textarea>" in page(client, "what")


def test_a_bad_answer_comes_back_with_what_was_typed_and_a_sentence(client):
    answer = client.post(f"{BASE}/who/", {"phone": "12", "name": "阮女士"})

    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "电话号码有误" in shown
    assert "阮女士" in shown
    assert 'aria-invalid="true"' in shown


def test_the_phone_is_shown_masked_and_comes_back_whole(client):
    filled(client)
    shown = page(client, "who")
    assert PHONE not in shown
    assert "137****2046" in shown

    client.post(f"{BASE}/who/", {"phone": "137****2046", "name": "阮女士"})
    send(client, page(client, "check"))

    assert Case.objects.get().contact_phone == PHONE


def test_a_file_is_looked_at_kept_shown_and_taken_out_again(client, tmp_path):
    good, bad = tmp_path / "漏水.png", tmp_path / "照片.png"
    good.write_bytes(PNG)
    bad.write_bytes(b"<html><script>alert(1)</script>")
    with good.open("rb") as file:
        client.post(f"{BASE}/files/add/", {"file": file})
    with bad.open("rb") as file:
        refused = client.post(f"{BASE}/files/add/", {"file": file})

    [kept] = Attachment.objects.all()
    address = f"{BASE}/files/{kept.pk}/"
    assert refused.status_code == 422
    assert "不收这种文件" in refused.content.decode()
    assert b"".join(client.get(address).streaming_content) == PNG
    assert Client().get(address).status_code == 404

    client.post(address)
    assert not Attachment.objects.exists()


def test_somebody_else_does_not_see_the_draft(client):
    filled(client)

    assert "卫生间顶面漏水" not in page(Client(), "what")


def test_an_incomplete_request_says_what_is_missing_and_makes_no_case(client):
    client.post(f"{BASE}/what/", SAID["what"])
    key = re.search(r'name="key" value="(\w+)"', page(client, "check"))[1]

    answer = client.post(f"{BASE}/send/", {"key": key})

    assert (answer.status_code, Case.objects.count()) == (422, 0)
    assert "请选择是哪一类事情" in answer.content.decode()


def test_notices_and_questions_of_the_pack_are_read_without_an_account(client):
    shown = client.get("/portal/services/hotline/").content.decode()

    assert "谨防冒充客服" in shown
    assert "没有账号能提交吗？" in shown
    assert client.get("/portal/").content.decode().count('class="kind"') == 2


def test_in_the_hotline_one_may_ask_for_a_person(client):
    shown = client.get("/portal/services/hotline/new/who/").content.decode()

    assert "希望由谁办理" in shown
    assert "希望由谁办理" not in page(client, "who")


def test_a_service_that_is_not_there_is_a_page_of_the_portal(client):
    answer = client.get("/portal/services/itsm/")

    assert answer.status_code == 404
    assert "回工作台" not in answer.content.decode()
