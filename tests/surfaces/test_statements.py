"""How often the three busiest pages ask the database, however many rows they show.

Most of it is asked past Django's own cursor, so statements are counted at the line as well. The bounds leave room
for one question more: whether a calendar changed is asked once a second.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import pytest
from django.test import Client

from bihuan.config.measuring import seeds
from bihuan.domain.cases.models import Case
from bihuan.domain.org import queries as org
from bihuan.domain.org.actions import NewToken, issue_token
from bihuan.kit import clock, db
from bihuan.kit.line import Line

pytestmark = pytest.mark.django_db
Counted = Callable[[Callable[[], Any]], "Asked"]


@pytest.fixture
def agent(client: Client) -> Client:
    seeds.lay(12, at=clock.now())
    said = {"login_name": "linxiao", "password": "bihuan-demo"}
    assert client.post("/sign-in/", said).status_code == 302
    return client


@dataclass
class Asked:
    """How many statements went to the server, and how often somebody waited for it."""

    statements: int = 0
    waits: int = 0


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counted]:
    asked = Asked()
    execute, receive = psycopg.Cursor.execute, Line._receive

    def executing(self: Any, query: Any, *arguments: Any, **options: Any) -> Any:
        text = query.decode() if isinstance(query, bytes) else str(query)
        if "SAVEPOINT" not in text:  # a test's own transaction makes more of them
            asked.statements, asked.waits = asked.statements + 1, asked.waits + 1
        return execute(self, query, *arguments, **options)

    def receiving(self: Line, **options: bool) -> Any:
        asked.waits += 1
        return receive(self, **options)

    def noted(*_statement: object) -> None:
        asked.statements += 1

    monkeypatch.setattr(psycopg.Cursor, "execute", executing)
    monkeypatch.setattr(Line, "_receive", receiving)

    def count(work: Callable[[], Any]) -> Asked:
        work()  # what is kept per process is read now
        asked.statements = asked.waits = 0
        work()
        return replace(asked)

    with db.watched(noted):
        yield count


def test_the_queue_asks_as_often_for_one_row_as_for_fifty(agent: Client, counted: Counted):
    page = counted(lambda: agent.get("/"))

    assert page.statements <= 9
    assert page.waits <= 4


def test_a_case_page_asks_a_bounded_number_of_times(agent: Client, counted: Counted):
    for number in Case.objects.order_by("state", "id").values_list("number", flat=True)[::4]:
        assert counted(lambda at=number: agent.get(f"/cases/{at}/")).statements <= 19
        assert counted(lambda at=number: agent.get(f"/cases/{at}/context/")).statements <= 18


def test_taking_a_case_in_asks_a_bounded_number_of_times(agent: Client, counted: Counted):
    staff_id, at = org.staff_by_login("linxiao").pk, clock.now()
    new = NewToken(staff_id, "test", ("case.open", "case.view"))
    key = issue_token(new=new, by=seeds.SYSTEM, at=at)[1]
    body = {"pack": "hotline", "unit": "csc", "title": "停电", "class_code": "fault.low.single"}
    program = Client(headers={"Authorization": f"Bearer {key}"})

    def take_in() -> None:
        answer = program.post("/api/v1/cases", json.dumps(body), content_type="application/json")
        assert answer.status_code == 201

    taken_in = counted(take_in)

    assert taken_in.statements <= 5
    assert taken_in.waits <= 4
