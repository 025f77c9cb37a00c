"""How often the three busiest pages ask the database, however many rows they show.

Most of it is asked past Django's own cursor, so statements are counted where all of them come by.
"""

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.test import Client

from bihuan.config.measuring import seeds
from bihuan.domain.cases.models import Case
from bihuan.domain.org import queries as org
from bihuan.domain.org.actions import NewToken, issue_token
from bihuan.kit import clock

pytestmark = pytest.mark.django_db
Counted = Callable[[Callable[[], Any]], int]


@pytest.fixture
def agent(client: Client) -> Client:
    seeds.lay(12, at=clock.now())
    said = {"login_name": "linxiao", "password": "bihuan-demo"}
    assert client.post("/sign-in/", said).status_code == 302
    return client


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    asked: list[Any] = []
    execute = psycopg.Cursor.execute

    def noted(self: Any, query: Any, *arguments: Any, **options: Any) -> Any:
        text = query.decode() if isinstance(query, bytes) else str(query)
        if "SAVEPOINT" not in text:  # a test's own transaction makes more of them
            asked.append(text)
        return execute(self, query, *arguments, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", noted)

    def count(work: Callable[[], Any]) -> int:
        work()  # what is kept per process is read now
        asked.clear()
        work()
        return len(asked)

    return count


def test_the_queue_asks_as_often_for_one_row_as_for_fifty(agent: Client, counted: Counted):
    assert counted(lambda: agent.get("/")) <= 10


def test_a_case_page_asks_a_bounded_number_of_times(agent: Client, counted: Counted):
    for number in Case.objects.order_by("state", "id").values_list("number", flat=True)[::4]:
        assert counted(lambda at=number: agent.get(f"/cases/{at}/")) <= 17
        assert counted(lambda at=number: agent.get(f"/cases/{at}/context/")) <= 20


def test_taking_a_case_in_asks_a_bounded_number_of_times(agent: Client, counted: Counted):
    staff_id, at = org.staff_by_login("linxiao").pk, clock.now()
    new = NewToken(staff_id, "test", ("case.open", "case.view"))
    key = issue_token(new=new, by=seeds.SYSTEM, at=at)[1]
    body = {"pack": "hotline", "unit": "csc", "title": "停电", "class_code": "fault.low.single"}
    program = Client(headers={"Authorization": f"Bearer {key}"})

    def take_in() -> None:
        answer = program.post("/api/v1/cases", json.dumps(body), content_type="application/json")
        assert answer.status_code == 201

    assert counted(take_in) <= 9
