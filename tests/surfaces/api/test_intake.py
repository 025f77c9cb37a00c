"""Intake over the API: one way in for every channel, many at once, foresight and the register."""

import pytest

from bihuan.domain.cases.models import Case
from bihuan.kit import clock
from tests.surfaces.api.test_api import DESK_VERBS, WRONG_PASSWORD, caller, desk  # noqa: F401 -- fixtures

pytestmark = pytest.mark.django_db


@pytest.fixture
def kim(caller):  # noqa: F811
    return caller("kim", *DESK_VERBS)


def test_a_letter_with_people_becomes_a_case_that_knows_both(kim):
    body = {
        **WRONG_PASSWORD,
        "channel": "GOVERNMENT",
        "referral": {
            "sender": "市信访局",
            "reference": "17",
            "reply_due_at": "2099-01-01T00:00:00Z",
        },
        "petition": {"headcount": 12, "people": [{"name": "何平", "phone": "13900001111"}]},
    }
    status, opened = kim.post("/intake", body, key="one")
    assert (status, opened["is_new"]) == (201, True)
    assert kim.post("/intake", body, key="one") == (201, opened)

    _, petition = kim.get(f"/cases/{opened['number']}/petition")
    assert (petition["headcount"], petition["people"][0]["phone"]) == (12, "139****1111")
    status, refused = kim.post("/intake", body)
    assert (status, refused["code"]) == (409, "referral_known")
    _, known = kim.post(f"/cases/{opened['number']}/people", {"people": [{"name": "丁一"}]})
    assert known == {"id": 2}


def test_of_many_none_is_lost(kim):
    good = {**WRONG_PASSWORD, "source_ref": "bulk:1"}
    bad = {**WRONG_PASSWORD, "title": "", "source_ref": "bulk:2"}
    strange = {**WRONG_PASSWORD, "channel": "PIGEON", "source_ref": "bulk:3"}

    status, done = kim.post("/intake/many", {"unit": "it", "items": [good, bad, strange]})

    assert (status, done["accepted"], done["refused"]) == (200, 1, 2)
    assert set(done["items"][2]["fields"]) == {"channel"}
    _, kept = kim.get("/register", outcome="REFUSED")
    assert {row["id"] for row in kept["items"]} == {one["entry_id"] for one in done["items"][1:]}
    assert all(row["party_address"] == "138****2046" for row in kept["items"])
    _, again = kim.post("/intake/many", {"unit": "it", "items": [good, bad, strange]})
    assert [one["entry_id"] for one in again["items"]] == [one["entry_id"] for one in done["items"]]
    entry = done["items"][1]["entry_id"]
    assert kim.post(f"/register/{entry}/settled", {"reason": "已电话核实，重复"})[0] == 200
    assert Case.objects.count() == 1


def test_foresight_shows_what_may_be_the_same_before_anything_is_saved(kim):
    kim.post("/intake", WRONG_PASSWORD)
    probe = {"pack": "itsm", "title": "系统登录不了，请回电", "contact_phone": "138 1234 2046"}

    status, seen = kim.post("/intake/foresight", probe)

    assert status == 200
    assert [one["is_own"] for one in seen["duplicates"]] == [True]
    assert seen["classes"] == []  # no model, no suggestion
    assert Case.objects.count() == 1


def test_what_was_answered_at_once_is_registered(kim):
    body = {**WRONG_PASSWORD, "channel": "COUNTER", "answer": "已当面重置"}
    status, entry = kim.post("/intake/answered", body)
    assert status == 200
    _, rows = kim.get("/register", outcome="ANSWERED")
    assert [(row["id"], row["remark"]) for row in rows["items"]] == [(entry["id"], "已当面重置")]
    assert rows["items"][0]["at"] <= clock.now().isoformat()
