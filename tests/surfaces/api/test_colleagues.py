"""What concerns colleagues about a unit, over HTTP: copies, urges, delegation, more time, many at once."""

import pytest

from bihuan.domain.org.queries import staff_by_login
from tests.surfaces.api.test_api import DESK_VERBS, Caller, caller, desk, opened

__all__ = ["caller", "desk"]
pytestmark = pytest.mark.django_db
VERBS = (*DESK_VERBS, "unit.assign", "unit.urge", "unit.copy", "unit.extend")


@pytest.fixture
def kim(caller) -> Caller:
    return caller("kim", *VERBS)


@pytest.fixture
def lee(caller) -> Caller:
    return caller("lee", *VERBS)


def unit_of(kim: Caller, number: str) -> int:
    return kim.get(f"/cases/{number}")[1]["units"][0]["id"]


def test_a_unit_is_urged_once_with_one_key(kim):
    unit = unit_of(kim, opened(kim))

    first = kim.post(f"/units/{unit}/urges", {"note": "客户来电"}, key="u-1")

    assert first == kim.post(f"/units/{unit}/urges", {"note": "客户来电"}, key="u-1")
    assert first == (200, {"count": 1})
    status, problem = kim.post(f"/units/{unit}/urges", {"note": "再催"})
    assert (status, problem["code"]) == (409, "urged_just_now")
    assert kim.get(f"/units/{unit}")[1]["urges"] == 1


def test_a_copy_is_listed_and_read(kim, lee):
    unit = unit_of(kim, opened(kim))
    who = staff_by_login("lee").pk

    assert kim.post(f"/units/{unit}/copies", {"staff": [who], "note": "请看"}) == (200, {"new": 1})

    row = lee.get("/copies", unread=True)[1]["items"][0]
    assert (row["unit_id"], row["note"], row["read_at"]) == (unit, "请看", None)
    assert lee.post(f"/copies/{row['id']}/read")[0] == 200
    assert lee.get("/copies", unread=True)[1]["items"] == []


def test_a_unit_is_delegated_and_comes_back(kim, lee):
    unit = unit_of(kim, opened(kim))
    who = staff_by_login("lee").pk
    assert kim.post(f"/units/{unit}/delegation", {"to_staff_id": who, "reason": "出差"})[0] == 200
    assert "complete_delegation" in lee.get(f"/units/{unit}")[1]["operations"]
    status, problem = lee.post(f"/units/{unit}/submission", {"values": {}})
    assert (status, problem["code"]) == (403, "owner_decides")

    values = {"values": {"symptom": "登录时提示密码错误"}}
    assert lee.post(f"/units/{unit}/delegation/completion", values)[0] == 200

    shown = kim.get(f"/units/{unit}")[1]
    assert (shown["assignee"], shown["values"]) == ("Kim", values["values"])


def test_more_time_is_asked_for_and_granted(kim, lee):
    unit = unit_of(kim, opened(kim))
    due = kim.get(f"/units/{unit}")[1]["due_at"]
    status, made = kim.post(f"/units/{unit}/extensions", {"more": "2h", "reason": "等配件"})
    assert status == 201
    assert kim.get(f"/units/{unit}")[1]["extension"]["state"] == "PENDING"
    assert [one["id"] for one in lee.get("/extensions")[1]["items"]] == [made["id"]]
    assert kim.post(f"/extensions/{made['id']}/approval")[0] == 403

    assert lee.post(f"/extensions/{made['id']}/approval", {"reason": "同意"})[0] == 200

    assert kim.get(f"/units/{unit}")[1]["due_at"] > due


def test_many_units_are_claimed_with_one_key(kim):
    found = [unit_of(kim, opened(kim, title=f"第 {n} 件")) for n in range(3)]
    wanted = {"operation": "claim", "units": [*found, 1]}

    first = kim.post("/units/batch", wanted, key="b-1")

    assert first == kim.post("/units/batch", wanted, key="b-1")
    assert (first[1]["done"], first[1]["refused"]) == (3, 1)
    assert first[1]["units"][-1]["code"] == "instance_missing"


def test_a_person_sets_how_early_they_are_warned(kim):
    assert kim.client.put(
        "/api/v1/me/warning-lead",
        '{"lead": "10m"}',
        content_type="application/json",
        headers={"Authorization": f"Bearer {kim.key}"},
    ).json() == {"lead": "10m", "units": 0}


def test_a_case_without_charges_lists_none(kim):
    number = opened(kim)
    assert kim.get(f"/cases/{number}/charges")[1]["items"] == []
