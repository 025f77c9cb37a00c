"""A case on the portal: shown to who proves it is theirs, and answered there."""

import re
import uuid

import pytest
from django.test import Client

from bihuan.domain.cases.models import Case, Closure, Consent, CustomerUrge
from bihuan.kit import clock
from tests.domain.cases.portal import given
from tests.domain.cases.portal.given import PHONE, minutes


@pytest.fixture
def phones(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: minutes(60))
    return given.phones(monkeypatch)


def entered(made, phones) -> Client:
    """A browser in which the case's phone was proved."""
    client = Client()
    client.post("/portal/progress/", {"number": made.number, "phone": PHONE})
    answer = client.post("/portal/progress/code/", {"number": made.number, "code": phones.code})
    assert answer.headers["Location"] == f"/portal/cases/{made.number}/"
    return client


def act(client: Client, made, name: str, **typed):
    address = f"/portal/cases/{made.number}/{name}/"
    return client.post(address, {"key": uuid.uuid4().hex, **typed})


def shown(client: Client, made) -> str:
    return client.get(f"/portal/cases/{made.number}/").content.decode()


def test_without_proof_one_is_asked_for_it_and_sees_nothing(client):
    made = given.sent()

    for address in ("", "now/", "agree/", "files/1/"):
        answer = client.get(f"/portal/cases/{made.number}/{address}")
        assert answer.headers["Location"] == f"/portal/progress/?number={made.number}"
    assert client.post(f"/portal/cases/{made.number}/urge/", {}).status_code == 302
    assert CustomerUrge.objects.count() == 0


def test_the_answer_is_the_same_for_a_case_that_is_not_there(client, phones):
    given.sent()
    number = Case.objects.get().number

    def asked(number: str, phone: str) -> str:
        told = client.post("/portal/progress/", {"number": number, "phone": phone})
        return re.sub(r'(csrf\S*|value|content)="[^"]*"', "", told.content.decode()).replace(
            number, ""
        )

    assert asked(number, "13700008888") == asked("260302-9999", PHONE)


def test_proof_ends_after_two_hours(phones, monkeypatch):
    made = given.sent(at=50)
    client = entered(made, phones)
    assert client.get(f"/portal/cases/{made.number}/").status_code == 200

    monkeypatch.setattr(clock, "now", lambda: minutes(60 + 121))

    assert client.get(f"/portal/cases/{made.number}/").status_code == 302


def test_progress_shows_promise_steps_and_what_comes_next(phones):
    made = given.handled()

    page = shown(entered(made, phones), made)

    assert "已办好，请您确认" in page
    assert 'aria-label="已完成 3 步，共 4 步"' in page
    assert "提前" in page
    assert page.count("按时：用") == 3
    assert given.HANDLE["reply"] in page
    assert PHONE not in page


def test_what_may_be_done_is_renewed_with_the_rest(phones):
    made = given.sent(at=50)
    client = entered(made, phones)
    act(client, made, "urge")

    fragment = client.get(f"/portal/cases/{made.number}/now/").content.decode()

    assert re.search(r'id="foot" class="pf" hx-swap-oob="true"', fragment)
    assert "/add/" in fragment
    assert "/urge/" not in fragment
    assert "<html" not in fragment


def test_agreeing_closes_and_the_page_says_so(phones):
    made = given.handled()
    client = entered(made, phones)

    answer = act(client, made, "agree", score="4", words="师傅很好")

    assert answer.status_code == 302
    assert (Consent.objects.get().score, Closure.objects.get().kind) == (4, "CONSENT")
    page = shown(client, made)
    assert "已办结" in page
    assert "师傅很好" in page
    assert "/agree/" not in page


def test_refusing_names_the_reason_and_goes_back_to_work(phones):
    made = given.handled()
    client = entered(made, phones)

    act(client, made, "refuse", choice="还没解决", text="开热水时接口还滴水", when="今天 19 点后")

    assert Consent.objects.get().note == (
        "还没解决：开热水时接口还滴水（方便联系的时间：今天 19 点后）"
    )
    assert "重新办理" in shown(client, made)


def test_a_refusal_without_words_keeps_the_choice_and_says_what_is_missing(phones):
    made = given.handled()
    client = entered(made, phones)

    answer = act(client, made, "refuse", choice="其他", text="")

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "至少 4 个字" in page
    assert re.search(r'value="其他" checked', page)
    assert Consent.objects.count() == 0


def test_an_act_pressed_twice_is_done_once(phones):
    made = given.sent(at=50)
    client = entered(made, phones)
    typed = {"key": "same", "text": "家里有老人"}

    for _ in range(2):
        client.post(f"/portal/cases/{made.number}/urge/", typed)

    assert CustomerUrge.objects.count() == 1
    assert "已催 1 次" in shown(client, made)


def test_who_sent_it_looks_with_the_receipt_but_does_not_agree_with_it(client, phones):
    made = given.handled()
    client.post("/portal/progress/code/", {"number": made.number, "code": made.receipt})

    sheet = client.get(f"/portal/cases/{made.number}/agree/").content.decode()
    answer = act(client, made, "agree", score="5")

    assert "先验证手机号" in sheet
    assert answer.status_code == 403
    assert Consent.objects.count() == 0


def test_a_complaint_is_taken_back_here(phones):
    made = given.sent(at=50)
    client = entered(made, phones)

    act(client, made, "withdraw", choice="已经解决了")

    assert Closure.objects.get().reason == "已经解决了"
    assert "已撤回" in shown(client, made)


def test_a_number_in_what_the_customer_adds_is_masked_when_it_is_shown(phones):
    made = given.sent(at=50)
    client = entered(made, phones)

    act(client, made, "add", text="请打我爱人 13700005555")

    page = shown(client, made)
    assert "137****5555" in page
    assert "13700005555" not in page


def test_proving_gives_the_browser_a_new_session(client, phones):
    made = given.sent(at=50)
    client.post("/portal/services/complaint/new/draft/", {"text": "写到一半"})
    before = client.cookies["bihuan_session"].value
    planted = Client()
    planted.cookies["bihuan_session"] = before

    client.post("/portal/progress/code/", {"number": made.number, "code": made.receipt})

    assert client.get(f"/portal/cases/{made.number}/").status_code == 200
    assert planted.get(f"/portal/cases/{made.number}/").status_code == 302
    draft = client.get("/portal/services/complaint/new/what/").content.decode()
    assert "写到一半" in draft


def test_one_customers_proof_opens_no_other_case(phones):
    made, other = given.sent(at=50), given.sent(at=51, key="k2")
    client = entered(made, phones)

    assert client.get(f"/portal/cases/{other.number}/").status_code == 302
    client.post(f"/portal/cases/{made.number}/leave/")
    assert client.get(f"/portal/cases/{made.number}/").status_code == 302


def test_an_act_that_is_not_possible_now_leads_back_to_the_case(phones):
    made = given.sent(at=50)
    client = entered(made, phones)

    answer = client.get(f"/portal/cases/{made.number}/agree/")

    assert answer.headers["Location"] == f"/portal/cases/{made.number}/"


def test_too_many_guesses_are_told_so_on_a_page_of_the_portal(client, phones):
    made = given.sent(at=50)
    for _ in range(20):
        client.post("/portal/progress/code/", {"number": made.number, "code": "111111"})

    answer = client.post("/portal/progress/code/", {"number": made.number, "code": "111111"})

    assert answer.status_code == 429
    assert "太频繁" in answer.content.decode()
