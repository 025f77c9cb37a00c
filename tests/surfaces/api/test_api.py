"""The API as another system meets it: over HTTP, with a token."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.org.actions import NewToken, Period, hold_post, issue_token
from bihuan.domain.org.queries import unit_by_code
from bihuan.kit import clock
from tests.domain.cases import given
from tests.domain.cases.given import MORNING
from tests.packs import standing

pytestmark = pytest.mark.django_db

DESK_VERBS = ("case.open", "case.view", "unit.work", "customer.view")
PHONE = "13812342046"
WRONG_PASSWORD = {
    "pack": "itsm",
    "unit": "it",
    "title": "登录不了，请回电13812342046",
    "class_code": "application.access.password",
    "contact_name": "周文静",
    "contact_phone": PHONE,
}
RESOLVED = {
    "class_code": "application.access.password",
    "symptom": "登录时提示密码错误",
    "scope": "1",
    "urgency": "2",
    "outcome": "resolved",
    "handling": "已重置密码",
}


@dataclass
class Caller:
    """A program with a key."""

    key: str
    client: Client

    def get(self, path: str, **query: Any) -> tuple[int, Any]:
        answer = self.client.get(f"/api/v1{path}", query, headers=self._headers())
        return answer.status_code, json.loads(answer.content)

    def post(self, path: str, body: Any = None, *, key: str = "") -> tuple[int, Any]:
        answer = self.client.post(
            f"/api/v1{path}",
            json.dumps(body or {}),
            content_type="application/json",
            headers=self._headers() | ({"Idempotency-Key": key} if key else {}),
        )
        return answer.status_code, json.loads(answer.content)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}


@pytest.fixture
def desk() -> int:
    standing.install("base", "itsm", at=MORNING)
    return unit_by_code("it").id


@pytest.fixture
def caller(desk: int):
    def made(login: str, *verbs: str, scopes: tuple[str, ...] = ()) -> Caller:
        staff_id = given.person(login, desk, *verbs).staff_id
        place = unit_by_code("it").id
        hold_post(
            staff_id=staff_id,
            post_code="desk",
            unit_id=place,
            period=Period(MORNING),
            by=SYSTEM,
            at=MORNING,
        )
        new = NewToken(staff_id=staff_id, name="tests", scopes=scopes or verbs)
        _token, key = issue_token(new=new, by=Actor(f"staff:{staff_id}"), at=clock.now())
        return Caller(key, Client())

    return made


def opened(kim: Caller, **values: Any) -> str:
    status, body = kim.post("/cases", WRONG_PASSWORD | values)
    assert status == 201, body
    return body["number"]


def test_a_case_is_opened_and_found_again(caller):
    kim = caller("kim", *DESK_VERBS)

    number = opened(kim)

    status, case = kim.get(f"/cases/{number}")
    assert status == 200
    assert (case["title"], case["state"], case["contact_name"]) == (
        "登录不了，请回电138****2046",
        "OPEN",
        "周文静",
    )
    assert next((unit["node"], unit["state"]) for unit in case["units"]) == ("desk", "OPEN")
    assert [row["number"] for row in kim.get("/cases")[1]["items"]] == [number]


def test_a_retry_with_the_same_key_opens_one_case(caller):
    kim = caller("kim", *DESK_VERBS)

    first = kim.post("/cases", WRONG_PASSWORD, key="k-1")
    second = kim.post("/cases", WRONG_PASSWORD, key="k-1")

    assert first == second
    assert len(kim.get("/cases")[1]["items"]) == 1
    status, problem = kim.post("/cases", WRONG_PASSWORD | {"title": "别的"}, key="k-1")
    assert (status, problem["code"]) == (422, "request_key_reused")


def test_lists_come_in_pages(caller):
    kim = caller("kim", *DESK_VERBS)
    numbers = [opened(kim, title=f"第 {n} 件") for n in range(3)]

    first = kim.get("/cases", size=2)[1]
    second = kim.get("/cases", size=2, after=first["next"])[1]

    assert [row["number"] for row in first["items"] + second["items"]] == numbers[::-1]
    assert second["next"] == ""
    status, problem = kim.get("/cases", after="%%%")
    assert (status, problem["code"]) == (422, "cursor_not_ours")


def test_a_unit_is_worked_to_its_end(caller):
    kim = caller("desk_agent", *DESK_VERBS)
    number = opened(kim)
    unit = kim.get(f"/cases/{number}")[1]["units"][0]["id"]

    status, view = kim.get(f"/units/{unit}")
    assert (status, view["form"]["code"]) == (200, "desk")
    assert kim.post(f"/units/{unit}/claim")[1]["open_units"] == ["desk"]
    status, after = kim.post(f"/units/{unit}/submission", {"values": RESOLVED})

    assert (status, after["open_units"]) == (200, ["confirm"])
    names = [fact["name"] for fact in kim.get(f"/cases/{number}/facts")[1]["items"]]
    assert "unit.submitted" in names
    assert names[-1] == "case.opened"


def test_an_incomplete_form_is_refused_field_by_field_and_nothing_moves(caller):
    kim = caller("kim", *DESK_VERBS)
    unit = kim.get(f"/cases/{opened(kim)}")[1]["units"][0]["id"]

    status, problem = kim.post(f"/units/{unit}/submission", {"values": {"outcome": "resolved"}})

    assert (status, problem["status"]) == (422, 422)
    assert "symptom" in problem["fields"]
    assert kim.get(f"/units/{unit}")[1]["state"] == "OPEN"


@pytest.mark.parametrize("key", ["", "bh_nobody"])
def test_without_a_good_token_nothing_is_told(desk, key):
    stranger = Caller(key, Client())

    status, problem = stranger.get("/cases")

    assert (status, set(problem)) == (401, {"type", "title", "status", "code", "instance"})


def test_a_token_allows_no_more_than_its_scopes(caller):
    reader = caller("kim", *DESK_VERBS, scopes=("case.view",))

    status, problem = reader.post("/cases", WRONG_PASSWORD)

    assert (status, problem["code"]) == (403, "not_allowed")
    assert reader.get("/cases")[1]["items"] == []


def test_what_does_not_fit_the_definition_is_refused_by_place(caller):
    kim = caller("kim", *DESK_VERBS)

    status, problem = kim.post("/cases", {"pack": "itsm", "importance": 9})

    assert (status, problem["code"]) == (422, "request_malformed")
    assert {place.rpartition(".")[2] for place in problem["fields"]} == {
        "title",
        "unit",
        "importance",
    }


def test_numbers_are_masked_for_a_token_that_may_not_see_them(caller):
    kim = caller("kim", *DESK_VERBS)
    lee = caller("lee", *DESK_VERBS, "customer.see_phone")
    number = opened(kim)
    given.customer("周文静", unit_by_code("it").id)

    for path in ("/cases", f"/cases/{number}", f"/cases/{number}/facts", "/units", "/customers"):
        _status, body = kim.get(path)
        assert PHONE not in json.dumps(body), path

    assert lee.get(f"/cases/{number}")[1]["contact_phone"] == PHONE


def test_the_openapi_document_describes_every_operation(client):
    document = json.loads(client.get("/api/v1/openapi.json").content)

    assert {"/api/v1/cases", "/api/v1/units/{unit_id}/submission", "/api/v1/customers"} <= set(
        document["paths"]
    )
    assert client.get("/api/v1/docs").status_code == 200
